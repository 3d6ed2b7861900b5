local Message = require("moonsip.sim.message")
local sim = require("moonsip.sim")

describe("scripts/b2bua.lua", function()
  local net, agent, desk, first, second

  before_each(function()
    net = sim.network()
    desk = net:phone({ name = "desk", address = "192.0.2.9:5060" })
    agent = net:agent({ name = "b2bua", address = "192.0.2.1:5060", script = "scripts/b2bua.lua" })
    first = net:phone({ name = "first", address = "203.0.113.1:5060" })
    second = net:phone({ name = "second", address = "203.0.113.2:5060" })
  end)

  after_each(function()
    for _, call in pairs(desk.calls) do
      if call.state == "confirmed" then call:bye() end
    end
    net:run(300)
    local census = agent:census()
    for what in ("sessions requests outgoing transactions timers tasks"):gmatch("%a+") do
      assert.equal(0, census[what], what)
    end
    assert.equal(0, agent:counters().script_errors)
    agent:close()
  end)

  local function dial(user, options)
    local given = { to = ("sip:%s@192.0.2.1:5060"):format(user) }
    for name, value in pairs(options or {}) do given[name] = value end
    local call = desk:invite(given)
    net:settle()
    return call
  end

  -- A gateway that wants a password.
  local function challenge(phone)
    phone.on_request = function(message)
      if message.method == "INVITE" and not message:header("Proxy-Authorization") then
        return { status_code = 407, headers = {
          'Proxy-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth"' } }
      end
    end
  end

  it("goes out under our number, shows our password and no secrets", function()
    challenge(first)
    local call = dial("+15550123", { headers = { "X-Internal: 1", "Subject: hello" } })
    assert.equal(200, call.response.status_code)
    local invite = first.received[#first.received - 1]
    assert.truthy(invite:header("Proxy-Authorization"):find('username="trunk7"', 1, true))
    assert.equal("<sip:+15550100@carrier.example>", invite.from:match("^(.-);tag"))
    assert.equal("sip:+15550123@203.0.113.1:5060", invite.ruri)
    assert.is_nil(invite:header("X-Internal"))
    assert.equal("hello", invite:header("Subject"))
    for _, packet in ipairs(net.log) do
      if packet.to == desk.address then
        assert.is_nil(Message.new(packet.text):header("Proxy-Authenticate"))
      end
    end
  end)

  it("takes the second gateway when the first one fails", function()
    first.on_request = function(message)
      if message.method == "INVITE" then return { status_code = 503 } end
    end
    local call = dial("15550123")
    assert.equal(200, call.response.status_code)
    assert.equal(1, #second.received - 1)
  end)

  it("takes the second gateway when the first one is silent", function()
    first.on_request = function() return false end
    local call = dial("15550123")
    net:run(33)
    assert.equal(200, call.response.status_code)
  end)

  it("answers a refusal of all with the best one, and says so in the log", function()
    for _, phone in ipairs({ first, second }) do
      phone.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 404 } end
      end
    end
    assert.equal(404, dial("15550123").response.status_code)
    assert.truthy(agent.log[#agent.log].text:find("nobody reached", 1, true))
  end)

  it("serves numbers only, and only those inside", function()
    assert.equal(404, dial("bob").response.status_code)
    local stranger = net:phone({ name = "stranger", address = "198.51.100.7:5060" })
    local call = stranger:invite({ to = "sip:15550123@192.0.2.1:5060" })
    net:settle()
    assert.equal(403, call.response.status_code)
  end)

  it("carries hold to the carrier, and no transfers", function()
    local call = dial("15550123")
    local held = call:reinvite({ body = desk:sdp({ version = 2, direction = "sendonly" }) })
    net:settle()
    assert.equal(200, held:status())
    assert.truthy(first.received[#first.received - 1].body:find("sendonly", 1, true))
    local refer = call:request({ method = "REFER", contact = desk.uri,
      headers = { "Refer-To: <sip:15550199@192.0.2.1>" } })
    net:settle()
    assert.equal(603, refer:status())
  end)
end)
