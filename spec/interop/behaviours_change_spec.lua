-- What spec/flow shows in virtual time, over real sockets: changes to a call.
local live = require("spec.interop.support.live")
local process = require("spec.interop.support.process")

local TOO_LONG <const> = 1.5 -- seconds; 64*T1 is 1.28

local function retry_after(response)
  local seconds = tonumber(response:header("Retry-After"))
  return seconds and seconds >= 0 and seconds <= 10
end

--- RFC 6337 4.3 leaves the choice.
local function is_glare(response)
  return response.status_code == 491
    or response.status_code == 500 and retry_after(response)
end

describe("over the wire, a change to a call", function()
  local rig, call, session

  before_each(function()
    rig = live.new()
    call, session = rig:establish({ rel100 = true })
  end)
  after_each(function() rig:finish() end)

  local function state()
    return {
      session.session_state, session.signaling_state, tostring(session.remote_target),
      session.offer, session.answer,
    }
  end

  --- Answers a change that is held and waits for the ACK.
  local function finish_change(change, reinvite, options)
    local acks = rig:told("on_ack")
    assert(reinvite:accept(options or { body = live.sdp2 }))
    rig:final(change)
    rig:await_told("on_ack", acks + 1)
    return change.response
  end

  it("that is cancelled gets 487, the CANCEL 200, the session goes on (behaviour 15)", function()
    local before = state()
    local change, reinvite = rig:change(call, { contact = rig:elsewhere() })
    assert(reinvite:progress())
    change:cancel()
    assert.equal(487, rig:final(change).status_code)
    assert.equal(200, rig:final(change.cancel_request).status_code)
    assert.equal(1, rig:told("on_cancel"))
    assert.same(before, state())
    assert.equal(200, rig:ask(call, "info").status_code)
  end)

  it("without a callback gets 488 with Warning and changes nothing (behaviour 16)", function()
    rig.call.on_invite = nil
    local before = state()
    local refused = rig:ask(call, "reinvite", { contact = rig:elsewhere() })
    assert.equal(488, refused.status_code)
    assert.is_string(refused:header("Warning"))
    assert.same(before, state())
  end)

  it("with an offer gets the answer in the 200, and on_ack runs (behaviour 17)", function()
    local offer = rig.phone:sdp({ version = 2 })
    local change, reinvite = rig:change(call, { body = offer })
    assert.equal("have_remote_offer", session.signaling_state)
    assert.equal(live.sdp2, finish_change(change, reinvite).body)
    assert.equal("stable", session.signaling_state)
    assert.same({ offer, live.sdp2 }, { session.offer, session.answer })
  end)

  it("without an offer gets one in the 200, and the answer comes in the ACK (behaviour 18)",
    function()
      local answer = rig.phone:sdp({ version = 3 })
      local change, reinvite = rig:change(call, { body = false, ack = { body = answer } })
      assert.equal(live.sdp2, finish_change(change, reinvite).body)
      assert.equal("stable", session.signaling_state)
      assert.same({ live.sdp2, answer }, { session.offer, session.answer })
    end)

  it("gets Contact, Allow and Supported with the 2xx, unasked (behaviour 19)", function()
    local accepted = finish_change(rig:change(call))
    assert.equal(call.response.contact, accepted.contact)
    assert.is_string(accepted:header("Allow"))
    assert.is_string(accepted:header("Supported"))
  end)

  it("gets in the 2xx the answer that a 183 showed before (behaviour 6)", function()
    local change, reinvite = rig:change(call)
    assert(reinvite:progress({ status_code = 183, body = live.sdp2 }))
    assert.equal(live.sdp2, finish_change(change, reinvite, {}).body)
    assert.equal("stable", session.signaling_state)
  end)

  it("that is refused after a 183 leaves offer and answer as before (behaviour 20)", function()
    local before = state()
    for version = 2, 4 do
      local change, reinvite = rig:change(call, { body = rig.phone:sdp({ version = version }) })
      assert(reinvite:progress({ status_code = 183, body = live.sdp2 }))
      assert(reinvite:reject())
      assert.equal(488, rig:final(change).status_code)
      assert.same(before, state())
    end
  end)

  it("moves the remote target when accepted, and leaves it when refused (behaviour 21)", function()
    local change, reinvite = rig:change(call, { contact = rig:elsewhere() })
    assert(reinvite:reject())
    rig:final(change)
    assert.equal(rig.phone.uri, tostring(session.remote_target))
    finish_change(rig:change(call, { contact = rig:elsewhere() }))
    assert(session:bye())
    assert.equal(rig:elsewhere(), rig:await("BYE")[1].ruri)
  end)

  it("cannot be refused once its answer is in use (behaviour 22)", function()
    local change, reinvite = rig:change(call, { headers = { "Supported: 100rel" } })
    assert(reinvite:progress({ status_code = 183, body = live.sdp2, reliable = true }))
    rig:await("200 PRACK")
    for _, refuse in ipairs({
      function() return reinvite:reject() end,
      function() return reinvite:redirect({ rig:elsewhere() }) end,
    }) do
      local refused, err = refuse()
      assert.is_nil(refused)
      assert.equal("ECOMMITTED", err.code)
    end
    assert.equal(200, finish_change(change, reinvite, {}).status_code)
    assert.equal(live.sdp2, session.answer)
  end)

  it("may be redirected: 3xx with Contact, the session as before (behaviour 23)", function()
    local before = state()
    local change, reinvite = rig:change(call)
    assert(reinvite:redirect({ rig:elsewhere() }, { status_code = 301 }))
    assert.equal(301, rig:final(change).status_code)
    assert.equal(rig:elsewhere(), change.response.contact)
    assert.same(before, state())
    assert.is_true(rig:is_quiet("301 INVITE"))
  end)

  it("gets the 2xx again and again, and its missing ACK ends the call (behaviour 24)", function()
    local _, reinvite = rig:change(call, { ack = false })
    assert(reinvite:accept({ body = live.sdp2 }))
    rig:await("BYE")
    assert.is_true(#rig:sent("200 INVITE") >= 3)
    rig:await_told("on_terminated")
    assert.equal("ended", call.state)
  end)

  it("whose ACK is missing ends nothing when a newer one came in between (behaviour 25)",
    function()
      local _, reinvite = rig:change(call, { ack = false })
      assert(reinvite:accept({ body = live.sdp2 }))
      rig:await("200 INVITE", 2)
      finish_change(rig:change(call))
      process.sleep(TOO_LONG)
      assert.same({}, rig:sent("BYE"))
      assert.equal("confirmed", session.session_state)
    end)

  it("gets 500 with Retry-After before the final response of another (behaviour 26)", function()
    local change, reinvite = rig:change(call)
    local second = rig:ask(call, "reinvite", { body = false })
    assert.equal(500, second.status_code)
    assert.is_true(retry_after(second))
    assert.equal(1, rig:told("on_invite"))
    assert.equal(200, finish_change(change, reinvite).status_code)
  end)

  it("is processed while the ACK of another is on its way (behaviour 27)", function()
    local first, reinvite = rig:change(call, { ack = false })
    assert(reinvite:accept({ body = live.sdp2 }))
    rig:final(first)
    assert.equal(200, finish_change(rig:change(call)).status_code)
    first:ack()
    rig:await_told("on_ack", 3)
  end)

  it("is refused while the ACK with the answer is on its way (behaviour 27)", function()
    local first, reinvite = rig:change(call, { body = false, ack = false })
    assert(reinvite:accept({ body = live.sdp2 }))
    rig:final(first)
    assert.is_true(is_glare(rig:ask(call, "reinvite")))
    assert.equal(1, rig:told("on_invite"))
    first:ack()
    rig:await_told("on_ack", 2)
    assert.equal("stable", session.signaling_state)
  end)

  it("gets 491 while ours is in progress, which goes on (behaviour 28)", function()
    local ours
    call.on_request = function(message)
      if message.method == "INVITE" then
        ours = message
        return false
      end
    end
    assert(session:invite({ body = live.sdp2 }))
    rig:wait(function() return ours end)
    assert.equal(491, rig:ask(call, "reinvite").status_code)
    assert.equal(0, rig:told("on_invite"))
    rig.phone:respond(ours, { status_code = 200, body = rig.phone:sdp({ version = 2 }) })
    rig:wait(function() return call.acked == ours.cseq end)
    assert.equal("stable", session.signaling_state)
    assert.equal(live.sdp2, session.offer)
  end)

  it("that got 500 gets the very same response when it comes again (behaviour 30)", function()
    local change, reinvite = rig:change(call)
    local second = call:reinvite({ ack = false })
    rig:final(second)
    second:transmit()
    rig:wait(function() return second:copies(500) >= 2 end)
    for _, response in ipairs(second.responses) do
      assert.equal(second.response.text, response.text)
    end
    second:ack()
    finish_change(change, reinvite)
  end)

  it("with a lower CSeq gets 500, with a gap it is fine (behaviour 31)", function()
    finish_change(rig:change(call, { cseq = 50 }))
    for _, cseq in ipairs({ 49, 50 }) do
      assert.equal(500, rig:ask(call, "reinvite", { cseq = cseq }).status_code)
    end
    assert.equal(1, rig:told("on_invite"))
    assert.equal(200, rig:ask(call, "info", { cseq = 60 }).status_code)
  end)

  it("for no call we know gets 481 (behaviour 32)", function()
    assert.equal(481, rig:ask(call, "reinvite", { to_tag = "unknown" }).status_code)
    call.state = "confirmed"
  end)

  it("is processed before the ACK of the call, and ACKs come in any order (behaviour 33)",
    function()
      local young, invite = rig:ring({ ack = false })
      rig:accept(invite)
      rig:final(young.invite)
      local change, reinvite = rig:change(young, { ack = false })
      assert(reinvite:accept({ body = live.sdp2 }))
      rig:final(change)
      change:ack()
      rig:await_told("on_ack", 2)
      young.invite:ack()
      rig:await_told("on_ack", 3)
      assert.is_true(rig:is_quiet("200 INVITE"))
      assert.equal("confirmed", rig.session.session_state)
    end)

  it("is refused before the ACK that answers our offer (behaviour 34)", function()
    local young, invite = rig:ring({ body = false, ack = false })
    rig:accept(invite)
    rig:final(young.invite)
    assert.is_true(is_glare(rig:ask(young, "reinvite")))
    young.invite:ack()
    rig:await_told("on_ack", 2)
    assert.equal("stable", rig.session.signaling_state)
  end)

  it("gets 487 when BYE comes while it waits, and accept says why not (behaviour 35)", function()
    local change, reinvite = rig:change(call)
    assert.equal(200, rig:ask(call, "bye").status_code)
    assert.equal(487, rig:final(change).status_code)
    assert.is_true(reinvite.cancelled)
    local accepted, err = reinvite:accept({ body = live.sdp2 })
    assert.is_nil(accepted)
    assert.is_truthy(err.code == "ECANCELLED" or err.code == "EGONE", err.code)
    assert.same({}, rig:sent("200 INVITE"))
  end)

  it("whose callback raises gets 500, and the session stays as it was (behaviour 42)", function()
    local before = state()
    rig.call.on_invite = function() error("out of luck") end
    local refused = rig:ask(call, "reinvite", { contact = rig:elsewhere() })
    assert.equal(500, refused.status_code)
    assert.same(before, state())
  end)

  it("bears every impossible wish of the script (behaviour 43)", function()
    local change, reinvite = rig:change(call, { retransmit = false })
    for _, attempt in ipairs({
      function() reinvite:accept({ status_code = 404, body = live.sdp2 }) end,
      function() reinvite:progress({ status_code = 200 }) end,
      function() reinvite:reject({ status_code = 200 }) end,
      function() reinvite:redirect({ rig:elsewhere() }, { status_code = 400 }) end,
      function() reinvite:accept({ boddy = live.sdp2 }) end,
      function() reinvite:accept({ body = 42 }) end,
      function() reinvite:accept() end,
    }) do
      assert.has_error(attempt)
    end
    rig:settle()
    assert.is_nil(change.response)
    assert.equal("have_remote_offer", session.signaling_state)
    assert.equal(200, finish_change(change, reinvite).status_code)
    local late, err = reinvite:reject()
    assert.is_nil(late)
    assert.is_truthy(err.code == "ESTATE" or err.code == "EGONE", err.code)
    rig:settle()
    assert.equal(live.sdp2, session.answer)
  end)

  it("gets the default status when none is given (behaviour 46)", function()
    local change, reinvite = rig:change(call)
    assert(reinvite:reject({ reason_phrase = "Because" }))
    assert.equal(488, rig:final(change).status_code)
    change, reinvite = rig:change(call)
    assert(reinvite:redirect({ rig:elsewhere() }, { reason_phrase = "Because" }))
    assert.equal(302, rig:final(change).status_code)
  end)

  it("by UPDATE moves the target, or gets 488 when nobody answers its offer (behaviour 48)",
    function()
      assert.equal(200, rig:ask(call, "update", { contact = rig:elsewhere() }).status_code)
      assert.equal(rig:elsewhere(), tostring(session.remote_target))
      local before = state()
      local refused = rig:ask(call, "update", { body = rig.phone:sdp({ version = 2 }) })
      assert.equal(488, refused.status_code)
      assert.same(before, state())
    end)

  it("by UPDATE gets 500 with Retry-After while another is unanswered (behaviour 48)", function()
    local held
    rig.call.on_update = function(request) held = request end
    local first = call:update({ body = rig.phone:sdp({ version = 2 }) })
    rig:wait(function() return held end)
    local second = rig:ask(call, "update", { body = rig.phone:sdp({ version = 3 }) })
    assert.equal(500, second.status_code)
    assert.is_true(retry_after(second))
    assert(held:accept({ body = live.sdp2 }))
    assert.equal(live.sdp2, rig:final(first).body)
    assert.equal("stable", session.signaling_state)
  end)

  it("by UPDATE is refused while an offer is unanswered, theirs or ours (behaviour 48)", function()
    local change, reinvite = rig:change(call)
    assert.is_true(is_glare(rig:ask(call, "update", { body = rig.phone:sdp({ version = 3 }) })))
    finish_change(change, reinvite)
    change, reinvite = rig:change(call, { body = false, ack = false })
    assert(reinvite:accept({ body = live.sdp3 }))
    rig:final(change)
    assert.is_true(is_glare(rig:ask(call, "update", { body = rig.phone:sdp({ version = 4 }) })))
    change:ack()
    rig:await_told("on_ack", 3)
    assert.equal("stable", session.signaling_state)
  end)

  it("without Contact is processed and leaves the target alone (behaviour 49)", function()
    local change, reinvite = rig:change(call, { contact = false })
    assert.equal(200, finish_change(change, reinvite).status_code)
    assert.equal(rig.phone.uri, tostring(session.remote_target))
  end)
end)
