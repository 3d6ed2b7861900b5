--- Session timers of calls that we begin, and refreshes by re-INVITE.
local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")

-- What a request says: Session-Expires, its refresher, Min-SE.
local function asks(message)
  local interval, refresher = (message:header("Session-Expires") or "")
    :match("^(%d+);?r?e?f?r?e?s?h?e?r?=?(%a*)")
  return { tonumber(interval), refresher ~= "" and refresher or nil,
    tonumber(message:header("Min-SE")) }
end

describe("the session timer of our call", function()
  local caller, grant, allow, refused

  before_each(function()
    caller = Caller.new()
    grant, allow, refused = "200;refresher=uac", "Allow: INVITE, UPDATE", {}
    caller.phone.on_request = function(message)
      if message.method ~= "INVITE" and message.method ~= "UPDATE" then return end
      local refusal = message.to_tag and table.remove(refused, 1)
      if refusal ~= nil then return refusal end
      local headers = { allow }
      if grant then
        headers[2] = "Session-Expires: " .. grant
        headers[3] = "Require: timer"
      end
      local body = message.has_sdp and caller.phone:sdp({ version = 1 }) or nil
      return { status_code = 200, headers = headers, body = body }
    end
  end)
  after_each(function() caller:finish() end)

  local function begin(options)
    return caller:establish(options)
  end

  it("is asked for in the INVITE, without a refresher (RFC 4028 7.1, TMR-003, TMR-004)", function()
    caller:invite()
    local invite = caller:sent("INVITE")[1]
    assert.is_true(invite:lists("Supported", "timer"))
    assert.same({ 1800 }, asks(invite))
  end)

  it("is asked for as long as the option session_expires says, not below the setting", function()
    caller:invite({ session_expires = 600 })
    assert.same({ 600 }, asks(caller:sent("INVITE")[1]))
    caller.net:clear()
    caller:invite({ session_expires = 0 })
    assert.same({}, asks(caller:sent("INVITE")[1]))
    assert.has_error(function() caller:invite({ session_expires = 60 }) end,
      "invite: session_expires: below the setting session.min_se")
  end)

  it("is refreshed by us at half the interval: UPDATE where it is allowed, without an offer "
    .. "(RFC 4028 7.2, 7.4, TMR-006, TMR-008, TMR-009, TMR-010)", function()
      local session = begin()
      caller.net:run(99)
      assert.equal(0, #caller:sent("UPDATE"))
      caller.net:run(2)
      local update = caller:sent("UPDATE")[1]
      assert.same({ 200, "uac" }, asks(update))
      assert.equal("", update.body)
      assert.is_true(update:lists("Supported", "timer"))
      caller.net:run(300)
      assert.equal(4, #caller:sent("UPDATE"))
      assert.equal("confirmed", session.session_state)
    end)

  it("is refreshed by a re-INVITE with our description as it was, and its ACK "
    .. "(RFC 4028 7.4, TMR-009)", function()
      allow = "Allow: INVITE, ACK, BYE, CANCEL"
      local session = begin()
      caller.net:run(101)
      local invite = caller:sent("INVITE")[1]
      assert.equal(Caller.sdp, invite.body)
      assert.same({ 200, "uac" }, asks(invite))
      assert.equal(1, #caller:sent("ACK"))
      assert.equal("stable", session.signaling_state)
      caller.net:run(100)
      assert.equal(2, #caller:sent("INVITE"))
    end)

  it("is refreshed with our answer when the latest offer was theirs (RFC 4028 7.4)", function()
    local session, phone_call = begin()
    session.delegate = { on_invite = function(request) request:accept({ body = Caller.sdp2 }) end }
    local change = phone_call:reinvite({
      body = caller.phone:sdp({ version = 2 }),
      headers = { "Supported: timer", "Session-Expires: 200;refresher=uas" },
    })
    refused = { { status_code = 405 } }
    caller.net:run(106)
    assert.equal(200, change:status())
    assert.equal(Caller.sdp2, caller:sent("INVITE")[1].body)
    assert.equal("stable", session.signaling_state)
  end)

  it("is left to a callee that refreshes: BYE a little before the end when it does not "
    .. "(RFC 4028 10, TMR-005, TMR-017)", function()
      grant = "90;refresher=uas"
      begin({ session_expires = 0 })
      caller.net:run(59)
      assert.equal(0, #caller:sent("BYE"))
      caller.net:run(2)
      assert.equal(1, #caller:sent("BYE"))
      assert.equal("ETIMEOUT", caller:last("on_refresh_failed")[1].code)
      assert.equal("expired", caller:last("on_terminated")[1])
    end)

  it("starts again with each refresh of the callee (RFC 4028 9)", function()
    grant = "90;refresher=uas"
    local session, phone_call = begin()
    for _ = 1, 3 do
      caller.net:run(50)
      phone_call:update({ headers = { "Supported: timer", "Session-Expires: 90;refresher=uac" } })
    end
    caller.net:run(50)
    assert.equal("confirmed", session.session_state)
    caller.net:run(15)
    assert.equal("terminated", session.session_state)
  end)

  it("is off when the callee grants none (RFC 4028 7.2)", function()
    grant = nil
    local session = begin()
    caller.net:run(4000)
    assert.equal("confirmed", session.session_state)
    assert.equal(0, #caller:sent("UPDATE"))
  end)

  it("is kept up by us alone when the option session_expires asked for it (RFC 4028 7.2)",
    function()
      grant = nil
      local session = begin({ session_expires = 200 })
      caller.net:run(450)
      assert.equal(4, #caller:sent("UPDATE"))
      assert.equal("confirmed", session.session_state)
    end)

  it("is switched off by a 2xx to a refresh that grants none (RFC 4028 7.2, TMR-020)", function()
    local session = begin()
    grant = nil
    caller.net:run(1000)
    assert.equal(1, #caller:sent("UPDATE"))
    assert.equal("confirmed", session.session_state)
  end)

  it("is not shorter than anybody may ask for (RFC 4028 11)", function()
    grant = "1;refresher=uac"
    begin()
    caller.net:run(44)
    assert.equal(0, #caller:sent("UPDATE"))
    caller.net:run(2)
    assert.equal(1, #caller:sent("UPDATE"))
  end)

  it("is refreshed with a longer interval after 422, which Min-SE repeats from then on "
    .. "(RFC 4028 7.3, 7.4, TMR-007, TMR-008)", function()
      for _, allowed in ipairs({ "Allow: INVITE, UPDATE", "Allow: INVITE" }) do
        allow = allowed
        local method = allowed:match("UPDATE") or "INVITE"
        local session = begin()
        refused = { { status_code = 422, headers = { "Min-SE: 400" } } }
        caller.net:run(101)
        local first, second = table.unpack(caller:sent(method))
        assert.same({ 200, "uac" }, asks(first))
        assert.same({ 400, "uac", 400 }, asks(second))
        assert.equal(first.cseq + 1, second.cseq)
        assert.equal(first.body, second.body)
        caller.net:run(101)
        assert.same({ 400, "uac", 400 }, asks(caller:sent(method)[3]))
        session:bye()
        caller.net:settle()
      end
    end)

  it("takes a 422 to a change of the script likewise (RFC 4028 7.3)", function()
    local session = begin()
    refused = { { status_code = 422, headers = { "Min-SE: 400" } } }
    assert(session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    local first, second = table.unpack(caller:sent("INVITE"))
    assert.same({ 400, "uac", 400 }, asks(second))
    assert.equal(first.body, second.body)
    assert.equal(second.cseq, caller:sent("ACK")[2].cseq)
    assert.equal(Caller.sdp2, session.offer)
    assert.equal("stable", session.signaling_state)
  end)

  it("repeats the largest Min-SE of the callee's refreshes (RFC 4028 7.4)", function()
    local session, phone_call = begin()
    for _, min in ipairs({ 150, 180, 120 }) do
      phone_call:update({ headers = {
        "Supported: timer", "Session-Expires: 200;refresher=uas", "Min-SE: " .. min,
      } })
      caller.net:settle()
    end
    caller.net:run(101)
    assert.same({ 200, "uac", 180 }, asks(caller:sent("UPDATE")[1]))
    assert.equal("confirmed", session.session_state)
  end)

  it("is refreshed again 2.1 to 4 s after a 491 (RFC 3261 14.1)", function()
    for _, allowed in ipairs({ "Allow: INVITE, UPDATE", "Allow: INVITE" }) do
      allow = allowed
      local method = allowed:match("UPDATE") or "INVITE"
      local session = begin()
      refused = { { status_code = 491 }, { status_code = 491 } }
      caller.net:run(115)
      local tries = caller:sent(method)
      assert.equal(3, #tries)
      for i = 2, 3 do
        local pause = tries[i].time - tries[i - 1].time
        assert.is_true(pause >= 2.1 and pause <= 4.05, pause)
      end
      assert.equal("stable", session.signaling_state)
      session:bye()
      caller.net:settle()
    end
  end)

  it("is refreshed by re-INVITE when UPDATE turns out not to be known (RFC 3261 21.4.6)", function()
    local session = begin()
    refused = { { status_code = 405 } }
    caller.net:run(106)
    assert.equal(1, #caller:sent("UPDATE"))
    assert.equal(1, #caller:sent("INVITE"))
    assert.equal("confirmed", session.session_state)
  end)

  it("is not refreshed ever faster against refusals, and ends before its end (RFC 4028 10)",
    function()
      begin()
      for i = 1, 20 do refused[i] = { status_code = 500 } end
      caller.net:run(194)
      assert.equal(5, #caller:sent("UPDATE"))
      assert.equal(0, #caller:sent("BYE"))
      caller.net:run(2)
      assert.equal(1, #caller:sent("BYE"))
      assert.equal("refresh failed", caller:last("on_terminated")[1])
    end)

  it("ends the call when a refresh by re-INVITE gets 408, 481 or nothing: BYE and "
    .. "on_refresh_failed (RFC 4028 10, TMR-018)", function()
      allow = "Allow: INVITE"
      for _, refusal in ipairs({ { status_code = 408 }, { status_code = 481 }, false }) do
        caller.notes = {}
        local session = begin()
        refused = { refusal }
        for i = 2, 12 do refused[i] = refusal end
        caller.net:run(140)
        assert.equal("terminated", session.session_state)
        assert.equal(1, caller:told("on_refresh_failed"))
        assert.equal(1, #caller:sent("BYE"))
        assert.equal(0, caller.agent:counters().dropped_memory)
      end
    end)

  it("waits with its refresh for a change of the script, whose 2xx renews it too (RFC 4028 7.2)",
    function()
      local session = begin()
      caller.net:run(99)
      refused = { false }
      assert(session:invite({ body = Caller.sdp2 }))
      caller.net:settle()
      local held = caller.phone.received[#caller.phone.received]
      caller.net:run(3)
      assert.equal(0, #caller:sent("UPDATE"))
      refused = { true }
      caller.phone:respond(held, {
        status_code = 200, body = caller.phone:sdp(), headers = { "Session-Expires: " .. grant },
      })
      caller.net:run(90)
      assert.equal(0, #caller:sent("UPDATE"))
      refused = {}
      caller.net:run(12)
      assert.equal(1, #caller:sent("UPDATE"))
    end)

  it("queues a change of the script behind its refresh (RFC 6337 4.3, UPD-012)", function()
    for _, allowed in ipairs({ "Allow: INVITE, UPDATE", "Allow: INVITE" }) do
      allow = allowed
      local method = allowed:match("UPDATE") or "INVITE"
      local session = begin()
      refused = { false }
      caller.net:run(100.2)
      local held = caller.phone.received[#caller.phone.received]
      assert.equal(method, held.method)
      local request = assert(session:invite({ body = Caller.sdp2 }))
      caller.net:run(0.5)
      assert.is_nil(request.message)
      local before = #caller:sent("INVITE")
      caller.phone:respond(held, {
        status_code = 200, body = held.has_sdp and caller.phone:sdp() or nil,
        headers = { "Session-Expires: " .. grant, allow },
      })
      caller.net:run(0.5)
      assert.equal(before + 1, #caller:sent("INVITE"))
      assert.equal(Caller.sdp2, session.offer)
      assert.equal("stable", session.signaling_state)
      session:bye()
      caller.net:settle()
    end
  end)

  it("forgets a queued change when the call ends: EGONE", function()
    local session, phone_call = begin()
    refused = { false }
    caller.net:run(100.2)
    local code
    assert(session:invite({
      body = Caller.sdp2, delegate = { on_reject = function(_, err) code = err.code end },
    }))
    phone_call:bye()
    caller.net:settle()
    assert.equal("EGONE", code)
    caller.net:run(70)
  end)

  it("uses a CSeq of its own for a refresh and for a BYE of the same moment (RFC 4028, TMR-019)",
    function()
      local session = begin()
      caller.net:run(100)
      session:bye()
      caller.net:run(1)
      local seen = {}
      for _, message in ipairs(caller:sent()) do
        if message.is_request and message.method ~= "ACK" then
          assert.is_nil(seen[message.cseq])
          seen[message.cseq] = true
        end
      end
      caller.net:run(200)
      assert.equal(1, #caller:sent("BYE"))
    end)
end)

describe("the session timer of a call that came in", function()
  it("is refreshed by re-INVITE for a caller that does not know UPDATE "
    .. "(RFC 4028 9 table 2, 7.4)", function()
      local rig = Rig.new()
      local call, invite = rig:ring({
        headers = { "Supported: timer", "Session-Expires: 200;refresher=uas", "Allow: INVITE" },
      })
      rig:accept(invite)
      rig.net:settle()
      rig.net:clear()
      assert.equal("200;refresher=uas", call.response:header("Session-Expires"))
      call.on_request = function(message)
        if message.method == "UPDATE" then return { status_code = 405 } end
      end
      rig.net:run(106)
      local refresh = rig:sent("INVITE")[1]
      assert.equal(Rig.sdp, refresh.body)
      assert.equal("200;refresher=uac", refresh:header("Session-Expires"))
      assert.equal("confirmed", rig.session.session_state)
      assert.equal(1, #rig:sent("ACK"))
      rig:finish()
    end)
end)
