local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")
local hop = require("spec.support.hop")

-- RFC 3665 3.2 to 3.7: calls through proxies that stay in the path.  ss1 is the caller's
-- proxy, ss2 the callee's.

local function proxies(net, target, records, first, second)
  local given = {
    { name = "ss1", address = "192.0.2.20:5060", record = records[1], next = "192.0.2.21:5060" },
    { name = "ss2", address = "192.0.2.21:5060", record = records[2], locate = target },
  }
  for i, more in ipairs({ first or {}, second or {} }) do
    for name, value in pairs(more) do given[i][name] = value end
    hop.new(net, given[i])
  end
end

describe("RFC 3665, moonsip as Alice:", function()
  local caller, call

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  local function ring(options)
    local given = { to = "sip:bob@biloxi.example.com", route = "<sip:192.0.2.20:5060;lr>" }
    for name, value in pairs(options or {}) do given[name] = value end
    given.route = given.route or nil
    local request, theirs, invite = caller:ring(given)
    call = theirs
    return request, invite
  end

  it("a call through two proxies takes their Record-Route along (3.2, DLG-003)", function()
    proxies(caller.net, caller.phone.uri, { "loose", "loose" }, { trying = true })
    local _, invite = ring()
    caller:answer(invite)
    caller.net:settle()
    call:bye()
    caller.net:settle()
    caller.net:expect([[
      alice  ss1  ss2  bob
      alice -> ss1    INVITE (sdp)     # F1
      ss1 -> alice    100              # F3
      ss1 -> ss2      INVITE           # F2
      ss2 -> bob      INVITE           # F4
      bob -> ss2      180              # F6
      ss2 -> ss1      180              # F7
      ss1 -> alice    180              # F8
      bob -> ss2      200 (sdp)        # F9
      ss2 -> ss1      200              # F10
      ss1 -> alice    200              # F11
      alice -> ss1    ACK              # F12
      ss1 -> ss2      ACK              # F13
      ss2 -> bob      ACK              # F14
      bob -> ss2      BYE              # F15
      ss2 -> ss1      BYE              # F16
      ss1 -> alice    BYE              # F17
      alice -> ss1    200 BYE          # F18
      ss1 -> ss2      200 BYE          # F19
      ss2 -> bob      200 BYE          # F20
    ]])
    assert.equal(caller.phone.uri, caller:sent("ACK")[1].ruri)
  end)

  for _, records in ipairs({
    { "loose", "loose" }, { "strict", "strict" }, { "strict", "loose" }, { "loose", "strict" },
  }) do
    it(("ACK, UPDATE, re-INVITE and BYE go through a %s and a %s router (3.2, "
      .. "RFC 3261 12.2.1.1)"):format(records[1], records[2]), function()
        proxies(caller.net, caller.phone.uri, records)
        local _, invite = ring()
        caller:answer(invite)
        caller.net:settle()
        for _, method in ipairs({ "update", "invite" }) do
          assert(caller.session[method](caller.session, { body = Caller.sdp2 }))
          caller.net:settle()
        end
        caller.session:bye()
        caller.net:settle()
        local seen = {}
        for i, message in ipairs(call.requests) do
          seen[i] = message.method
          assert.equal(caller.phone.uri, message.ruri, message.method)
          assert.equal(3, #message:headers("Via"))
          assert.is_nil(message:header("Route"))
        end
        assert.same({ "INVITE", "ACK", "UPDATE", "INVITE", "ACK", "BYE" }, seen)
        assert.equal("bye sent", caller:last("on_terminated")[1])
      end)
  end

  it("two proxies that ask for credentials, one after the other, get both (3.3)", function()
    proxies(caller.net, caller.phone.uri, { "loose", "loose" }, { realm = "atlanta" },
      { realm = "biloxi" })
    local _, invite = ring({ auth = {
      { username = "alice", password = "one", realm = "atlanta" },
      { username = "alice", password = "two", realm = "biloxi" },
    } })
    caller:answer(invite)
    caller.net:settle()
    caller.net:expect([[
      alice  ss1  ss2  bob
      alice -> ss1    INVITE           # F1
      ss1 -> alice    407 INVITE       # F2
      alice -> ss1    ACK              # F3
      alice -> ss1    INVITE           # F4
      ss1 -> ss2      INVITE           # F6
      ss2 -> ss1      407 INVITE       # F7
      ss1 -> alice    407 INVITE       # F9
      alice -> ss1    ACK              # F10
      alice -> ss1    INVITE           # F11
      ss1 -> ss2      ACK              # F8
      ss1 -> ss2      INVITE           # F13
      ss2 -> bob      INVITE           # F15
      bob -> ss2      180
      ss2 -> ss1      180
      ss1 -> alice    180
      bob -> ss2      200              # F16
      ss2 -> ss1      200              # F17
      ss1 -> alice    200              # F18
      alice -> ss1    ACK              # F19
      ss1 -> ss2      ACK              # F20
      ss2 -> bob      ACK              # F21
    ]])
    local third = caller:sent("INVITE")[3]
    assert.equal(2, #third:headers("Proxy-Authorization"))
    assert.equal(caller:sent("INVITE")[1].call_id, third.call_id)
    assert.equal(caller:sent("INVITE")[1].cseq + 2, third.cseq)
  end)

  it("a proxy that is silent makes the call fail after 64*T1; another is tried (3.4)", function()
    proxies(caller.net, caller.phone.uri, { "loose", "loose" })
    caller:lose("INVITE", 7)
    local err, session
    caller:spawn(function(engine)
      local options = {
        to = "sip:bob@biloxi.example.com", body = Caller.sdp, route = "<sip:192.0.2.20:5060;lr>",
      }
      err = select(2, assert(engine:invite(options)):wait())
      options.route = "<sip:192.0.2.21:5060;lr>"
      session = assert(assert(engine:invite(options)):wait()).session
    end)
    caller.net:run(33)
    caller.net:expect([[
      alice  ss1  ss2  bob
      alice -x ss1    INVITE @0        # F1
      alice -x ss1    INVITE @0.5      # F2
      alice -x ss1    INVITE @1.5      # F3
      alice -x ss1    INVITE @3.5      # F4
      alice -x ss1    INVITE @7.5      # F5
      alice -x ss1    INVITE @15.5     # F6
      alice -x ss1    INVITE @31.5     # F7
      alice -> ss2    INVITE @32       # F8
      ss2 -> bob      INVITE           # F12
      bob -> ss2      200              # F16
      ss2 -> alice    200              # F17
      alice -> ss2    ACK              # F18
      ss2 -> bob      ACK              # F19
    ]])
    assert.equal("ETIMEOUT", err.code)
    assert.equal("confirmed", session.session_state)
  end)

  it("a redirect that is followed, an offer that the answerer makes (3.6)", function()
    hop.new(caller.net, { name = "ss1", address = "192.0.2.20:5060",
      redirect = "sip:bob@192.0.2.21" })
    hop.new(caller.net, { name = "ss2", address = "192.0.2.21:5060", record = "loose",
      locate = caller.phone.uri, trying = true })
    local _, invite = ring({
      to = "sip:bob@192.0.2.20:5060", route = false, follow = true, body = false,
      delegate = { on_accept = function(response)
        caller.session = response.session
        response:ack({ body = Caller.sdp })
      end },
    })
    caller:answer(invite)
    caller.net:settle()
    caller.net:expect([[
      alice  ss1  ss2  bob
      alice -> ss1    INVITE           # F1
      ss1 -> alice    302 INVITE       # F2
      alice -> ss1    ACK              # F3
      alice -> ss2    INVITE           # F4
      ss2 -> alice    100              # F6
      ss2 -> bob      INVITE           # F5
      bob -> ss2      180              # F7
      ss2 -> alice    180              # F8
      bob -> ss2      200 (sdp)        # F9
      ss2 -> alice    200 (sdp)        # F10
      alice -> ss2    ACK (sdp)        # F11
      ss2 -> bob      ACK (sdp)        # F12
    ]])
    assert.equal("stable", caller.session.signaling_state)
  end)

  it("a re-INVITE from another address moves the call there, past a proxy that recorded "
    .. "nothing (3.7)", function()
      hop.new(caller.net, { name = "ss", address = "192.0.2.22:5060", locate = caller.phone.uri })
      local _, invite = ring({ route = "<sip:192.0.2.22:5060;lr>" })
      caller:answer(invite)
      caller.net:settle()
      caller.net:clear()
      call:reinvite({ contact = "sip:bob@192.0.2.9:5060;moved" })
      caller.net:settle()
      assert(caller.reinvite:accept({ body = Caller.sdp2 }))
      caller.net:settle()
      caller.session:bye()
      caller.net:settle()
      caller.net:expect([[
        alice  ss  bob
        bob -> alice    INVITE (sdp)     # F9
        alice -> bob    200 (sdp)        # F10
        bob -> alice    ACK              # F11
        alice -> bob    BYE              # F12
        bob -> alice    200 BYE          # F13
      ]])
      assert.equal("sip:bob@192.0.2.9:5060;moved", caller:sent("BYE")[1].ruri)
    end)
end)

describe("RFC 3665, moonsip as Bob:", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  local function ring(records)
    proxies(rig.net, "sip:bob@192.0.2.1:5060", records)
    return rig:ring({ to = "sip:bob@biloxi.example.com", destination = "192.0.2.20:5060" })
  end

  it("a call through two proxies takes their Record-Route along (3.2, DLG-003)", function()
    local _, invite = ring({ "loose", "loose" })
    rig:progress(invite)
    rig:accept(invite)
    rig.net:settle()
    rig.session:bye()
    rig.net:settle()
    rig.net:expect([[
      alice  ss1  ss2  bob
      alice -> ss1    INVITE           # F1
      ss1 -> ss2      INVITE           # F2
      ss2 -> bob      INVITE           # F4
      bob -> ss2      180              # F6
      bob -> ss2      200              # F9
      ss2 -> ss1      180              # F7
      ss2 -> ss1      200              # F10
      ss1 -> alice    180              # F8
      ss1 -> alice    200              # F11
      alice -> ss1    ACK              # F12
      ss1 -> ss2      ACK              # F13
      ss2 -> bob      ACK              # F14
      bob -> ss2      BYE              # F15
      ss2 -> ss1      BYE              # F16
      ss1 -> alice    BYE              # F17
      alice -> ss1    200 BYE          # F18
      ss1 -> ss2      200 BYE          # F19
      ss2 -> bob      200 BYE          # F20
    ]])
  end)

  for _, records in ipairs({
    { "loose", "loose" }, { "strict", "strict" }, { "strict", "loose" }, { "loose", "strict" },
  }) do
    it(("requests in the call go back through a %s and a %s router (3.2, RFC 3261 12.2.1.1)")
      :format(records[1], records[2]), function()
        local call, invite = ring(records)
        rig:accept(invite)
        rig.net:run(1)
        rig.session:update({ body = Rig.sdp2 })
        rig.net:settle()
        rig.session:invite({ body = Rig.sdp3 })
        rig.net:settle()
        rig.session:bye()
        rig.net:settle()
        local seen = {}
        for i, message in ipairs(call.requests) do
          seen[i] = message.method
          assert.equal(rig.phone.uri, message.ruri, message.method)
          assert.equal(3, #message:headers("Via"))
        end
        assert.same({ "UPDATE", "INVITE", "ACK", "BYE" }, seen)
      end)
  end
end)
