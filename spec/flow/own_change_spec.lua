--- Changes of calls that we began: what may be sent when, and what goes wrong.
local Caller = require("spec.support.caller")

local function result_of(caller, request)
  local status, code
  caller:spawn(function()
    local response, err = request:wait()
    status, code = response and response.status_code, err and err.code
  end)
  return status or code
end

describe("an early call of ours", function()
  local caller, held, session

  before_each(function()
    caller = Caller.new()
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return false
      end
    end
  end)
  after_each(function()
    if held then caller.phone:respond(held, { status_code = 486 }) end
    caller:finish()
  end)

  -- A reliable or plain response of the callee.
  local function ring(options)
    caller.phone:respond(held, {
      status_code = options.status or 183, body = options.body,
      headers = options.rseq and { "Require: 100rel", "RSeq: " .. options.rseq } or {},
      contact = options.contact,
    })
    caller.net:settle()
  end

  local function begin(options)
    local given = { delegate = { on_progress = function(response)
      session = response.session
      if options and options.progressed then options.progressed(response) end
    end } }
    for name, value in pairs(options or {}) do
      if name ~= "progressed" then given[name] = value end
    end
    return assert(caller:invite(given))
  end

  local function last(method)
    local list = caller:sent(method)
    return list[#list]
  end

  it("takes no offer in UPDATE before its own is answered reliably (RFC 3311 5.1, UPD-001)",
    function()
      begin()
      ring({ status = 180 })
      local _, err = session:update({ body = Caller.sdp2 })
      assert.equal("ESTATE", err.code)
      ring({ body = caller.phone:sdp() })
      _, err = session:update({ body = Caller.sdp2 })
      assert.equal("ESTATE", err.code)
      assert.equal("have_local_offer", session.signaling_state)
      ring({ body = caller.phone:sdp(), rseq = 1 })
      assert.equal("stable", session.signaling_state)
      assert(session:update({ body = Caller.sdp2 }))
      caller.net:settle()
      assert.equal(Caller.sdp2, session.offer)
      assert.equal("stable", session.signaling_state)
    end)

  it("may send UPDATE without an offer at any time (RFC 3311 5.1)", function()
    begin()
    ring({ status = 180 })
    assert(session:update({ extra_headers = { "X-A: 1" } }))
    caller.net:settle()
    assert.equal("1", last("UPDATE"):header("X-A"))
    assert.equal("have_local_offer", session.signaling_state)
    local request = assert(session:update())
    local _, err = session:update()
    assert.equal("EPENDING", err.code)
    caller.net:settle()
    assert.equal(200, result_of(caller, request))
  end)

  it("keeps the answer that came while an UPDATE without offer was refused (RFC 3311 5.3)",
    function()
      begin()
      ring({ status = 180 })
      local update
      local hook = caller.phone.on_request
      caller.phone.on_request = function(message)
        if message.method == "UPDATE" then
          update = message
          return false
        end
        return hook(message)
      end
      assert(session:update())
      caller.net:settle()
      caller.phone:respond(held, { status_code = 200, body = caller.phone:sdp() })
      caller.net:settle()
      caller.phone:respond(update, { status_code = 500 })
      caller.net:settle()
      assert.equal("stable", session.signaling_state)
      assert.equal(caller.phone:sdp(), session.answer)
      held = nil
      session:bye()
    end)

  it("has one offer open at a time (RFC 3264 4, UPD-012)", function()
    begin()
    ring({ body = caller.phone:sdp(), rseq = 1 })
    caller.phone.on_request = function() return false end
    assert(session:update({ body = Caller.sdp2 }))
    for _, options in ipairs({ {}, { body = Caller.sdp3 } }) do
      local _, err = session:update(options)
      assert.equal("EPENDING", err.code)
    end
    caller.net:settle()
    local update = caller.phone.received[#caller.phone.received]
    caller.phone:respond(update, { status_code = 200, body = caller.phone:sdp() })
    caller.net:settle()
  end)

  it("cannot be changed by re-INVITE: ESTATE (RFC 3261 14.1)", function()
    begin()
    ring({ body = caller.phone:sdp(), rseq = 1 })
    local _, err = session:invite({ body = Caller.sdp2 })
    assert.equal("ESTATE", err.code)
  end)

  it("takes offers in UPDATE of the callee (RFC 3311 5.2)", function()
    begin()
    ring({ body = caller.phone:sdp(), rseq = 1 })
    session.delegate = { on_update = function(request) request:accept({ body = Caller.sdp2 }) end }
    local update = caller.phone:request({
      to = caller.agent, method = "UPDATE", to_tag = held.from_tag,
      from_tag = session.remote_tag, call_id = held.call_id, cseq = 1,
      body = caller.phone:sdp({ version = 2 }),
    })
    caller.net:settle()
    assert.equal(200, update:status())
    assert.equal(Caller.sdp2, session.answer)
  end)

  it("may offer in the PRACK; its 2xx brings the answer (RFC 3262 5, REL-017)", function()
    local answer
    begin({ progressed = function(response)
      answer = caller.phone:sdp({ version = 2 })
      caller.phone.on_request = function(message)
        if message.method == "PRACK" then return { status_code = 200, body = answer } end
      end
      assert(response:prack({ body = Caller.sdp2 }))
    end })
    ring({ body = caller.phone:sdp(), rseq = 1 })
    local pracks = caller:sent("PRACK")
    assert.equal(1, #pracks)
    assert.equal(Caller.sdp2, pracks[1].body)
    assert.same({ Caller.sdp2, answer }, { session.offer, session.answer })
    assert.equal("stable", session.signaling_state)
  end)

  it("withdraws the offer of a PRACK that was refused (RFC 3262 5)", function()
    begin({ progressed = function(response)
      caller.phone.on_request = function(message)
        if message.method == "PRACK" then return { status_code = 488 } end
      end
      assert(response:prack({ body = Caller.sdp2 }))
    end })
    ring({ body = caller.phone:sdp(), rseq = 1 })
    assert.same({ Caller.sdp, caller.phone:sdp() }, { session.offer, session.answer })
    assert.equal("early", session.session_state)
  end)

  it("cannot offer in the PRACK while its own offer is open (RFC 3264 4)", function()
    local ok, why
    begin({ progressed = function(response)
      ok, why = pcall(response.prack, response, { body = Caller.sdp2 })
    end })
    ring({ status = 180, rseq = 1 })
    assert.is_false(ok)
    assert.matches("prack: no offer is possible now", why)
    assert.equal(1, #caller:sent("PRACK"))
  end)

  it("without an offer answers that of a reliable response in its PRACK "
    .. "(RFC 3262 5, REL-016)", function()
      begin({ body = false, progressed = function(response)
        assert.equal("have_remote_offer", response.session.signaling_state)
        assert.has_error(function() response:prack() end)
        assert(response:prack({ body = Caller.sdp2 }))
      end })
      ring({ body = caller.phone:sdp(), rseq = 1 })
      assert.equal(Caller.sdp2, last("PRACK").body)
      assert.equal("stable", session.signaling_state)
      caller.phone:respond(held, { status_code = 200 })
      caller.net:settle()
      assert.equal("", last("ACK").body)
      assert.equal("confirmed", session.session_state)
      held = nil
      session:bye()
    end)

  it("is cancelled when nobody answers the offer of a reliable response (RFC 3262 5)", function()
    begin({ body = false })
    ring({ body = caller.phone:sdp(), rseq = 1 })
    assert.equal(0, #caller:sent("PRACK"))
    assert.equal(1, #caller:sent("CANCEL"))
  end)

  it("is acknowledged later where the script wants so: prack = false", function()
    begin({ prack = false })
    ring({ body = caller.phone:sdp(), rseq = 1 })
    assert.equal(0, #caller:sent("PRACK"))
    local _, err = session:update({ body = Caller.sdp2 })
    assert.equal("EPENDING", err.code)
    ring({ body = caller.phone:sdp(), rseq = 1 })
    assert(session:prack())
    caller.net:settle()
    assert.equal(1, #caller:sent("PRACK"))
    _, err = session:prack()
    assert.equal("ESTATE", err.code)
  end)

  it("moves its target with reliable responses only (RFC 6141 4.7, 4.9, REI-039, REI-040)",
    function()
      local other = caller:another("other", 8)
      begin()
      ring({ status = 180 })
      ring({ status = 180, contact = "sip:x@192.0.2.7" })
      assert.equal(caller.phone.uri, tostring(session.remote_target))
      ring({ rseq = 1, contact = "sip:other@192.0.2.8" })
      assert.equal("sip:other@192.0.2.8", tostring(session.remote_target))
      assert.equal("PRACK", other.received[1].method)
      caller.net:run(40)
    end)

  it("requires reliable responses where the option rel100 says so (RFC 3262 4)", function()
    begin({ rel100 = "required" })
    assert.equal("100rel", held:header("Require"))
  end)

  it("does not mention them with rel100 = 'no', and 421 is final then (RFC 3261 21.4.16)",
    function()
      local request = begin({ rel100 = "no" })
      assert.is_false(held:lists("Supported", "100rel"))
      caller.phone:respond(held, { status_code = 421, headers = { "Require: 100rel" } })
      caller.net:settle()
      assert.equal(421, result_of(caller, request))
      held = nil
    end)
end)

describe("a re-INVITE of ours", function()
  local caller, session, phone_call, held

  before_each(function()
    caller = Caller.new()
    session, phone_call = caller:establish()
    held = nil
    phone_call.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return false
      end
    end
  end)
  after_each(function() caller:finish() end)

  local function ring(rseq, body, contact)
    caller.phone:respond(held, {
      status_code = 183, body = body, contact = contact,
      headers = { "Require: 100rel", "RSeq: " .. rseq },
    })
    caller.net:settle()
  end

  it("is cancelled by cancel(), and the session is as before (RFC 3261 9.1, 14.1)", function()
    local offer, answer = session.offer, session.answer
    local request = assert(session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    assert(request:cancel())
    caller.net:settle()
    assert.equal(0, #caller:sent("CANCEL"))
    caller.phone:respond(held, { status_code = 180 })
    caller.net:settle()
    assert.equal(held.branch, caller:sent("CANCEL")[1].branch)
    caller.phone:respond(held, { status_code = 487 })
    caller.net:settle()
    assert.equal(487, result_of(caller, request))
    assert.same({ offer, answer }, { session.offer, session.answer })
    assert.equal("confirmed", session.session_state)
    assert(session:invite({ body = Caller.sdp3 }))
    caller.net:settle()
    caller.phone:respond(held, { status_code = 200, body = caller.phone:sdp() })
  end)

  it("holds when its 2xx crosses the CANCEL (RFC 3261 9.1)", function()
    local request = assert(session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    caller.phone:respond(held, { status_code = 180 })
    caller.net:settle()
    request:cancel()
    caller.phone:respond(held, { status_code = 200, body = caller.phone:sdp() })
    caller.net:run(40)
    assert.equal(200, result_of(caller, request))
    assert.equal(Caller.sdp2, session.offer)
    assert.equal(1, #caller:sent("ACK"))
    assert.equal("confirmed", session.session_state)
  end)

  it("is over 64*T1 behind a CANCEL that nobody heeds (RFC 3261 9.1, CAN-005)", function()
    local offer = session.offer
    local request = assert(session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    caller.phone:respond(held, { status_code = 180 })
    caller.net:settle()
    request:cancel()
    caller.net:run(33)
    assert.equal("ECANCELLED", result_of(caller, request))
    assert.equal(offer, session.offer)
    assert.equal("confirmed", session.session_state)
  end)

  it("that rings for ever is cancelled behind limits.ring_time, or its `timeout`", function()
    for _, limit in ipairs({ 200, 20 }) do
      caller.net:clear()
      local request = assert(session:invite({
        body = Caller.sdp2, timeout = limit < 100 and limit or nil,
      }))
      caller.net:settle()
      caller.phone:respond(held, { status_code = 180 })
      caller.net:run(limit - 1)
      assert.equal(0, #caller:sent("CANCEL"))
      caller.net:run(2)
      assert.equal(1, #caller:sent("CANCEL"))
      assert.equal("ETIMEOUT", result_of(caller, request))
      caller.phone:respond(held, { status_code = 487 })
      caller.net:settle()
      assert.equal(Caller.sdp, session.offer)
      assert.equal("confirmed", session.session_state)
    end
  end)

  it("that gets its 2xx behind its `timeout` is in force, and acknowledged", function()
    local request = assert(session:invite({ body = Caller.sdp2, timeout = 2 }))
    caller.net:settle()
    caller.phone:respond(held, { status_code = 180 })
    caller.net:run(3)
    assert.equal("ETIMEOUT", result_of(caller, request))
    caller.phone:respond(held, { status_code = 200, body = caller.phone:sdp() })
    caller.net:run(1)
    assert.equal(Caller.sdp2, session.offer)
    assert.equal(1, #caller:sent("ACK"))
    assert(session:invite({ body = Caller.sdp3 }))
    caller.net:settle()
    caller.phone:respond(held, { status_code = 200, body = caller.phone:sdp() })
  end)

  it("waits behind 491 for 2.1 to 4 s, the peer for 0 to 2: both sides of a glare recover "
    .. "(RFC 3261 14.1, REI-011, REI-056)", function()
      session.delegate = { on_invite = function(request)
        request:accept({ body = Caller.sdp3 })
      end }
      assert(session:invite({ body = Caller.sdp2 }))
      local theirs = phone_call:reinvite({ body = caller.phone:sdp({ version = 2 }) })
      caller.net:settle()
      assert.equal(491, theirs:status())
      local first = held
      caller.phone:respond(first, { status_code = 491 })
      caller.net:run(2)
      theirs = phone_call:reinvite({ body = caller.phone:sdp({ version = 2 }) })
      caller.net:settle()
      assert.equal(200, theirs:status())
      phone_call.on_request = nil
      caller.net:run(2.1)
      local ours = caller:sent("INVITE")
      assert.equal(2, #ours)
      local pause = ours[2].time - ours[1].time
      assert.is_true(pause >= 2.1 and pause <= 4.05, pause)
      assert.equal(Caller.sdp2, session.offer)
      assert.equal("stable", session.signaling_state)
    end)

  it("acknowledges reliable responses, whose answer counts (RFC 3262 4, RFC 6141 3.1)", function()
    assert(session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    assert.is_true(held:lists("Supported", "100rel"))
    local answer = caller.phone:sdp({ version = 2 })
    ring(40, answer, "sip:bob@192.0.2.9;new")
    assert.equal("sip:bob@192.0.2.9;new", tostring(session.remote_target))
    ring(40, answer)
    ring(42, answer)
    ring(41)
    assert.equal(2, #caller:sent("PRACK"))
    assert.equal("stable", session.signaling_state)
    caller.phone:respond(held, { status_code = 200, body = caller.phone:sdp({ version = 3 }) })
    caller.net:settle()
    assert.same({ Caller.sdp2, answer }, { session.offer, session.answer })
    assert.equal(1, #caller:sent("ACK"))
  end)

  it("that fails behind a reliable answer leaves what that agreed on (RFC 6141 3.4)", function()
    assert(session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    ring(40, caller.phone:sdp({ version = 2 }), "sip:bob@192.0.2.9;new")
    caller.phone:respond(held, { status_code = 500 })
    caller.net:settle()
    assert.equal(Caller.sdp2, session.offer)
    assert.equal("sip:bob@192.0.2.9;new", tostring(session.remote_target))
    assert.equal("stable", session.signaling_state)
    phone_call.on_request = nil
    assert(session:update({ body = Caller.sdp3 }))
    caller.net:settle()
    assert.equal(Caller.sdp3, session.offer)
  end)

  it("without an offer answers a reliable one in its PRACK (RFC 3262 5)", function()
    local request = assert(session:invite({ delegate = { on_progress = function(response)
      assert(response:prack({ body = Caller.sdp3 }))
    end } }))
    caller.net:settle()
    local offer = caller.phone:sdp({ version = 2 })
    ring(7, offer)
    assert.same({ offer, Caller.sdp3 }, { session.offer, session.answer })
    caller.phone:respond(held, { status_code = 200, body = offer })
    caller.net:settle()
    assert.equal(200, result_of(caller, request))
    assert.equal("", caller:sent("ACK")[1].body)
    assert.equal("stable", session.signaling_state)
    assert.equal("confirmed", session.session_state)
  end)

  it("is cancelled when nobody answers the offer of a reliable response (RFC 3262 5)", function()
    assert(session:invite())
    caller.net:settle()
    local offer = session.offer
    ring(7, caller.phone:sdp({ version = 2 }))
    assert.equal(1, #caller:sent("CANCEL"))
    caller.phone:respond(held, { status_code = 487 })
    caller.net:settle()
    assert.equal(offer, session.offer)
    assert.equal("confirmed", session.session_state)
  end)

  it("has one 2xx: another To tag gets ACK and BYE, and hurts nobody (REI-015)", function()
    assert(session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    local text = ("SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: <%s>;tag=evil\r\nCall-ID: %s\r\n"
      .. "CSeq: %d INVITE\r\nContact: <%s>\r\nContent-Length: 0\r\n\r\n"):format(
      held:header("Via"), held.from, caller.phone.uri, held.call_id, held.cseq, caller.phone.uri)
    caller.phone:send(text, caller.agent)
    caller.net:settle()
    assert.equal("evil", caller:sent("BYE")[1].to_tag)
    assert.equal("have_local_offer", session.signaling_state)
    caller.phone:respond(held, { status_code = 200, body = caller.phone:sdp() })
    caller.net:settle()
    assert.equal("stable", session.signaling_state)
    assert.equal("confirmed", session.session_state)
  end)

  it("moves the target with its 2xx, and so does UPDATE (RFC 3261 12.2.1.2)", function()
    phone_call.on_request = function(message)
      if message.method == "INVITE" or message.method == "UPDATE" then
        return { status_code = 200, body = caller.phone:sdp(),
          contact = "sip:" .. message.method .. "@192.0.2.9" }
      end
    end
    assert(session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    assert.equal("sip:INVITE@192.0.2.9", caller:sent("ACK")[1].ruri)
    assert(session:update({ body = Caller.sdp3 }))
    caller.net:settle()
    assert.equal("sip:UPDATE@192.0.2.9", tostring(session.remote_target))
  end)
end)

describe("a request in our call", function()
  local caller, session, phone_call

  before_each(function()
    caller = Caller.new()
    session, phone_call = caller:establish()
  end)
  after_each(function() caller:finish() end)

  local ends = { 404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 501, 502, 604 }
  local stays = { 302, 400, 401, 402, 403, 406, 407, 412, 413, 414, 415, 417, 420, 421, 422, 423,
    428, 429, 436, 437, 438, 486, 487, 488, 489, 493, 494, 499, 500, 503, 504, 505, 513, 580, 600,
    603, 606, 699 }

  local function ask(method, status)
    phone_call.on_request = function(message)
      if message.method == method then return { status_code = status } end
    end
    local name = method:lower()
    local body = method ~= "INFO" and Caller.sdp2 or { content = "x", content_type = "text/plain" }
    assert(session[name](session, { body = body, retry = name ~= "info" and false or nil }))
    caller.net:settle()
    phone_call.on_request = nil
  end

  it("leaves the call alone when its refusal is about itself (RFC 5057 table 1, DLG-017)",
    function()
      for _, method in ipairs({ "INVITE", "UPDATE", "INFO" }) do
        for _, status in ipairs(stays) do
          ask(method, status)
          assert.equal("confirmed", session.session_state, method .. status)
          assert.equal(Caller.sdp, session.offer)
        end
      end
    end)

  it("ends it by BYE, or by 481 without, when that says there is no call any more "
    .. "(RFC 5057 table 1, RFC 3261 12.2.1.2, DLG-016, DLG-017)", function()
      for _, status in ipairs(ends) do
        ask("INVITE", status)
        assert.equal("terminated", session.session_state, status)
        assert.equal(status == 481 and 0 or 1, #caller:sent("BYE"), status)
        assert.equal(status == 408 and "no answer to a change" or "dialog lost",
          caller:last("on_terminated")[1])
        if status == 481 then phone_call:bye() end
        session, phone_call = caller:establish()
      end
    end)

  it("that is an INFO ends it only when nothing gets through (RFC 5057 note 3)", function()
    for _, status in ipairs({ 405, 480, 501 }) do
      ask("INFO", status)
      assert.equal("confirmed", session.session_state, status)
    end
    ask("INFO", 404)
    assert.equal("terminated", session.session_state)
  end)

  it("with a `timeout` of its own says ETIMEOUT then; the call ends 64*T1 later, when nothing came",
    function()
      local code
      phone_call.on_request = function(message)
        if message.method == "INFO" then return false end
      end
      assert(session:info({ timeout = 2, delegate = {
        on_reject = function(_, err) code = err.code end,
      } }))
      caller.net:run(3)
      assert.equal("ETIMEOUT", code)
      assert.equal("confirmed", session.session_state)
      caller.net:run(30)
      assert.equal("terminated", session.session_state)
    end)
end)
