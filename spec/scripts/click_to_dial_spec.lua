local sim = require("moonsip.sim")

describe("scripts/click_to_dial.lua", function()
  local net, dialer, web, alice, bob

  before_each(function()
    net = sim.network()
    web = net:phone({ name = "web", address = "127.0.0.1:5090" })
    dialer = net:agent({
      name = "dialer", address = "192.0.2.1:5060", script = "scripts/click_to_dial.lua",
    })
    alice = net:phone({ name = "alice", address = "192.0.2.7:5060" })
    bob = net:phone({ name = "bob", address = "192.0.2.8:5060" })
  end)

  after_each(function()
    for _, phone in ipairs({ alice, bob }) do
      phone.on_request = nil
      for _, call in pairs(phone.calls) do
        if call.state == "confirmed" then call:bye() end
      end
    end
    net:run(100)
    local census = dialer:census()
    assert.same({ 0, 0, 0 }, { census.sessions, census.transactions, census.tasks })
    dialer:close()
  end)

  local function click(body, from)
    local request = (from or web):request({
      to = dialer, method = "MESSAGE", body = body, content_type = "text/plain",
    })
    net:settle()
    return request
  end

  local function call_of(phone) return select(2, next(phone.calls)) end

  it("connects two phones; each gets the other's description (RFC 3725 4.1)", function()
    local description
    bob.on_request = function(message)
      if message.method == "INVITE" then
        description = message.body
        return { status_code = 200, body = bob:sdp() }
      end
    end
    alice.on_request = function(message)
      if message.method == "INVITE" then
        assert.is_false(message.has_sdp)
        return { status_code = 200, body = alice:sdp() }
      end
    end
    assert.equal(202, click(alice.uri .. " " .. bob.uri):status())
    net:expect([[
      web  dialer  alice  bob
        web -> dialer     MESSAGE
        dialer -> web     202 MESSAGE
        dialer -> alice   INVITE
        alice -> dialer   200 INVITE
        dialer -> bob     INVITE
        bob -> dialer     200 INVITE
        dialer -> alice   ACK
        dialer -> bob     ACK
    ]])
    assert.equal(alice:sdp(), description)
    local ack = call_of(alice).requests[2]
    assert.equal(bob:sdp(), ack.body)
  end)

  it("passes hold on, and hangs up both", function()
    click(alice.uri .. " " .. bob.uri)
    local hold = call_of(alice):reinvite({
      body = alice:sdp({ version = 2, direction = "sendonly" }),
    })
    net:settle()
    assert.equal(200, hold:status())
    local reinvite
    for _, message in ipairs(call_of(bob).requests) do
      if message.method == "INVITE" then reinvite = message end
    end
    assert.truthy(reinvite.body:find("a=sendonly", 1, true))
    call_of(bob):bye()
    net:settle()
    assert.equal("ended", call_of(alice).state)
  end)

  it("hangs up on the first when the second is busy", function()
    bob.on_request = function() return { status_code = 486 } end
    click(alice.uri .. " " .. bob.uri)
    assert.equal("ended", call_of(alice).state)
  end)

  it("obeys this machine alone, and only two URIs", function()
    assert.equal(403, click(alice.uri .. " " .. bob.uri, bob):status())
    assert.equal(400, click("hello"):status())
    assert.is_nil(call_of(alice))
  end)
end)
