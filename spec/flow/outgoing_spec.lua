local Caller = require("spec.support.caller")

describe("a call that we begin", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  it("is answered, acknowledged once and ended by BYE (RFC 3261 13.2.2.4)", function()
    local session
    caller:spawn(function(engine)
      local call = assert(engine:invite({ to = caller.phone.uri, body = Caller.sdp }))
      local response = assert(call:wait())
      assert.equal(200, response.status_code)
      session = response.session
    end)
    assert.equal("confirmed", session.session_state)
    assert.equal("stable", session.signaling_state)
    session:bye()
    caller.net:settle()
    caller.net:expect([[
      alice          bob
        INVITE  -->
                <--   200 INVITE
        ACK     -->
        BYE     -->
                <--   200 BYE
    ]])
  end)

  it("counts as a session begun and ended, and one that nobody answered as neither", function()
    caller.phone.on_request = function() return { status_code = 486 } end
    caller:invite()
    caller.phone.on_request = nil
    local session = caller:establish()
    assert.equal(1, caller.agent:counters().sessions_started)
    session:bye()
    caller.net:settle()
    assert.equal(1, caller.agent:counters().sessions_ended)
  end)

  it("sends its ACK again for each 2xx (RFC 3261 13.2.2.4)", function()
    local dropped = 0
    caller.net.filter = function(packet)
      if packet.text:find("^ACK") and dropped < 2 then
        dropped = dropped + 1
        return false
      end
    end
    local session = caller:establish()
    caller.net:run(5)
    assert.equal("confirmed", session.session_state)
    assert.equal(2, #caller:sent("ACK"))
  end)

  it("reports a refusal as a response, and forgets the early dialog (RFC 3261 12.3)", function()
    local ended
    caller.phone.on_request = function(message)
      caller.phone:respond(message, { status_code = 180 })
      caller.net:after(1, function()
        caller.phone:respond(message, { status_code = 486 })
      end)
      return false
    end
    caller:spawn(function(engine)
      local call = assert(engine:invite({ to = caller.phone.uri, body = Caller.sdp }))
      for response in call:responses() do
        if response.status_code == 180 then
          assert.equal("early", response.session.session_state)
          response.session.delegate = { on_terminated = function(_, reason) ended = reason end }
        end
      end
      assert.equal(486, call:wait().status_code)
    end)
    caller.net:run(2)
    assert.equal("rejected", ended)
    assert.equal(0, caller.agent:census().sessions)
  end)

  it("is cancelled once it rings, not before (RFC 3261 9.1)", function()
    local held
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return false
      end
      if message.method == "CANCEL" then
        caller.phone:respond(message, { status_code = 200 })
        caller.phone:respond(held, { status_code = 487 })
        return false
      end
    end
    local request = assert(caller:invite())
    assert.is_true(request:cancel({ extra_headers = { "Reason: SIP;cause=200" } }))
    caller.net:run(1)
    assert.equal(0, #caller:sent("CANCEL"))
    caller.phone:respond(held, { status_code = 180 })
    caller.net:settle()
    local cancel = caller:sent("CANCEL")[1]
    local invite = caller:sent("INVITE")[1]
    assert.equal(invite.branch, cancel.branch)
    assert.equal(invite.cseq, cancel.cseq)
    assert.equal("SIP;cause=200", cancel:header("Reason"))
    caller:spawn(function()
      assert.equal(487, request:wait().status_code)
    end)
  end)

  it("whose 2xx crosses the CANCEL is acknowledged and hung up (RFC 3261 9.1)", function()
    local held
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return { status_code = 180 }
      end
    end
    local request = assert(caller:invite())
    request:cancel()
    caller.phone:respond(held, { status_code = 200, body = caller.phone:sdp() })
    caller.net:settle()
    assert.equal(1, #caller:sent("ACK"))
    assert.equal(1, #caller:sent("BYE"))
    caller:spawn(function()
      local response, err = request:wait()
      assert.is_nil(response)
      assert.equal("ECANCELLED", err.code)
    end)
  end)

  it("that nobody answers in time gives ETIMEOUT and is cancelled", function()
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then return { status_code = 180 } end
    end
    local code, at
    caller:spawn(function(engine)
      local call = assert(engine:invite({ to = caller.phone.uri, body = Caller.sdp, timeout = 3 }))
      local _, err = call:wait()
      code, at = err.code, caller.net:now()
    end)
    caller.net:run(60)
    assert.equal("ETIMEOUT", code)
    assert.is_true(math.abs(at - 3) < 0.1)
    assert.equal(1, #caller:sent("CANCEL"))
  end)

  it("without an offer takes theirs and answers in the ACK (RFC 3261 13.2.1)", function()
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        return { status_code = 200, body = caller.phone:sdp() }
      end
    end
    local session
    caller:spawn(function(engine)
      local call = assert(engine:invite({ to = caller.phone.uri }))
      local response = assert(call:wait())
      session = response.session
      assert.equal("have_remote_offer", session.signaling_state)
      assert(response:ack({ body = Caller.sdp }))
    end)
    assert.equal("stable", session.signaling_state)
    assert.equal(Caller.sdp, caller:sent("ACK")[1].body)
  end)

  it("without an offer, hung up instead of answered, sends ACK and one BYE (RFC 3261 13.2.2.4)",
    function()
      caller:spawn(function(engine)
        local call = assert(engine:invite({ to = caller.phone.uri, ack = false }))
        assert(assert(call:wait()).session:bye())
      end)
      assert.equal(1, #caller:sent("ACK"))
      assert.equal(1, #caller:sent("BYE"))
    end)

  it("gives each fork that answers a session of its own; the one nobody wants is hung up "
    .. "(RFC 3261 13.2.2.4)", function()
    local held
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return false
      end
    end
    local request = assert(caller:invite())
    local function answer(tag)
      local lines = ("SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\n"
        .. "CSeq: 1 INVITE\r\nContact: <%s>\r\nContent-Type: application/sdp\r\n"
        .. "Content-Length: %d\r\n\r\n%s"):format(held:header("Via"), held.from, held.to, tag,
        held.call_id, caller.phone.uri, #Caller.sdp2, Caller.sdp2)
      caller.phone:send(lines, caller.agent)
    end
    answer("one")
    answer("two")
    caller.net:settle()
    assert.equal("one", request.session.remote_tag)
    assert.equal(2, #caller:sent("ACK"))
    assert.equal("two", caller:sent("BYE")[1].to_tag)
    request.session:bye()
  end)

  it("acknowledges reliable provisional responses in order (RFC 3262 4)", function()
    local held
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return false
      end
    end
    assert(caller:invite())
    local function ring(rseq, body)
      caller.phone:respond(held, { status_code = 183, body = body, headers = {
        "Require: 100rel", "RSeq: " .. rseq } })
      caller.net:settle()
    end
    ring(7, caller.phone:sdp())
    ring(9)
    ring(8)
    local pracks = caller:sent("PRACK")
    assert.equal(2, #pracks)
    assert.equal("7 1 INVITE", pracks[1]:header("RAck"))
    assert.equal("8 1 INVITE", pracks[2]:header("RAck"))
    caller.phone:respond(held, { status_code = 200 })
    caller.net:settle()
    assert.equal(1, #caller:sent("ACK"))
  end)

  it("raises its interval after a 422 (RFC 4028 7.3)", function()
    caller.phone.on_request = function(message)
      if message.method == "INVITE" and not message:header("Min-SE") then
        return { status_code = 422, headers = { "Min-SE: 3600" } }
      end
    end
    caller:establish()
    local calls = 0
    for _, message in ipairs(caller.phone.received) do
      if message.method == "INVITE" and message.is_request then
        calls = calls + 1
        if calls == 2 then
          assert.equal("3600", message:header("Session-Expires"))
          assert.equal(2, message.cseq)
        end
      end
    end
    assert.equal(2, calls)
  end)
end)

describe("a request outside a dialog", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  it("gives its final response to who waits", function()
    caller.phone.on_request = function(message)
      assert.equal("MESSAGE", message.method)
      assert.equal("hello", message.body)
      return { status_code = 202 }
    end
    caller:spawn(function(engine)
      local sent = assert(engine:message({ to = caller.phone.uri, body = "hello" }))
      assert.equal(202, sent:wait().status_code)
    end)
  end)

  it("that nobody answers gives ETIMEOUT after 64*T1 (RFC 3261 17.1.2.2)", function()
    caller.phone.on_request = function() return false end
    local code, at
    caller:spawn(function(engine)
      local sent = assert(engine:request({ method = "FOO", to = caller.phone.uri }))
      local _, err = sent:wait()
      code, at = err.code, caller.net:now()
    end)
    caller.net:run(40)
    assert.equal("ETIMEOUT", code)
    assert.is_true(math.abs(at - 32) < 0.1)
  end)

  it("follows its preloaded route (RFC 3261 8.1.2)", function()
    local other = caller:another("proxy", 8)
    caller.engine:options({ to = "sip:bob@example.org", route = { "sip:192.0.2.8;lr" } })
    caller.net:settle()
    local options = other.requests[1]
    assert.equal("sip:bob@example.org", options.ruri)
    assert.equal("<sip:192.0.2.8;lr>", options:header("Route"))
  end)

  it("to a name is refused with a sentence, for names are not looked up", function()
    local sent, err = caller.engine:options({ to = "sip:bob@example.org" })
    assert.is_nil(sent)
    assert.equal("EUNSUPPORTED", err.code)
  end)
end)
