local Rig = require("spec.support.rig")

local function same_session(session, offer, answer)
  assert.equal("stable", session.signaling_state)
  assert.same({ offer, answer }, { session.offer, session.answer })
end

-- Leaves requests of one method alone; `held[1]` is the first of them.
local function hold(call, method)
  local held = {}
  call.on_request = function(message)
    if message.method == method then
      held[#held + 1] = message
      return false
    end
  end
  return held
end

describe("session:invite", function()
  local rig, call, session, their_sdp

  before_each(function()
    rig = Rig.new()
    call, session = rig:establish()
    their_sdp = rig.phone:sdp({ version = 2 })
    call.on_request = function(message)
      if message.method == "INVITE" then return { status_code = 200, body = their_sdp } end
    end
  end)
  after_each(function() rig:finish() end)

  it("sends a re-INVITE with our offer and acknowledges its 2xx at once "
    .. "(RFC 3261 14.1, 13.2.2.4, INV-009, REI-014)", function()
      local request = assert(session:invite({ body = Rig.sdp2 }))
      assert.equal("INVITE", request.method)
      assert.equal("have_local_offer", session.signaling_state)
      rig.net:settle()
      rig.net:expect([[
        alice                bob
                         <-- INVITE (sdp)
          200 INVITE (sdp) -->
                         <-- ACK
      ]])
      same_session(session, Rig.sdp2, their_sdp)
      local invite, ack = rig:sent("INVITE")[1], rig:sent("ACK")[1]
      assert.equal(invite.cseq, ack.cseq)
      assert.not_equal(invite.branch, ack.branch)
      assert.equal("", ack.body)
    end)

  it("sends Contact, Allow and Supported: the target of the dialog "
    .. "(RFC 3261 12.2.1.1, 14.1, DLG-010, DLG-015, REI-001)", function()
      assert(session:invite({ body = Rig.sdp2, extra_headers = { "X-A: 1" } }))
      rig.net:settle()
      local invite = rig:sent("INVITE")[1]
      assert.equal(call.response.contact, invite.contact)
      assert.is_string(invite:header("Allow"))
      assert.equal("1", invite:header("X-A"))
      assert.equal(rig.phone.uri, invite.ruri)
      assert.equal(call.remote_tag, invite.from_tag)
      assert.equal(call.local_tag, invite.to_tag)
    end)

  it("answers each repeat of the 2xx with the very same ACK "
    .. "(RFC 3261 13.2.2.4, RFC 6026 7.2, INV-008)", function()
      rig:lose("ACK", 3)
      assert(session:invite({ body = Rig.sdp2 }))
      rig.net:run(10)
      local acks = rig:sent("ACK")
      assert.equal(4, #acks)
      for _, ack in ipairs(acks) do assert.equal(acks[1].text, ack.text) end
      same_session(session, Rig.sdp2, their_sdp)
    end)

  it("sends the ACK when the 2xx comes again, if the network took none before (RFC 3261 13.2.2.4)",
    function()
      local held = hold(call, "INVITE")
      assert(session:invite({ body = Rig.sdp2 }))
      rig.net:settle()
      rig.agent:link_down(true)
      rig.phone:respond(held[1], { status_code = 200, body = their_sdp })
      rig.net:run(0.7)
      assert.same({}, rig:sent("ACK"))
      assert.equal(2, rig.agent:counters().transport_errors)
      rig.agent:link_down(false)
      rig.net:run(1)
      assert.equal(1, #rig:sent("ACK"))
      same_session(session, Rig.sdp2, their_sdp)
    end)

  it("may be acknowledged by the callback that waits for it (RFC 3261 13.2.2.4)", function()
    rig.call.on_message = function(message)
      message:accept()
      local response = assert(session:invite()):wait()
      assert(response:ack({ body = Rig.sdp3 }))
    end
    call:message({ body = "now" })
    rig.net:settle()
    same_session(session, their_sdp, Rig.sdp3)
    assert.equal(1, #rig:sent("ACK"))
  end)

  it("is acknowledged by the engine when the script thinks too long about it: ACK and BYE",
    function()
      local awake = false
      assert(session:invite({
        delegate = {
          on_accept = function(response)
            require("moonsip").sleep(0.1)
            awake = true
            response:ack({ body = Rig.sdp3 })
          end,
        },
      }))
      rig.net:run(1)
      assert.equal(1, #rig:sent("ACK"))
      assert.equal(1, #rig:sent("BYE"))
      assert.equal("terminated", session.session_state)
      assert.is_false(awake)
    end)

  it("goes on acknowledging repeats while the next change is open (RFC 6026 7.2)", function()
    rig:lose("ACK", 2)
    assert(session:invite({ body = Rig.sdp2 }))
    rig.net:settle()
    local held = hold(call, "UPDATE")
    assert(session:update({ body = Rig.sdp3 }))
    rig.net:run(1.6)
    assert.equal(1, #held)
    assert.equal(3, #rig:sent("ACK"))
    assert.equal("have_local_offer", session.signaling_state)
    rig.phone:respond(held[1], { status_code = 200, body = their_sdp })
  end)

  it("without a body asks for an offer; response:ack carries the answer (RFC 3261 14.1, 13.2.1)",
    function()
      local request = assert(session:invite())
      local signaling, done
      request.delegate = {
        on_accept = function(response)
          signaling = session.signaling_state
          done = response:ack({ body = Rig.sdp3, extra_headers = { "X-A: 1" } })
        end,
      }
      rig.net:settle()
      assert.equal("have_remote_offer", signaling)
      assert.is_true(done)
      local acks = rig:sent("ACK")
      assert.equal(1, #acks)
      assert.equal(Rig.sdp3, acks[1].body)
      assert.equal("1", acks[1]:header("X-A"))
      same_session(session, their_sdp, Rig.sdp3)
    end)

  it("repeats the ACK with its answer too (RFC 3261 13.2.2.4, INV-008)", function()
    rig:lose("ACK", 2)
    assert(session:invite({
      delegate = { on_accept = function(response) response:ack({ body = Rig.sdp3 }) end },
    }))
    rig.net:run(10)
    local acks = rig:sent("ACK")
    assert.equal(3, #acks)
    assert.equal(acks[1].text, acks[3].text)
    assert.equal(Rig.sdp3, acks[3].body)
  end)

  it("left without an answer sends ACK and then BYE (RFC 3261 13.2.2.4)", function()
    assert(session:invite())
    rig.net:settle()
    rig.net:expect([[
      alice                bob
                       <-- INVITE
        200 INVITE (sdp) -->
                       <-- ACK
                       <-- BYE
        200 BYE        -->
    ]])
    assert.equal("terminated", session.session_state)
    assert.equal("no answer to their offer", rig:last("on_terminated")[1])
  end)

  it("without an offer from either side is acknowledged and changes nothing (RFC 3261 14.1)",
    function()
      call.on_request = function() return { status_code = 200, body = false } end
      local offer, answer = session.offer, session.answer
      assert(session:invite())
      rig.net:settle()
      assert.equal(1, #rig:sent("ACK"))
      same_session(session, offer, answer)
    end)

  it("whose offer gets no answer in the 2xx leaves the session as before "
    .. "(RFC 3261 13.2.1, REI-071)", function()
      call.on_request = function() return { status_code = 200, body = false } end
      local offer, answer = session.offer, session.answer
      assert(session:invite({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.equal(1, #rig:sent("ACK"))
      same_session(session, offer, answer)
    end)

  it("response:ack says what is wrong: an answer that is missing or not due, or a second ACK",
    function()
      local missing, second, refused
      assert(session:invite({
        delegate = {
          on_accept = function(response)
            missing = pcall(response.ack, response)
            assert(response:ack({ body = Rig.sdp3 }))
            second = select(2, response:ack({ body = Rig.sdp3 })).code
          end,
        },
      }))
      rig.net:settle()
      assert.is_false(missing)
      assert.equal("ESTATE", second)
      call.on_request = function() return { status_code = 200, body = false } end
      assert(session:invite({
        delegate = {
          on_accept = function(response)
            refused = pcall(response.ack, response, { body = Rig.sdp3 })
          end,
        },
      }))
      rig.net:settle()
      assert.is_false(refused)
      same_session(session, their_sdp, Rig.sdp3)
      assert.equal(2, #rig:sent("ACK"))
    end)

  it("response:ack fails with ESTATE on a refusal and raises on unknown options", function()
    call.on_request = function() return { status_code = 488 } end
    local code, raised
    assert(session:invite({
      body = Rig.sdp2,
      delegate = {
        on_reject = function(response)
          code = select(2, response:ack()).code
          raised = not pcall(response.ack, response, { boddy = "x" })
        end,
      },
    }))
    rig.net:settle()
    assert.equal("ESTATE", code)
    assert.is_true(raised)
  end)

  it("takes the new target from the 2xx, for the ACK already (RFC 3261 12.2.1.2, REI-039)",
    function()
      local moved = "sip:moved@192.0.2.9:5060"
      call.on_request = function(message)
        if message.method == "INVITE" then
          return { status_code = 200, body = their_sdp, contact = moved }
        end
      end
      assert(session:invite({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.equal(moved, rig:sent("ACK")[1].ruri)
      assert.equal(moved, tostring(session.remote_target))
    end)

  it("runs on_trying, on_progress and on_accept, and responses() walks them (RFC 3261 14.1)",
    function()
      local held = hold(call, "INVITE")
      local heard, walked = {}, {}
      local function hear(name)
        return function(response) table.insert(heard, name .. " " .. response.status_code) end
      end
      rig.call.on_message = function()
        local request = assert(session:invite({
          body = Rig.sdp2,
          delegate = {
            on_trying = hear("trying"), on_progress = hear("progress"), on_accept = hear("accept"),
          },
        }))
        for response in request:responses() do table.insert(walked, response.status_code) end
        table.insert(walked, request:wait().status_code)
      end
      call:message({ body = "now" })
      rig.net:settle()
      for _, status in ipairs({ 100, 180, 183 }) do
        rig.phone:respond(held[1], { status_code = status })
        rig.net:settle()
      end
      rig.net:run(40) -- a phone may ring as long as it likes
      assert.equal(1, #held)
      rig.phone:respond(held[1], { status_code = 200, body = their_sdp })
      rig.net:settle()
      assert.same({ "trying 100", "progress 180", "progress 183", "accept 200" }, heard)
      assert.same({ 100, 180, 183, 200, 200 }, walked)
      same_session(session, Rig.sdp2, their_sdp)
    end)

  it("is acknowledged when the call ended before its 2xx (RFC 5407 3.2.3, REI-054)", function()
    local held = hold(call, "INVITE")
    assert(session:invite({ body = Rig.sdp2 }))
    rig.net:settle()
    local bye = call:bye()
    rig.net:settle()
    assert.equal(200, bye:status())
    rig.phone:respond(held[1], { status_code = 200, body = their_sdp })
    rig.net:settle()
    assert.equal(1, #rig:sent("ACK"))
    assert.same({}, rig:sent("BYE"))
    assert.equal(1, rig:told("on_terminated"))
  end)

  it("that only ever rings is given up 64*T1 after the call ended (RFC 3261 9.1)", function()
    local held = hold(call, "INVITE")
    local failed
    assert(session:invite({
      body = Rig.sdp2, delegate = { on_reject = function(_, err) failed = err.code end },
    }))
    rig.net:settle()
    rig.phone:respond(held[1], { status_code = 180 })
    rig.net:settle()
    call:bye()
    rig.net:run(31)
    assert.equal(1, rig.agent:census().outgoing)
    rig.net:run(2)
    assert.equal(0, rig.agent:census().outgoing)
    assert.equal("EGONE", failed)
  end)

  it("is refused while anything is open on either side: EPENDING "
    .. "(RFC 3261 14.1, RFC 6337 4.3, OA-001, REI-004, REI-005, REI-006, UPD-012)", function()
      local function refused()
        for _, method in ipairs({ "invite", "update" }) do
          local request, err = session[method](session, { body = Rig.sdp2 })
          assert.is_nil(request)
          assert.equal("EPENDING", err.code)
        end
      end
      local held = hold(call, "INVITE")
      assert(session:invite({ body = Rig.sdp2 }))
      refused()
      rig.net:settle()
      rig.phone:respond(held[1], { status_code = 491 })
      rig.net:settle()
      refused() -- in the pause
      call.on_request = nil
      rig.net:run(2.1)
      local change, reinvite = rig:change(call, { ack = false })
      refused()
      assert(reinvite:accept({ body = Rig.sdp3 }))
      rig.net:settle()
      refused() -- its ACK is on the way
      change:ack()
      rig.net:settle()
      rig.call.on_update = function(request) rig.update = request end
      call:update({ body = rig.phone:sdp({ version = 5 }) })
      rig.net:settle()
      refused()
      assert(rig.update:accept({ body = Rig.sdp2 }))
      rig.net:settle()
      assert(session:invite({ body = Rig.sdp3 }))
    end)

  it("is refused once the call is over or about to be: EGONE", function()
    local _, reinvite = rig:change(call, { ack = false })
    assert(reinvite:accept({ body = Rig.sdp3 }))
    rig.net:settle()
    assert(session:bye()) -- waits for the ACK
    assert.equal("EGONE", select(2, session:invite({ body = Rig.sdp2 })).code)
    call:bye()
    rig.net:settle()
    for _, method in ipairs({ "invite", "update" }) do
      assert.equal("EGONE", select(2, session[method](session)).code)
    end
  end)

  it("is refused in an early call: ESTATE (RFC 3261 14.1, REI-004)", function()
    rig:finish()
    rig = Rig.new()
    local ringing, invite = rig:ring()
    local early = rig:progress(invite).session
    for _, method in ipairs({ "invite", "update" }) do
      assert.equal("ESTATE", select(2, early[method](early, { body = Rig.sdp2 })).code)
    end
    rig:accept(invite)
    rig.net:settle()
    assert.equal("confirmed", ringing.state)
  end)

  it("raises on an unknown option, a wrong type or CR LF, and sends nothing (behaviour 43, 44)",
    function()
      for _, options in ipairs({
        { boddy = Rig.sdp2 }, { body = 42 }, { retry = "yes" }, { delegate = 1 },
        { extra_headers = { "X-A: a\r\nX-Evil: 1" } },
      }) do
        assert.has_error(function() session:invite(options) end)
        assert.has_error(function() session:update(options) end)
      end
      rig.net:settle()
      assert.same({}, rig:sent())
      assert.equal("stable", session.signaling_state)
    end)
end)

describe("session:update", function()
  local rig, call, session, their_sdp

  before_each(function()
    rig = Rig.new()
    call, session = rig:establish()
    their_sdp = rig.phone:sdp({ version = 2 })
  end)
  after_each(function() rig:finish() end)

  it("sends our offer and takes the answer of the 2xx (RFC 3311 5.1, 5.3, UPD-001, DLG-015)",
    function()
      call.on_request = function() return { status_code = 200, body = their_sdp } end
      assert.equal("UPDATE", assert(session:update({ body = Rig.sdp2 })).method)
      assert.equal("have_local_offer", session.signaling_state)
      rig.net:settle()
      rig.net:expect([[
        alice                bob
                         <-- UPDATE (sdp)
          200 UPDATE (sdp) -->
      ]])
      same_session(session, Rig.sdp2, their_sdp)
      assert.equal(call.response.contact, rig:sent("UPDATE")[1].contact)
    end)

  it("without a body moves the target and leaves the descriptions alone (RFC 3311 5.1)", function()
    local offer, answer = session.offer, session.answer
    local moved = "sip:moved@192.0.2.9:5060"
    call.on_request = function(message)
      if message.method == "UPDATE" then return { status_code = 200, contact = moved } end
    end
    assert(session:update())
    assert.equal("stable", session.signaling_state)
    rig.net:settle()
    assert.equal("", rig:sent("UPDATE")[1].body)
    same_session(session, offer, answer)
    assert.equal(moved, tostring(session.remote_target))
    assert(session:update())
  end)

  it("is over with its 2xx: the next one may go out from on_accept (RFC 3311 5.1)", function()
    local second
    assert(session:update({
      body = Rig.sdp2, delegate = { on_accept = function() second = session:update() end },
    }))
    rig.net:settle()
    assert.is_truthy(second)
    assert.equal(2, #rig:sent("UPDATE"))
  end)

  it("refused leaves the descriptions and the target (RFC 3311 5.3, UPD-009)", function()
    local offer, answer = session.offer, session.answer
    call.on_request = function(message)
      if message.method == "UPDATE" then
        return { status_code = 488, contact = "sip:moved@192.0.2.9:5060" }
      end
    end
    assert(session:update({ body = Rig.sdp2 }))
    rig.net:settle()
    same_session(session, offer, answer)
    assert.equal(rig.phone.uri, tostring(session.remote_target))
    assert.equal("confirmed", session.session_state)
  end)
end)

describe("a change of ours and the session timer:", function()
  local rig, call

  local headers = { "Supported: timer", "Session-Expires: 200;refresher=uas", "Allow: UPDATE" }

  before_each(function()
    rig = Rig.new()
    call = rig:ring({ headers = headers })
    rig:accept(rig.invite)
    rig.net:settle()
    rig.net:clear()
  end)
  after_each(function() rig:finish() end)

  it("it carries Session-Expires and its 2xx starts the interval anew (RFC 4028 7.4, 7.2, TMR-005)",
    function()
      rig.net:run(90)
      call.on_request = function(message)
        if message.method == "INVITE" then
          return {
            status_code = 200, body = rig.phone:sdp(),
            headers = { "Require: timer", "Session-Expires: 300;refresher=uac" },
          }
        end
      end
      assert(rig.session:invite({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.equal("200;refresher=uac", rig:sent("INVITE")[1]:header("Session-Expires"))
      rig.net:run(149)
      assert.same({}, rig:sent("UPDATE"))
      rig.net:run(2)
      assert.equal(1, #rig:sent("UPDATE"))
    end)

  it("its 2xx may make the peer refresh, or nobody (RFC 4028 7.2, TMR-005, TMR-020)", function()
    call.on_request = function(message)
      if message.method == "UPDATE" then
        local granted = { "Require: timer", "Session-Expires: 90;refresher=uas" }
        return { status_code = 200, headers = granted }
      end
    end
    assert(rig.session:update())
    rig.net:run(59)
    assert.same({}, rig:sent("BYE"))
    call.on_request = nil
    assert(rig.session:update())
    rig.net:run(400)
    assert.same({}, rig:sent("BYE"))
    assert.equal(2, #rig:sent("UPDATE"))
  end)

  it("a refresh waits while our UPDATE is open (RFC 3311 5.1, TMR-019)", function()
    local held = hold(call, "UPDATE")
    rig.net:run(99.9)
    assert(rig.session:update({ body = Rig.sdp2 }))
    rig.net:run(3)
    for _, update in ipairs(held) do assert.equal(held[1].cseq, update.cseq) end
    rig.phone:respond(held[1], { status_code = 491 })
    call.on_request = nil
    rig.net:run(8)
    assert.equal("confirmed", rig.session.session_state)
    assert.equal("stable", rig.session.signaling_state)
  end)
end)

describe("a re-INVITE of ours with ack = false", function()
  local rig, call, session

  before_each(function()
    rig = Rig.new()
    call, session = rig:establish()
  end)
  after_each(function() rig:finish() end)

  it("is acknowledged when the script says so", function()
    local response
    assert(session:invite({ body = Rig.sdp2, ack = false, delegate = {
      on_accept = function(accepted) response = accepted end,
    } }))
    rig.net:settle()
    assert.equal(0, #rig:sent("ACK"))
    assert.same({ nil, "EPENDING" }, { (session:invite()), select(2, session:invite()).code })
    assert(response:ack())
    rig.net:settle()
    assert.equal(1, #rig:sent("ACK"))
    assert.equal("confirmed", call.state)
  end)

  it("is acknowledged by the engine after 64*T1, the call going on (RFC 3261 13.2.2.4)",
    function()
      assert(session:invite({ body = Rig.sdp2, ack = false }))
      rig.net:run(33)
      assert.equal(1, #rig:sent("ACK"))
      assert.equal("confirmed", session.session_state)
    end)
end)
