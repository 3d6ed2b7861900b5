-- What spec/flow shows in virtual time, over real sockets: new calls.
local live = require("spec.interop.support.live")

local function retry_after(response)
  local seconds = tonumber(response:header("Retry-After"))
  return seconds and seconds >= 0 and seconds <= 10
end

describe("over the wire, a new call", function()
  local rig

  before_each(function() rig = live.new() end)
  after_each(function() rig:finish() end)

  local function restart(options)
    rig:finish()
    rig = live.new(options)
  end

  it("is answered 486 without a callback, and the ACK is absorbed (behaviour 1)", function()
    restart({ delegate = {} })
    local call = rig:ring()
    assert.equal(486, call.invite:status())
    rig:wait(function() return rig.engine:status().transactions == 0 end)
    assert.is_true(rig:is_quiet("486 INVITE"))
  end)

  it("gets 100 without To tag, with its Timestamp, when the script is silent (behaviour 2)",
    function()
      local call = rig:ring({ headers = { "Timestamp: 54.2" }, retransmit = false })
      local trying = rig:response(call.invite, 100)
      assert.is_nil(trying.to_tag)
      assert.truthy(trying:header("Timestamp"):find("^54%.2"))
      assert.equal("calling", call.state)
    end)

  it("gets one To tag, Contact, and the Record-Routes in order (behaviour 3)", function()
    local routes = ("<sip:%s;lr>, <sip:%s;lr;x=1>"):format(rig.address, rig.address)
    local call, invite = rig:ring({ headers = { "Record-Route: " .. routes }, ack = false })
    rig:progress(invite)
    rig:accept(invite)
    rig:final(call.invite)
    for _, status in ipairs({ 180, 200 }) do
      local message = rig:response(call.invite, status)
      assert.equal(call.response.to_tag, assert.is_string(message.to_tag) and message.to_tag)
      assert.is_string(message.contact)
      assert.equal(routes,
        (table.concat(message:headers("Record-Route"), ", "):gsub(",%s*", ", ")))
    end
    call.invite:ack()
    rig:await_told("on_ack")
  end)

  it("gets Allow and Supported with the 2xx (behaviour 4)", function()
    local call = rig:establish()
    for _, method in ipairs({ "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE" }) do
      assert.is_true(call.response:lists("Allow", method), method)
    end
    assert.is_true(call.response:lists("Supported", "timer"))
    assert.is_true(call.response:lists("Supported", "100rel"))
  end)

  it("cannot be accepted without answer or offer: it raises and says nothing (behaviour 5)",
    function()
      for _, options in ipairs({ {}, { body = false } }) do
        local call, invite = rig:ring(options)
        assert.has_error(function() invite:accept() end)
        rig:settle()
        assert.same({}, rig:sent("200 INVITE"))
        assert.is_nil(invite.session)
        rig:accept(invite)
        rig:final(call.invite)
        assert.equal("confirmed", call.state)
        rig.phone.received = {}
      end
    end)

  it("gets in the 2xx the answer that a 183 showed before (behaviour 6)", function()
    local call, invite = rig:ring()
    rig:progress(invite, { status_code = 183, body = live.sdp })
    rig:accept(invite, {})
    rig:final(call.invite)
    assert.equal(live.sdp, rig:response(call.invite, 183).body)
    assert.equal(live.sdp, call.response.body)
    assert.equal("stable", rig.session.signaling_state)
  end)

  it("gets the 2xx again and again until the ACK, then no more (behaviour 7)", function()
    local call, invite = rig:ring({ ack = false })
    rig:accept(invite)
    rig:await("200 INVITE", 4)
    call.invite:ack()
    rig:await_told("on_ack")
    assert.is_true(rig:is_quiet("200 INVITE"))
    assert.equal("confirmed", rig.session.session_state)
    assert.equal(1, rig:told("on_ack"))
  end)

  it("whose ACK never comes is ended with BYE (behaviour 8)", function()
    local call, invite = rig:ring({ ack = false })
    rig:accept(invite)
    rig:await("BYE")
    assert.is_true(#rig:sent("200 INVITE") >= 3)
    rig:await_told("on_terminated")
    assert.equal("no ack", rig:last("on_terminated")[1])
    assert.equal("ended", call.state)
  end)

  it("whose ACK never comes is left to on_ack_timeout when there is one (behaviour 8)",
    function()
      rig.call.on_ack_timeout = function() table.insert(rig.notes, { name = "on_ack_timeout" }) end
      local _, invite = rig:ring({ ack = false })
      rig:accept(invite)
      rig:await_told("on_ack_timeout")
      assert.is_true(rig:is_quiet("200 INVITE"))
      assert.same({}, rig:sent("BYE"))
      assert.equal(1, rig:told("on_ack_timeout"))
      assert(rig.session:bye())
      rig:await("BYE")
    end)

  it("is not confirmed by an ACK with another CSeq (behaviour 9)", function()
    local call, invite = rig:ring({ ack = false })
    rig:accept(invite)
    rig:final(call.invite)
    call.invite:ack({ cseq = 7 })
    rig:settle()
    rig:await("200 INVITE", #rig:sent("200 INVITE") + 2)
    assert.equal(0, rig:told("on_ack"))
    call.invite:ack({ cseq = 1 })
    rig:await_told("on_ack")
  end)

  it("is confirmed by an ACK of any branch (behaviour 10)", function()
    for count, branch in ipairs({ "z9hG4bKnew", false }) do
      local call, invite = rig:ring({ ack = false })
      rig:accept(invite)
      rig:final(call.invite)
      call.invite:ack({ branch = branch or call.invite.branch })
      rig:await_told("on_ack", count)
      assert.equal("confirmed", rig.session.session_state)
    end
  end)

  it("that comes again gets the last 1xx, nothing after a 2xx (behaviour 11)", function()
    local call, invite = rig:ring({ retransmit = false })
    rig:progress(invite)
    rig:progress(invite, { status_code = 183 })
    rig:await("183 INVITE")
    call.invite:transmit()
    rig:await("183 INVITE", 2)
    assert.equal(1, #rig:sent("180 INVITE"))
    rig:accept(invite)
    rig:await_told("on_ack")
    rig:settle()
    rig.phone.received = {}
    call.invite:transmit()
    rig:settle()
    for _, message in ipairs(rig.phone.received) do assert.equal("OPTIONS", message.method) end
    assert.equal(1, #rig.invites)
  end)

  it("that comes again gets the same refusal (behaviour 11)", function()
    local call, invite = rig:ring({ ack = false, retransmit = false })
    assert(invite:reject({ status_code = 603 }))
    rig:final(call.invite)
    local before = #rig:sent("603 INVITE")
    call.invite:transmit()
    local all = rig:await("603 INVITE", before + 1)
    assert.equal(call.response.text, all[#all].text)
    call.invite:ack()
    assert.equal(1, #rig.invites)
  end)

  it("gets its refusal again until the ACK, and all is forgotten after T4 (behaviour 12)",
    function()
      local call, invite = rig:ring({ ack = false })
      assert(invite:reject())
      rig:await("486 INVITE", 3)
      call.invite:ack()
      assert.is_true(rig:is_quiet("486 INVITE"))
      rig:wait(function() return rig.engine:status().transactions == 0 end)
      assert.equal(0, rig:told("on_transport_error"))
    end)

  it("whose refusal nobody acknowledges is reported at Timer H (behaviour 12)", function()
    local _, invite = rig:ring({ ack = false })
    assert(invite:reject())
    rig:await_told("on_transport_error")
    assert.is_true(#rig:sent("486 INVITE") >= 3)
    assert.is_true(rig:is_quiet("486 INVITE"))
    assert.equal(1, rig:told("on_transport_error"))
  end)

  it("that is cancelled gets 487, the CANCEL 200 with the same To tag (behaviour 13)", function()
    local call, invite = rig:ring()
    rig:progress(invite)
    call:cancel()
    rig:final(call.invite)
    local cancelled = rig:final(call.invite.cancel_request)
    assert.equal(487, call.response.status_code)
    assert.equal(200, cancelled.status_code)
    assert.equal(call.response.to_tag, cancelled.to_tag)
    assert.equal("CANCEL", rig:last("on_cancel")[1].method)
    assert.is_true(invite.cancelled)
  end)

  it("that is cancelled too late goes on: 200 to the CANCEL (behaviour 14)", function()
    local call, invite = rig:ring({ ack = false })
    rig:accept(invite)
    rig:final(call.invite)
    call:cancel({ now = true })
    assert.equal(200, rig:final(call.invite.cancel_request).status_code)
    assert.same({}, rig:sent("487 INVITE"))
    assert.equal(0, rig:told("on_cancel"))
    call.invite:ack()
    rig:await_told("on_ack")
    assert.equal("confirmed", rig.session.session_state)
  end)

  it("that is none cannot be cancelled: 481 (behaviour 14)", function()
    local cancel = rig.phone:request({ to = rig.uri, method = "CANCEL" })
    assert.equal(481, rig:final(cancel).status_code)
  end)

  it("that is none gets 481 to its requests, and silence to its ACK (behaviour 32)", function()
    for _, method in ipairs({ "BYE", "INFO", "UPDATE", "PRACK", "INVITE", "NOTIFY" }) do
      local request = rig.phone:request({
        to = rig.uri, method = method, to_tag = "nobody", headers = { "RAck: 1 1 INVITE" },
      })
      assert.equal(481, rig:final(request).status_code, method)
    end
    local call = rig:establish()
    rig.phone:send((call.invite.ack_text:gsub("Call%-ID: ", "Call-ID: other")), rig.address)
    rig:settle()
    for _, message in ipairs(rig.phone.received) do assert.equal("OPTIONS", message.method) end
  end)

  it("that the caller ends while it rings gets 487, the BYE 200 (behaviour 35)", function()
    local call, invite = rig:ring()
    rig:progress(invite)
    rig:response(call.invite, 180)
    assert.equal(200, rig:ask(call, "bye").status_code)
    assert.equal(487, rig:final(call.invite).status_code)
    local accepted, err = invite:accept({ body = live.sdp })
    assert.is_nil(accepted)
    assert.is_truthy(err.code == "ECANCELLED" or err.code == "EGONE", err.code)
    assert.equal(1, rig:told("on_terminated"))
  end)

  it("cannot be hung up by us while it rings, and only behind the ACK later (behaviour 36)",
    function()
      local call, invite = rig:ring({ ack = false })
      rig:progress(invite)
      local early, err = rig.session:bye()
      assert.is_nil(early)
      assert.equal("ESTATE", err.code)
      rig:accept(invite)
      assert(rig.session:bye())
      rig:await("200 INVITE", 3)
      assert.same({}, rig:sent("BYE"))
      call.invite:ack()
      rig:await("BYE")
      assert.equal("ended", call.state)
      assert.equal(1, rig:told("on_ack"))
    end)

  it("whose callback raises gets 500, and the next one is fine (behaviour 42)", function()
    rig.on_invite = function() error("out of luck") end
    local call = rig:ring()
    assert.equal(500, rig:final(call.invite).status_code)
    assert.equal(1, rig.engine:status().counters.script_errors)
    rig.on_invite = nil
    rig:establish()
    assert.equal("confirmed", rig.session.session_state)
  end)

  it("says nothing when the text for it holds CR, LF or NUL (behaviour 44)", function()
    local call, invite = rig:ring({ retransmit = false })
    for _, bad in ipairs({ "a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b" }) do
      for _, options in ipairs({
        { reason_phrase = bad }, { extra_headers = { "X-A: " .. bad } },
        { extra_headers = { [bad] = "x" } }, { user_agent = bad }, { to_tag = bad },
      }) do
        assert.has_error(function() invite:reject(options) end)
      end
    end
    rig:settle()
    assert.same({}, rig:sent("486 INVITE"))
    assert(invite:reject({ reason_phrase = "Busy there", extra_headers = { "X-A: fine" } }))
    rig:final(call.invite)
    assert.equal("Busy there", call.response.reason_phrase)
    assert.equal("fine", call.response:header("X-A"))
  end)

  it("leaves the options table as it was, for the next one (behaviour 45)", function()
    local options = { body = live.sdp, extra_headers = { "X-A: 1" } }
    local tags = {}
    for i = 1, 2 do
      local call, invite = rig:ring()
      rig:accept(invite, options)
      tags[i] = rig:final(call.invite).to_tag
      assert.equal("1", call.response:header("X-A"))
    end
    assert.same({ body = live.sdp, extra_headers = { "X-A: 1" } }, options)
    assert.is_true(tags[1] ~= tags[2])
  end)

  it("gets the default status when none is given (behaviour 46)", function()
    local call, invite = rig:ring()
    assert(invite:progress({ reason_phrase = "Because" }))
    assert(invite:reject({ reason_phrase = "Because" }))
    rig:final(call.invite)
    assert.equal("Because", rig:response(call.invite, 180).reason_phrase)
    assert.equal(486, call.response.status_code)
    assert.equal("Because", call.response.reason_phrase)
  end)

  it("that is accepted twice gets the first answer, in one loop of repeats (behaviour 47)",
    function()
      local call, invite = rig:ring({ ack = false })
      rig:accept(invite)
      local again, err = invite:accept({ body = live.sdp2 })
      assert.is_nil(again)
      assert.equal("ESTATE", err.code)
      for _, message in ipairs(rig:await("200 INVITE", 3)) do
        assert.equal(live.sdp, message.body)
      end
      call.invite:ack()
      rig:await_told("on_ack")
      assert.is_true(rig:is_quiet("200 INVITE"))
    end)

  it("refuses an INVITE inside it while it rings: 500 with Retry-After (behaviour 26)", function()
    local call, invite = rig:ring()
    rig:progress(invite, { status_code = 183, body = live.sdp })
    rig:response(call.invite, 183)
    local second = rig:final(call:reinvite())
    assert.equal(500, second.status_code)
    assert.is_true(retry_after(second))
    rig:accept(invite, {})
    assert.equal(200, rig:final(call.invite).status_code)
  end)

  it("ignores a description in the ACK that nobody asked for (behaviour 50)", function()
    local call, invite = rig:ring({ ack = false })
    rig:accept(invite)
    rig:final(call.invite)
    local offer, answer = rig.session.offer, rig.session.answer
    call.invite:ack({ body = rig.phone:sdp({ version = 9, port = 6 }) })
    rig:await_told("on_ack")
    assert.equal("stable", rig.session.signaling_state)
    assert.same({ offer, answer }, { rig.session.offer, rig.session.answer })
  end)

  it("ends with BYE when the ACK lacks the answer to our offer (behaviour 50)", function()
    local call, invite = rig:ring({ body = false, ack = { body = false } })
    rig:accept(invite)
    rig:await("BYE")
    rig:await_told("on_terminated")
    assert.equal("ended", call.state)
  end)
end)
