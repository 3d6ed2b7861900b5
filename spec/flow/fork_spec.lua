--- Several answers to one INVITE of ours, and answers that come too late.
local Caller = require("spec.support.caller")

describe("a call that forks", function()
  local caller, held

  local function begin(options)
    caller = Caller.new(options)
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return false
      end
    end
  end

  before_each(function() begin() end)
  after_each(function() caller:finish() end)

  -- A response of the fork with this tag.
  local function answer(status, tag, options)
    options = options or {}
    local body = options.body or ""
    local lines = {
      ("SIP/2.0 %d X"):format(status), "Via: " .. held:header("Via"), "From: " .. held.from,
      "To: " .. held.to .. (tag and ";tag=" .. tag or ""), "Call-ID: " .. held.call_id,
      ("CSeq: %d %s"):format(held.cseq, held.method),
      "Contact: <" .. (options.contact or caller.phone.uri) .. ">",
    }
    for _, line in ipairs(options.headers or {}) do lines[#lines + 1] = line end
    if #body > 0 then lines[#lines + 1] = "Content-Type: application/sdp" end
    lines[#lines + 1] = ("Content-Length: %d\r\n\r\n%s"):format(#body, body)
    caller.phone:send(table.concat(lines, "\r\n"), caller.agent)
    caller.net:settle()
  end

  local function accept(tag, options)
    options = options or {}
    options.body = options.body or Caller.sdp2
    answer(200, tag, options)
  end

  -- A delegate that keeps the session and the end of each fork.
  local function watch()
    local forks = {}
    local function keep(response)
      local session = response.session
      if not session then return end
      local fork = forks[session.remote_tag] or { session = session, count = 0 }
      fork.count = fork.count + 1
      forks[session.remote_tag] = fork
      session.delegate = { on_terminated = function(_, reason) fork.ended = reason end }
    end
    return forks, { on_progress = keep, on_accept = keep }
  end

  local function result_of(request)
    local status, code
    caller:spawn(function()
      local response, err = request:wait()
      status, code = response and response.status_code, err and err.code
    end)
    return status or code
  end

  it("has an early dialog for each To tag (RFC 3261 12.1.2, DLG-009)", function()
    local forks, delegate = watch()
    assert(caller:invite({ delegate = delegate }))
    for i = 1, 5 do answer(180, "t" .. i) end
    for i = 1, 5 do assert.equal("early", forks["t" .. i].session.session_state) end
    answer(486, "t1")
    for i = 1, 5 do assert.equal("rejected", forks["t" .. i].ended) end
  end)

  it("makes at most limits.forks dialogs; who answers is heard all the same (DLG-009)", function()
    begin({ settings = { ["limits.forks"] = 3 } })
    local forks, delegate = watch()
    local request = assert(caller:invite({ delegate = delegate }))
    for i = 1, 1000 do answer(180, "t" .. i) end
    assert.equal(3, caller.agent:census().sessions)
    accept("late")
    assert.equal("late", request.session.remote_tag)
    assert.equal(3, caller.agent:census().sessions)
    assert.equal("another fork answered", forks.t1.ended)
    assert.equal(997, caller.agent:counters().refused_forks)
    request.session:bye()
  end)

  it("gives a 2xx beyond limits.forks its ACK and a BYE (RFC 3261 13.2.2.4)", function()
    begin({ settings = { ["limits.forks"] = 1 } })
    local request = assert(caller:invite({ delegate = { on_accept = function() end } }))
    accept("one")
    accept("two")
    assert.equal(1, caller.agent:census().sessions)
    assert.equal(1, caller.agent:counters().refused_forks)
    assert.equal(2, #caller:sent("ACK"))
    assert.equal("two", caller:sent("BYE")[1]:header("To"):match("tag=(.+)"))
    request.session:bye()
  end)

  it("keeps the latest 64 responses for responses(), however often it rings", function()
    local request = assert(caller:invite())
    local seen, last = 0, nil
    for _ = 1, 500 do answer(180, "one") end
    accept("one")
    for response in request:responses() do seen, last = seen + 1, response.status_code end
    assert.equal(64, seen)
    assert.equal(200, last)
    assert.equal(200, request:wait().status_code)
    request.session:bye()
  end)

  it("forgets its early dialogs 64*T1 after the first 2xx (RFC 3261 13.2.2.4)", function()
    local forks, delegate = watch()
    local request = assert(caller:invite({ delegate = delegate }))
    answer(180, "one")
    answer(180, "two")
    accept("one")
    caller.net:run(31)
    assert.is_nil(forks.two.ended)
    caller.net:run(2)
    assert.equal("another fork answered", forks.two.ended)
    assert.equal("confirmed", request.session.session_state)
    request.session:bye()
  end)

  it("gives a further 2xx to on_accept, which may keep that call (RFC 3261 13.2.2.4)", function()
    local forks, delegate = watch()
    assert(caller:invite({ delegate = delegate }))
    accept("one")
    accept("two")
    caller.net:run(1)
    assert.equal("confirmed", forks.one.session.session_state)
    assert.equal("confirmed", forks.two.session.session_state)
    assert.equal(2, #caller:sent("ACK"))
    assert.equal(0, #caller:sent("BYE"))
    forks.one.session:bye()
    forks.two.session:bye()
  end)

  it("hangs up further 2xx after cancel(), one by one (RFC 3261 9.1, CAN-006)", function()
    local request = assert(caller:invite())
    answer(180, "one")
    request:cancel()
    accept("one")
    accept("two")
    assert.equal(2, #caller:sent("ACK"))
    assert.equal(2, #caller:sent("BYE"))
    assert.equal("ECANCELLED", result_of(request))
    caller.net:run(40)
  end)

  it("takes no BYE or ACK for granted: a 2xx that comes again after the call's end gets its ACK "
    .. "again (RFC 3261 13.2.2.4, INV-008)", function()
      local forks, delegate = watch()
      local request = assert(caller:invite({ delegate = delegate }))
      accept("one")
      request.session:bye()
      caller.net:run(1)
      assert.equal("bye sent", forks.one.ended)
      accept("one")
      assert.equal(2, #caller:sent("ACK"))
      assert.equal(1, #caller:sent("BYE"))
      assert.equal(1, forks.one.count)
    end)

  it("may be hung up at one fork by BYE; the others ring on (RFC 3261 15)", function()
    local forks, delegate = watch()
    local request = assert(caller:invite({ delegate = delegate }))
    answer(180, "one")
    answer(180, "two")
    assert(forks.one.session:bye())
    caller.net:settle()
    assert.equal("one", caller:sent("BYE")[1].to_tag)
    assert.equal("early", forks.two.session.session_state)
    accept("two")
    assert.equal("two", request.session.remote_tag)
    request.session:bye()
  end)

  it("acknowledges a 2xx that crossed the BYE of its early dialog (RFC 3261 13.2.2.4)",
    function()
      local forks, delegate = watch()
      local request = assert(caller:invite({ delegate = delegate }))
      answer(180, "one")
      forks.one.session:bye()
      caller.net:run(1)
      accept("one")
      assert.equal(1, #caller:sent("ACK"))
      assert.equal(1, #caller:sent("BYE"))
      assert.is_nil(request.session)
      accept("one")
      assert.equal(2, #caller:sent("ACK"))
      caller.net:run(33)
      assert.equal("EGONE", result_of(request))
    end)

  it("ends a fork by 199, and others go on (RFC 6228 4)", function()
    local forks, delegate = watch()
    local request = assert(caller:invite({ delegate = delegate }))
    assert.is_true(held:lists("Supported", "199"))
    answer(180, "one")
    answer(180, "two")
    answer(199, "one", { headers = { "Require: 100rel", "RSeq: 1" } })
    assert.equal("rejected", forks.one.ended)
    assert.equal(1, #caller:sent("PRACK"))
    answer(199, "three")
    assert.is_nil(forks.three)
    accept("two")
    assert.equal("two", request.session.remote_tag)
    request.session:bye()
  end)

  it("acknowledges each fork's reliable responses by themselves (RFC 3262 4, REL-013)", function()
    assert(caller:invite())
    local function ring(tag, rseq)
      answer(183, tag, { headers = { "Require: 100rel", "RSeq: " .. rseq } })
    end
    ring("one", 5)
    ring("two", 900)
    ring("two", 901)
    ring("one", 6)
    ring("one", 8)
    ring("one", 6)
    local acks = {}
    for i, prack in ipairs(caller:sent("PRACK")) do
      acks[i] = prack.to_tag .. " " .. prack:header("RAck")
    end
    assert.same({ "one 5 1 INVITE", "two 900 1 INVITE", "two 901 1 INVITE", "one 6 1 INVITE" },
      acks)
    answer(486, "one")
  end)

  it("takes the first description of a fork as its answer, though unreliable "
    .. "(RFC 3261 13.2.1, INV-004)", function()
      local request = assert(caller:invite())
      answer(183, "one", { body = Caller.sdp2 })
      accept("one", { body = Caller.sdp3 })
      assert.equal(Caller.sdp2, request.session.answer)
      request.session:bye()
    end)

  it("recomputes the route set from the 2xx (RFC 3261 13.2.2.4, INV-011)", function()
    local proxy = caller:another("proxy", 8)
    local request = assert(caller:invite())
    answer(180, "one", { headers = { "Record-Route: <sip:192.0.2.7;lr>" } })
    accept("one", { headers = { "Record-Route: <sip:192.0.2.9;lr>, <sip:192.0.2.8;lr>" } })
    assert.same({ "<sip:192.0.2.8;lr>", "<sip:192.0.2.9;lr>" }, request.session.route_set)
    request.session:bye()
    caller.net:settle()
    assert.equal("BYE", proxy.received[#proxy.received].method)
    caller.net:run(40)
  end)

  it("with a peer of RFC 2543 has a dialog without a remote tag (RFC 3261 12.1.2, DLG-008)",
    function()
      local request = assert(caller:invite())
      answer(180)
      assert.equal(0, caller.agent:census().sessions)
      accept(nil)
      local session = request.session
      assert.is_nil(session.remote_tag)
      assert.equal(1, #caller:sent("ACK"))
      session:bye()
      caller.net:settle()
      assert.is_nil(caller:sent("BYE")[1].to_tag)
    end)

  it("answers 491 to an INVITE inside its early dialog (RFC 3261 14.2, behaviour 29)", function()
    assert(caller:invite())
    answer(180, "one")
    local asked = caller.phone:request({
      to = caller.agent, method = "INVITE", to_tag = held.from_tag, from_tag = "one",
      call_id = held.call_id, cseq = 1, body = caller.phone:sdp(),
    })
    caller.net:settle()
    assert.equal(491, asked:status())
    answer(486, "one")
  end)

  it("hears nothing of a provisional response behind the 2xx (RFC 6026 7.2)", function()
    local forks, delegate = watch()
    local request = assert(caller:invite({ delegate = delegate }))
    accept("one")
    answer(180, "one")
    answer(180, "two")
    assert.equal(1, forks.one.count)
    assert.is_nil(forks.two)
    assert.equal("confirmed", request.session.session_state)
    request.session:bye()
  end)

  it("that was given up answers a late 2xx by ACK and BYE (RFC 3261 13.2.2.4, INV-012)", function()
    local request = assert(caller:invite())
    caller.net:run(40)
    assert.equal("ETIMEOUT", result_of(request))
    assert.equal(0, caller.agent:census().outgoing)
    accept("one", { headers = { "Record-Route: <sip:192.0.2.9;lr>" } })
    local ack, bye = caller:sent("ACK")[1], caller:sent("BYE")[1]
    assert.equal(held.cseq, ack.cseq)
    assert.equal(held.cseq + 1, bye.cseq)
    assert.equal("<sip:192.0.2.9;lr>", bye:header("Route"))
    assert.equal("one", bye.to_tag)
    assert.equal(held.from_tag, bye.from_tag)
    assert.equal(0, caller.agent:census().transactions)
  end)

  it("acknowledges the 2xx of a call that goes on however late it comes again", function()
    local request = assert(caller:invite())
    accept("one")
    caller.net:run(40)
    assert.equal(0, caller.agent:census().outgoing)
    accept("one")
    assert.equal(2, #caller:sent("ACK"))
    assert.equal(0, #caller:sent("BYE"))
    request.session:bye()
  end)

  it("does not believe a 2xx to an INVITE that nobody sent", function()
    assert(caller:invite())
    answer(486, "one")
    caller.net:run(40)
    held.from = held.from:gsub("tag=.", "tag=x")
    accept("one")
    assert.equal(0, #caller:sent("BYE"))
  end)
end)

describe("a call that nobody acknowledges", function()
  it("is ended 64*T1 after its 2xx by ACK and BYE (RFC 3261 13.2.2.4)", function()
    local caller = Caller.new()
    local reason
    local session = caller:establish({ ack = false, delegate = { on_accept = function(response)
      response.session.delegate = { on_terminated = function(_, why) reason = why end }
    end } })
    assert.is_nil(session)
    assert.equal(0, #caller:sent("ACK"))
    caller.net:run(33)
    assert.equal("no ack of ours", reason)
    assert.equal(1, #caller:sent("ACK"))
    assert.equal(1, #caller:sent("BYE"))
    caller:finish()
  end)
end)

describe("a call that rings and rings", function()
  local caller, held

  before_each(function()
    caller = Caller.new({ settings = { ["limits.ring_time"] = 100 } })
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
  end)
  after_each(function() caller:finish() end)

  it("is cancelled when the callee keeps silent for limits.ring_time", function()
    local code
    caller:invite({ delegate = { on_reject = function(_, err) code = err and err.code end } })
    for _ = 1, 4 do
      caller.phone:respond(held, { status_code = 180 })
      caller.net:run(90)
    end
    assert.equal(0, #caller:sent("CANCEL"))
    caller.net:run(11)
    assert.equal(1, #caller:sent("CANCEL"))
    assert.equal("ETIMEOUT", code)
    assert.equal(0, caller.agent:census().sessions)
  end)

  it("is ended by the option `timeout` whatever the callee says", function()
    local code
    caller:invite({
      timeout = 30, delegate = { on_reject = function(_, err) code = err and err.code end },
    })
    for _ = 1, 3 do
      caller.phone:respond(held, { status_code = 180 })
      caller.net:run(11)
    end
    assert.equal("ETIMEOUT", code)
    assert.equal(1, #caller:sent("CANCEL"))
  end)
end)
