-- moonsip behind and in front of Kamailio: route sets and forks of a real proxy.
local Live = require("spec.interop.support.live")
local kamailio = require("spec.interop.support.kamailio")
local wire = require("spec.interop.support.wire")

local function phone_at(name) return "sip:" .. name.uri:match("sip:(.*)") end

describe("behind Kamailio", function()
  local live, proxy

  before_each(function()
    live = Live.new()
    proxy = kamailio.start({ bob = { live.uri } })
  end)

  after_each(function()
    live:finish()
    proxy:stop()
  end)

  it("a call follows the recorded route in both directions (RFC 3261 12.1.1, 12.2.1.1)", function()
    live.on_invite = function(request) live:accept(request) end
    local call = live.phone:invite({ to = "sip:bob@127.0.0.1:" .. proxy.port })
    live:wait(function() return live:told("on_ack") > 0 end)
    local session = live.session
    assert.equal(1, #session.route_set)
    assert.truthy(session.route_set[1]:find(";lr", 1, true))
    -- ours goes through the proxy
    session:info({ body = { content = "x", content_type = "text/plain" } })
    live:wait(function() return call.requests[1] end)
    assert.equal(2, #call.requests[#call.requests]:headers("Via"))
    session:bye()
    live:wait(function() return session.session_state == "terminated" end)
    live:wait(function() return call.state == "ended" end)
  end)
end)

describe("in front of Kamailio", function()
  local live, proxy, first, second

  before_each(function()
    live = Live.new()
    first, second = wire.phone("first"), wire.phone("second")
    first.net.record, second.net.record = true, true
    proxy = kamailio.start({
      one = { phone_at(first) }, ["secure-one"] = { phone_at(first) },
      both = { phone_at(first), phone_at(second) },
    })
  end)

  after_each(function()
    live:finish()
    proxy:stop()
    first.net:close()
    second.net:close()
  end)

  local function invite(user, options)
    local given = {
      to = ("sip:%s@127.0.0.1:%d"):format(user, proxy.port), body = Live.sdp,
      from = "sip:alice@example.org",
    }
    for name, value in pairs(options or {}) do given[name] = value end
    return assert(live.engine:invite(given))
  end

  local function answered(request)
    live:wait(function() return request.session end)
    local session = request.session
    live:wait(function() return session.session_state == "confirmed" end)
    return session
  end

  local function requests(phone, method)
    local list = {}
    for _, message in ipairs(phone.received) do
      if message.is_request and message.method == method then list[#list + 1] = message end
    end
    return list
  end

  it("a call that we begin has its route set reversed, and its ACK follows it "
    .. "(RFC 3261 12.1.2, DLG-007)", function()
      local session = answered(invite("one"))
      assert.equal(1, #session.route_set)
      live:wait(function() return requests(first, "ACK")[1] end)
      assert.equal(2, #requests(first, "ACK")[1]:headers("Via"))
      session:bye()
      live:wait(function() return requests(first, "BYE")[1] end)
    end)

  it("a call shows its password when the proxy asks (RFC 3261 22.3, AUT-005)", function()
    local session = answered(invite("secure-one", {
      auth = { username = "alice", password = "secret" },
    }))
    local invites = requests(first, "INVITE")
    assert.equal(1, #invites)
    assert.equal(2, invites[1].cseq)
    session:bye()
    live:wait(function() return requests(first, "BYE")[1] end)
  end)

  it("a call with the wrong password is told so, once (RFC 3261 22.3, AUT-006)", function()
    local statuses = {}
    invite("secure-one", {
      auth = { username = "alice", password = "wrong" },
      delegate = { on_reject = function(response)
        statuses[#statuses + 1] = response.status_code
      end },
    })
    live:wait(function() return statuses[1] end)
    assert.same({ 407 }, statuses)
    assert.equal(0, #requests(first, "INVITE"))
  end)

  it("a forked call is answered once: the proxy cancels the other branch (RFC 3261 16.7)",
    function()
      first.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 180 } end
        if message.method == "CANCEL" then
          first:respond(message, { status_code = 200 })
          first:respond(requests(first, "INVITE")[1], { status_code = 487 })
          return false
        end
      end
      local rung = 0
      local request = invite("both", {
        delegate = { on_progress = function() rung = rung + 1 end, on_accept = function() end },
      })
      local session = answered(request)
      live:wait(function() return requests(first, "CANCEL")[1] end)
      assert.equal("second", session.remote_target.user)
      session:bye()
      live:wait(function() return requests(second, "BYE")[1] end)
    end)

  it("a CANCEL reaches every branch (RFC 3261 16.10)", function()
    for _, phone in ipairs({ first, second }) do
      phone.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 180 } end
        if message.method == "CANCEL" then
          phone:respond(message, { status_code = 200 })
          phone:respond(requests(phone, "INVITE")[1], { status_code = 487 })
          return false
        end
      end
    end
    local status
    local request = invite("both", {
      delegate = { on_reject = function(response) status = response.status_code end },
    })
    live:wait(function() return #requests(first, "INVITE") + #requests(second, "INVITE") == 2 end)
    request:cancel()
    live:wait(function() return status end)
    assert.equal(487, status)
  end)
end)
