local Rig = require("spec.support.rig")

local function same_session(session, offer, answer)
  assert.equal("stable", session.signaling_state)
  assert.same({ offer, answer }, { session.offer, session.answer })
end

describe("a change of ours that is refused", function()
  local rig, call, session, offer, answer

  before_each(function()
    rig = Rig.new()
    call, session = rig:establish()
    offer, answer = session.offer, session.answer
  end)
  after_each(function() rig:finish() end)

  -- Answers changes with these, one after the other, then with 2xx.
  local function answers(...)
    local list, n = { ... }, 0
    call.on_request = function(message)
      if message.method ~= "INVITE" and message.method ~= "UPDATE" then return end
      n = n + 1
      if list[n] == 0 then return false end
      return list[n] and { status_code = list[n] } or nil
    end
  end

  local both = { "invite", "update" }

  -- The result of wait(), from a callback of another call.
  local function wait_for(request)
    local result = {}
    rig.on_invite = function(other)
      local response, err = request:wait()
      result.status, result.code = response and response.status_code, err and err.code
      result.done = true
      other:reject({ status_code = 486 })
    end
    rig:ring()
    rig.on_invite = nil
    return result
  end

  it("with 488 leaves session and target as before; the call goes on (RFC 3261 14.1, REI-009)",
    function()
      local status
      call.on_request = function(message)
        if message.method == "INVITE" then
          return { status_code = 488, contact = "sip:moved@192.0.2.9:5060" }
        end
      end
      assert(session:invite({
        body = Rig.sdp2,
        delegate = { on_reject = function(response) status = response.status_code end },
      }))
      rig.net:settle()
      assert.equal(488, status)
      same_session(session, offer, answer)
      assert.equal(rig.phone.uri, tostring(session.remote_target))
      assert.equal("confirmed", session.session_state)
      call.on_request = nil
      assert(session:invite({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.equal(Rig.sdp2, session.offer)
    end)

  it("with 3xx runs on_redirect and changes nothing (RFC 3261 14.1)", function()
    local redirected
    answers(302)
    assert(session:invite({
      body = Rig.sdp2, delegate = { on_redirect = function() redirected = true end },
    }))
    rig.net:settle()
    assert.is_true(redirected)
    same_session(session, offer, answer)
  end)

  it("with 491 is tried again after 0 to 2 s in steps of 10 ms, with a new CSeq and branch "
    .. "(RFC 3261 14.1, RFC 3311 5.3, REI-011, UPD-009)", function()
      for _, method in ipairs(both) do
        local name = method:upper()
        answers(491)
        rig.net:clear()
        local request = assert(session[method](session, { body = Rig.sdp2 }))
        rig.net:run(0.025)
        same_session(session, offer, answer)
        rig.net:run(2.1)
        local sent = rig:sent(name)
        assert.equal(2, #sent)
        local pause = sent[2].time - sent[1].time - 0.02
        assert.is_true(pause >= 0 and pause <= 2.0001, tostring(pause))
        assert.is_true(math.abs(pause * 100 - math.floor(pause * 100 + 0.5)) < 1e-6)
        assert.equal(sent[1].cseq + 1, sent[2].cseq)
        assert.not_equal(sent[1].branch, sent[2].branch)
        assert.equal(Rig.sdp2, sent[2].body)
        assert.equal("stable", session.signaling_state)
        assert.equal(Rig.sdp2, session.offer)
        assert.equal(200, wait_for(request).status)
        offer, answer = session.offer, session.answer
      end
    end)

  it("with 491 again and again is tried again each time, one at a time (RFC 3261 14.1, REI-027)",
    function()
      answers(491, 491, 491, 491)
      assert(session:invite({ body = Rig.sdp2 }))
      local open, most = 0, 0
      rig.net.filter = function(packet)
        local method = packet.text:match("^(%u+) ")
        if method == "INVITE" then open = open + 1 end
        if packet.text:find("^SIP/2.0 ") then open = open - 1 end
        most = math.max(most, open)
      end
      rig.net:run(9)
      assert.equal(1, most)
      assert.equal(5, #rig:sent("INVITE"))
      assert.equal(Rig.sdp2, session.offer)
    end)

  it("with 491 gives that to wait() when `retry = false` (RFC 3261 14.1)", function()
    for _, method in ipairs(both) do
      answers(491)
      rig.net:clear()
      local request = assert(session[method](session, { body = Rig.sdp2, retry = false }))
      rig.net:run(5)
      assert.equal(1, #rig:sent(method:upper()))
      assert.equal(491, wait_for(request).status)
      same_session(session, offer, answer)
    end
  end)

  it("waits with the next try while the peer's change is open (RFC 3261 14.1)", function()
    answers(491)
    assert(session:invite({ body = Rig.sdp2 }))
    rig.net:settle()
    local change, reinvite = rig:change(call)
    assert(reinvite)
    rig.net:clear()
    rig.net:run(5)
    assert.same({}, rig:sent("INVITE"))
    assert(reinvite:accept({ body = Rig.sdp3 }))
    rig.net:run(0.3)
    assert.equal(200, change:status())
    assert.equal(1, #rig:sent("INVITE"))
    assert.equal(Rig.sdp2, session.offer)
  end)

  it("with 491 is not tried again in a call that ended: wait() says EGONE (RFC 3261 14.1, REI-012)",
    function()
      answers(491)
      local request = assert(session:invite({ body = Rig.sdp2 }))
      rig.net:settle()
      local result = wait_for(request)
      rig.net:clear()
      call:bye()
      rig.net:run(10)
      assert.same({}, rig:sent("INVITE"))
      assert.equal("EGONE", result.code)
    end)

  it("with 481 ends the call without BYE (RFC 3261 12.2.1.2, 14.1, DLG-016, REI-010, UPD-009)",
    function()
      for _, method in ipairs(both) do
        call, session = rig:establish()
        rig.notes = {}
        answers(481)
        rig.net:clear()
        local request = assert(session[method](session, { body = Rig.sdp2 }))
        rig.net:settle()
        assert.equal("terminated", session.session_state)
        assert.same({}, rig:sent("BYE"))
        assert.equal(1, rig:told("on_terminated"))
        assert.equal("dialog lost", rig:last("on_terminated")[1])
        assert.equal(481, wait_for(request).status)
        call.state = "ended"
      end
    end)

  it("with 408 or nothing at all ends the call with BYE "
    .. "(RFC 3261 12.2.1.2, 14.1, DLG-016, REI-010, UPD-009)", function()
      for _, method in ipairs(both) do
        for _, status in ipairs({ 408, 0 }) do
          call, session = rig:establish()
          rig.notes = {}
          answers(status, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
          rig.net:clear()
          local request = assert(session[method](session, { body = Rig.sdp2 }))
          rig.net:run(33)
          assert.equal("terminated", session.session_state)
          assert.equal(1, #rig:sent("BYE"))
          assert.equal(1, rig:told("on_terminated"))
          assert.equal("no answer to a change", rig:last("on_terminated")[1])
          local result = wait_for(request)
          assert.equal(status == 408 and 408 or nil, result.status)
          assert.equal(status == 0 and "ETIMEOUT" or nil, result.code)
        end
      end
    end)

  it("by the network leaves the session as before: on_reject gets ETRANSPORT (RFC 3261 8.1.3.1)",
    function()
      local code
      rig.agent:link_down(true)
      assert(session:invite({
        body = Rig.sdp2, delegate = { on_reject = function(_, err) code = err.code end },
      }))
      rig.net:run(1)
      rig.agent:link_down(false)
      assert.equal("ETRANSPORT", code)
      same_session(session, offer, answer)
      assert.equal("confirmed", session.session_state)
    end)

  it("leaves an UPDATE's 2xx that comes too late alone (RFC 3261 12.2.1.2)", function()
    local ours
    call.on_request = function(message)
      if message.method == "UPDATE" then
        ours = message
        return false
      end
    end
    assert(session:update({ body = Rig.sdp2 }))
    rig.net:settle()
    call:bye()
    rig.net:settle()
    rig.net:clear()
    rig.phone:respond(ours, { status_code = 200, body = rig.phone:sdp() })
    rig.net:settle()
    assert.same({}, rig:sent())
    assert.equal(1, rig:told("on_terminated"))
  end)

  it("by want of memory anywhere leaves the session as before, or ends it in the open", function()
    local failures, n = 0, 0
    repeat
      n = n + 1
      if session.session_state ~= "confirmed" then call, session = rig:establish() end
      offer, answer = session.offer, session.answer
      rig.net:clear()
      rig.agent:fail_after(n)
      local request, err = session:invite({ body = Rig.sdp2 })
      local left = rig.agent:fail_after(0)
      if not request then
        failures = failures + 1
        assert.equal("ENOMEM", err.code)
        same_session(session, offer, answer)
        rig.net:settle()
        assert.same({}, rig:sent())
      end
      rig.net:run(40)
    until left > 0
    assert.is_true(failures > 5)
    assert.equal(Rig.sdp2, session.offer)
  end)

  it("by want of memory when it is answered stays whole: ACK, and a session that works", function()
    for _, options in ipairs({
      { "invite", { body = Rig.sdp2 } }, { "invite", {} }, { "update", { body = Rig.sdp2 } },
    }) do
      local n, left = 0
      repeat
        n = n + 1
        if session.session_state ~= "confirmed" then call, session = rig:establish() end
        rig.net:clear()
        local method, given = options[1], { body = options[2].body }
        if not given.body then
          given.delegate = {
            on_accept = function(response) response:ack({ body = Rig.sdp3 }) end,
          }
        end
        local held
        call.on_request = function(message)
          if message.method == method:upper() then
            held = message
            return false
          end
        end
        assert(session[method](session, given))
        rig.net:settle()
        rig.phone:respond(held, { status_code = 200, body = rig.phone:sdp() })
        call.on_request = nil
        rig.agent:fail_after(n)
        rig.net:settle()
        left = rig.agent:fail_after(0)
        rig.net:run(40)
        if method == "invite" then
          assert.is_true(#rig:sent("ACK") > 0, ("no ACK when allocation %d fails"):format(n))
        end
        if session.session_state == "confirmed" then
          assert.equal("stable", session.signaling_state, method .. " " .. n)
          local again, err = session:invite({ body = Rig.sdp3 })
          assert.is_truthy(again, err and err.message)
          rig.net:run(1)
        else
          assert.equal(1, #rig:sent("BYE"), method .. " " .. n)
        end
      until left > 0
      assert.is_true(n > 1)
    end
  end)
end)

describe("re-INVITEs that meet", function()
  local function glare(seed, loss)
    local rig = Rig.new({ net = { seed = seed, latency = { 0.01, 0.05 } } })
    rig.call.on_invite = function(request) request:accept({ body = Rig.sdp3 }) end
    local call, session = rig:establish()
    rig.net:run(40)
    rig.net.loss = loss or 0
    local mine = rig.phone:sdp({ version = 2 })
    local statuses = {}
    -- Of the caller: 2.1 to 4 s, for the Call-ID is his (14.1).
    local function ask()
      local change = call:reinvite({ body = mine })
      change.on_end = function()
        table.insert(statuses, change:status())
        if change:status() == 491 then rig.net:after(2.1 + (seed % 20) / 10, ask) end
      end
      rig.asking = change
    end
    call.on_request = function(message)
      if message.method == "INVITE" and not rig.asking.response then
        return { status_code = 491 }
      end
    end
    local ours = {}
    assert(session:invite({
      body = Rig.sdp2,
      delegate = { on_accept = function(response) ours.status = response.status_code end },
    }))
    ask()
    return rig, session, statuses, ours, mine
  end

  it("get 491 on both sides and both recover (RFC 3261 14.1, behaviour 28, REI-017)", function()
    local rig, session, statuses, ours, mine = glare(1)
    rig.net:settle()
    assert.same({ 491 }, statuses)
    assert.equal(1, #rig:sent("491 INVITE"))
    assert.equal("stable", session.signaling_state)
    rig.net:run(10)
    assert.same({ 491, 200 }, statuses)
    assert.equal(200, ours.status)
    assert.equal(1, rig.agent:counters().reinvites)
    assert.same({ mine, Rig.sdp3 }, { session.offer, session.answer })
    rig:finish()
  end)

  it("come to rest for any seed (RFC 3261 14.1, behaviour 28, REI-056)", function()
    for seed = 1, 200 do
      local rig, session, statuses, ours = glare(seed)
      rig.net:run(20)
      assert.equal(200, statuses[#statuses], "theirs, seed " .. seed)
      assert.equal(200, ours.status, "ours, seed " .. seed)
      assert.equal("stable", session.signaling_state)
      rig:finish()
    end
  end)

  it("come to rest on a network that loses a tenth of all (RFC 3261 14.1, 17.1)", function()
    for seed = 1, 60 do
      local rig, session, statuses, ours = glare(seed, 0.1)
      rig.net:run(120)
      assert.equal(200, statuses[#statuses], "theirs, seed " .. seed)
      assert.equal(200, ours.status, "ours, seed " .. seed)
      assert.equal("stable", session.signaling_state)
      rig.net.loss = 0
      rig:finish()
    end
  end)
end)
