local Rig = require("spec.support.rig")

describe("without a callback", function()
  local rig

  before_each(function() rig = Rig.new({ delegate = {} }) end)
  after_each(function() rig:finish() end)

  it("requests outside a call get what their RFCs say "
    .. "(RFC 3261 8.2.1, 12.2.2, 21.4.6, UAS-003, EVT-019, EVT-021)", function()
      for method, status in pairs({
        OPTIONS = 200, MESSAGE = 200, NOTIFY = 481, BYE = 481, PRACK = 481, INFO = 481,
        SUBSCRIBE = 489, REFER = 405, REGISTER = 405, PUBLISH = 405, FETCH = 501,
      }) do
        local request = rig.phone:request({ to = rig.agent, method = method })
        rig.net:settle()
        assert.equal(status, request:status(), method)
        if status == 405 then assert.is_string(request.response:header("Allow")) end
      end
    end)

  it("a call gets 486 (RFC 3261 21.4.24)", function()
    local call = rig:ring()
    assert.equal(486, call.response.status_code)
  end)
end)

describe("without a callback of the session", function()
  it("requests in a call get what their RFCs say; the call goes on (RFC 3261 12.2.2, EVT-021)",
    function()
      local rig = Rig.new()
      rig.call.on_invite = nil
      local call, session = rig:establish()
      local headers = { "Refer-To: <sip:carol@192.0.2.7>", "Event: presence" }
      for method, status in pairs({
        OPTIONS = 200, MESSAGE = 200, NOTIFY = 200, INFO = 200, REFER = 480, SUBSCRIBE = 489,
        REGISTER = 405, PUBLISH = 405, FETCH = 501,
      }) do
        local request = call:request({ method = method, headers = headers })
        rig.net:settle()
        assert.equal(status, request:status(), method)
      end
      local info = call:info({ headers = { "Info-Package: unknown" } })
      rig.net:settle()
      assert.equal(469, info:status())
      assert.equal("", info.response:header("Recv-Info"))
      assert.equal("confirmed", session.session_state)
      rig:finish()
    end)

  it("a re-INVITE whose answer is in use is accepted, not refused (RFC 6141 3.3, REI-028)",
    function()
      local rig = Rig.new()
      local reinvite
      rig.call.on_invite = function(request)
        reinvite = request
        request:progress({ status_code = 183, body = Rig.sdp2, reliable = true })
        require("moonsip").sleep(1)
        error("the script fails on purpose")
      end
      local call, session = rig:establish({ rel100 = true })
      local change = call:reinvite({ headers = { "Supported: 100rel" } })
      rig.net:run(2)
      assert.is_truthy(reinvite)
      assert.equal(200, change:status())
      assert.equal(Rig.sdp2, session.answer)
      rig:finish()
    end)
end)

describe("the limit", function()
  local rig

  after_each(function() rig:finish() end)

  it("limits.source_rate: more requests of one address get 503 (RFC 3261 21.5.4)", function()
    rig = Rig.new({ settings = { ["limits.source_rate"] = 2 } })
    local statuses = {}
    local function burst(n)
      statuses = {}
      local list = {}
      for i = 1, n do list[i] = rig.phone:request({ to = rig.agent, method = "OPTIONS" }) end
      rig.net:settle()
      for i, request in ipairs(list) do statuses[i] = request:status() end
    end
    burst(4)
    assert.same({ 200, 200, 503, 503 }, statuses)
    rig.net:run(0.6)
    burst(2)
    assert.same({ 200, 503 }, statuses)
    assert.equal(3, rig.agent:counters().refused_rate)
  end)

  it("limits.source_rate: requests in a call do not count", function()
    rig = Rig.new({ settings = { ["limits.source_rate"] = 1 } })
    local call = rig:establish()
    for _ = 1, 5 do
      local info = call:info()
      rig.net:settle()
      assert.equal(200, info:status())
    end
  end)

  it("limits.dialogs: a call too many gets 503, those that live go on (RFC 3261 21.5.4)", function()
    rig = Rig.new({ settings = { ["limits.dialogs"] = 1 } })
    local first, session = rig:establish()
    local second = rig.phone:invite({ to = rig.agent })
    rig.net:settle()
    assert.equal(503, second.response.status_code)
    assert.equal(1, rig.agent:counters().refused_dialogs)
    assert.equal("confirmed", session.session_state)
    first:bye()
    rig.net:run(40)
    assert.is_truthy(rig:establish())
  end)
end)

describe("an INVITE", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("whose Expires runs out gets 487 (RFC 3261 13.3.1, INV-013)", function()
    local call, invite = rig:ring({ headers = { "Expires: 3" } })
    assert(invite:progress())
    rig.net:run(2.9)
    assert.is_nil(call.response)
    rig.net:run(0.2)
    assert.equal(487, call.response.status_code)
    assert.equal("ECANCELLED", select(2, invite:accept({ body = Rig.sdp })).code)
  end)

  it("with Expires that is no number is not limited (RFC 3261 20.19)", function()
    local call, invite = rig:ring({ headers = { "Expires: soon" } })
    rig.net:run(10)
    assert.is_nil(call.response)
    assert(invite:reject())
  end)

  it("whose call is accepted in time is not ended by Expires (RFC 3261 13.3.1)", function()
    local call, invite = rig:ring({ headers = { "Expires: 3" } })
    rig:accept(invite)
    rig.net:run(10)
    assert.equal("confirmed", call.state)
    assert.equal("confirmed", rig.session.session_state)
  end)

  it("gets 100 at once when the script says trying, and only before another answer "
    .. "(RFC 3261 8.2.6.1)", function()
      local call, invite = rig:ring()
      assert(invite:trying())
      rig.net:settle()
      assert.equal(100, call.responses[1].status_code)
      assert(invite:progress())
      assert(invite:reject())
      assert.equal("ESTATE", select(2, invite:trying()).code)
    end)

  it("gets the To tag that the script chose, once (RFC 3261 12.1.1)", function()
    local call, invite = rig:ring()
    assert(invite:progress({ to_tag = "mine" }))
    rig.net:settle()
    assert.equal("mine", call.remote_tag)
    assert.has_error(function() invite:accept({ to_tag = "other", body = Rig.sdp }) end)
    assert.has_error(function() invite:accept({ to_tag = ("x"):rep(200), body = Rig.sdp }) end)
    rig:accept(invite, { to_tag = "mine", body = Rig.sdp })
    rig.net:settle()
    assert.equal("confirmed", call.state)
  end)

  it("without 100rel gets 421 where that is required (RFC 3262 3)", function()
    rig:finish()
    rig = Rig.new({ settings = { rel100 = "required" } })
    local call = rig:ring()
    assert.equal(421, call.response.status_code)
    assert.is_true(call.response:lists("Require", "100rel"))
    local _, invite = rig:ring({ rel100 = true })
    assert(invite:reject())
  end)

  it("with a body in a coding nobody reads gets 415 (RFC 3261 8.2.3, MSG-016)", function()
    local call = rig:ring({ headers = { "Content-Encoding: gzip" } })
    assert.equal(415, call.response.status_code)
    assert.is_string(call.response:header("Accept-Encoding"))
    local message = rig.phone:request({
      to = rig.agent, method = "MESSAGE", body = "x", headers = { "Content-Encoding: gzip" },
    })
    rig.net:settle()
    assert.equal(415, message:status())
  end)

  it("with a wrong Session-Expires gets 400 (RFC 4028 9)", function()
    for _, headers in ipairs({
      { "Session-Expires: soon" }, { "Supported: timer", "Session-Expires: 300", "Min-SE: x" },
    }) do
      local call = rig:ring({ headers = headers })
      assert.equal(400, call.response.status_code)
    end
  end)

  it("may queue reliable responses: each waits for the PRACK before it (RFC 3262 3, REL-008)",
    function()
      local call, invite = rig:ring({ rel100 = true, prack = false })
      for _, status in ipairs({ 183, 180, 182 }) do
        assert(invite:progress({ status_code = status, reliable = true }))
      end
      for i, status in ipairs({ 183, 180, 182 }) do
        rig.net:settle()
        assert.equal(i, #call.responses)
        assert.equal(status, call.responses[i].status_code)
        assert.equal(call.responses[1].rseq + i - 1, call.responses[i].rseq)
        call:prack(call.responses[i])
      end
      rig.net:settle()
      rig:accept(invite)
      rig.net:settle()
      assert.equal("confirmed", call.state)
    end)

  it("drops queued reliable responses when the final one goes out (RFC 3262 3, REL-012)", function()
    local call, invite = rig:ring({ rel100 = true, prack = false })
    for _ = 1, 3 do assert(invite:progress({ status_code = 183, reliable = true })) end
    assert(invite:reject())
    rig.net:run(5)
    assert.equal(486, call.response.status_code)
    assert.equal(1, call.invite:copies(183))
  end)

  it("may not be answered reliably more often than the queue holds: EPENDING", function()
    local _, invite = rig:ring({ rel100 = true, prack = false })
    local err
    for _ = 1, 40 do
      local sent
      sent, err = invite:progress({ status_code = 183, reliable = true })
      if not sent then break end
    end
    assert.equal("EPENDING", err and err.code)
    assert(invite:reject())
  end)
end)

describe("a call", function()
  local rig, call, session

  before_each(function()
    rig = Rig.new()
    call, session = rig:establish()
  end)
  after_each(function() rig:finish() end)

  it("that is disposed is gone without a word; open requests get 487 (RFC 3261 15.1.2)", function()
    local change, reinvite = rig:change(call)
    rig.net:clear()
    session:dispose()
    session:dispose()
    rig.net:settle()
    assert.equal(487, change:status())
    assert.same({}, rig:sent("BYE"))
    assert.equal("terminated", session.session_state)
    assert.equal("disposed", rig:last("on_terminated")[1])
    assert.is_nil((reinvite:accept({ body = Rig.sdp2 })))
    local info = call:info()
    rig.net:settle()
    assert.equal(481, info:status())
  end)

  it("says why a second BYE is not sent: ESTATE while one waits, EGONE after it (RFC 3261 15)",
    function()
      local change, reinvite = rig:change(call, { ack = false })
      assert(reinvite:accept({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.has_error(function() session:bye({ body = { content = "x" } }) end)
      assert(session:bye({ extra_headers = { "Reason: SIP;cause=200" } }))
      assert.equal("ESTATE", select(2, session:bye()).code)
      change:ack()
      rig.net:settle()
      assert.equal("SIP;cause=200", rig:sent("BYE")[1]:header("Reason"))
      assert.equal("EGONE", select(2, session:bye()).code)
    end)

  it("that is hung up cannot be hung up again, nor changed: EGONE (RFC 3261 15)", function()
    assert(session:bye())
    for _, method in ipairs({ "bye", "invite", "update" }) do
      assert.equal("EGONE", select(2, session[method](session)).code)
    end
    rig.net:settle()
    assert.equal(1, #rig:sent("BYE"))
  end)

  it("runs on when a hundred callbacks wake at once, even for want of memory", function()
    for n = 0, 3 do
      local woken, infos = 0, {}
      rig.call.on_info = function(request)
        require("moonsip").sleep(1)
        woken = woken + 1
        assert(request:accept() or request:accept())
      end
      for i = 1, 100 do infos[i] = call:info() end
      rig.net:run(0.9)
      rig.agent:fail_after(n)
      rig.net:run(2)
      rig.agent:fail_after(0)
      assert.equal(100, woken)
      for _, info in ipairs(infos) do assert.is_truthy(info:status()) end
    end
  end)

  it("whose peer names a host sends its requests where his came from (RFC 3261 12.2.1.1)",
    function()
      local update = call:update({ contact = "sip:alice@phones.example.com" })
      rig.net:settle()
      assert.equal(200, update:status())
      assert(session:bye())
      rig.net:settle()
      assert.equal("sip:alice@phones.example.com", call.requests[#call.requests].ruri)
      assert.equal("ended", call.state)
    end)

  it("with a hundred open requests ends them all with its BYE (RFC 3261 15.1.2, BYE-004)",
    function()
      rig.call.on_info = function(request)
        rig.notes[#rig.notes + 1] = { name = "info", request }
      end
      local infos = {}
      for i = 1, 100 do infos[i] = call:info() end
      rig.net:settle()
      assert.equal(100, rig:told("info"))
      call:bye()
      rig.net:settle()
      for _, info in ipairs(infos) do assert.equal(487, info:status()) end
    end)

  it("takes no second answer body: accept of an UPDATE without an offer may not answer one",
    function()
      rig.call.on_update = function(request) rig.update = request end
      local update = call:update()
      rig.net:settle()
      assert.has_error(function() rig.update:accept({ body = Rig.sdp2 }) end)
      assert(rig.update:accept())
      rig.net:settle()
      assert.equal(200, update:status())
    end)

  it("may have an UPDATE's offer taken without an answer: the session as before (RFC 3311 5.2)",
    function()
      rig.call.on_update = function(request) request:accept({ body = false }) end
      local offer, answer = session.offer, session.answer
      local update = call:update({ body = rig.phone:sdp({ version = 4 }) })
      rig.net:settle()
      assert.equal(200, update:status())
      assert.same({ offer, answer }, { session.offer, session.answer })
      assert.equal("stable", session.signaling_state)
    end)

  it("answers a body only with its type: accept and reject of an INFO raise without", function()
    rig.call.on_info = function(request) rig.info = request end
    local info = call:info()
    rig.net:settle()
    assert.has_error(function() rig.info:accept({ body = "x" }) end)
    assert.has_error(function() rig.info:progress() end)
    assert(rig.info:accept({ body = { content = "x", content_type = "text/plain" } }))
    rig.net:settle()
    assert.equal("text/plain", info.response:header("Content-Type"))
  end)
end)
