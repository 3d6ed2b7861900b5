-- What RFC 3261 8.1, 9.1, 12.1.2 and 13.2.2 ask of the side that calls.
local Caller = require("spec.support.caller")
local Message = require("moonsip.sim.message")

-- Answers INVITEs with nothing: the spec does, with `caller.held`.  A CANCEL or
-- BYE changes nothing about that.
local function hold(caller)
  caller.phone.on_request = function(message)
    if message.method == "INVITE" then
      caller.held = message
    else
      caller.phone:respond(message, { status_code = 200 })
    end
    return false
  end
end

-- A response to the held INVITE, from a fork of its own when `tag` is given.
local function answer(caller, options, tag)
  local held = caller.held
  local sdp = options.body or ""
  local lines = { ("SIP/2.0 %d Whatever"):format(options.status_code) }
  for _, via in ipairs(held:headers("Via")) do lines[#lines + 1] = "Via: " .. via end
  lines[#lines + 1] = "From: " .. held.from
  lines[#lines + 1] = "To: " .. held.to .. (tag and ";tag=" .. tag or "")
  lines[#lines + 1] = "Call-ID: " .. held.call_id
  lines[#lines + 1] = "CSeq: " .. held.cseq .. " INVITE"
  lines[#lines + 1] = "Contact: <" .. (options.contact or caller.phone.uri) .. ">"
  for _, header in ipairs(options.headers or {}) do lines[#lines + 1] = header end
  if sdp ~= "" then lines[#lines + 1] = "Content-Type: application/sdp" end
  lines[#lines + 1] = "Content-Length: " .. #sdp
  caller.phone:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. sdp, caller.agent)
  caller.net:settle()
end

local function reject_last(caller)
  answer(caller, { status_code = 480 }, "end")
end

describe("a request that we send outside a dialog", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  -- One of each, with what it needs.
  local function each_kind(send)
    for _, kind in ipairs({
      { "invite" }, { "message", body = "x" }, { "options" }, { "register" },
      { "subscribe", event = "presence", expires = 60 }, { "refer", refer_to = "sip:c@192.0.2.3" },
      { "publish", event = "presence", expires = 60 }, { "request", method = "FETCH" },
    }) do
      local options = { to = caller.phone.uri, from = "\"A\" <sip:alice@192.0.2.1>" }
      for name, value in pairs(kind) do
        if name ~= 1 then options[name] = value end
      end
      send(kind[1], kind.method or kind[1]:upper(), options)
    end
  end

  it("has what each request must have, and no To tag (RFC 3261 8.1.1, UAC-001, UAC-002)",
    function()
      caller.phone.on_request = function() return { status_code = 480 } end
      each_kind(function(name, method, options)
        assert(caller.engine[name](caller.engine, options))
        caller.net:settle()
        local sent = caller:sent(method)[1]
        for _, header in ipairs({ "To", "From", "CSeq", "Call-ID", "Max-Forwards", "Via" }) do
          assert.equal(1, #sent:headers(header), method .. " " .. header)
        end
        assert.is_nil(sent.to_tag)
        assert.is_string(sent.from_tag)
        assert.equal("70", sent:header("Max-Forwards"))
        assert.equal(caller.phone.uri, sent.ruri)
        assert.is_true(sent.cseq < 2 ^ 31)
        assert.is_true(sent:lists("Supported", "timer"), sent.text)
      end)
    end)

  it("has a From tag, a Call-ID and a branch that nobody had or can guess "
    .. "(RFC 3261 8.1.1, 19.3, UAC-003, UAC-004, UAC-005, UAC-007)", function()
      caller.phone.on_request = function() return { status_code = 480 } end
      local seen, letters, count = {}, {}, 500
      for _ = 1, count do
        assert(caller.engine:message({ to = caller.phone.uri, body = "x" }))
      end
      caller.net:settle()
      local sent = caller:sent("MESSAGE")
      assert.equal(count, #sent)
      for _, message in ipairs(sent) do
        for name, text in pairs({
          tag = message.from_tag, id = message.call_id, branch = message.branch:sub(8),
        }) do
          assert.is_nil(seen[name .. text])
          seen[name .. text] = true
          assert.is_true(#text >= 12) -- 5 bits of randomness each
          for at = 1, 12 do
            local place = name .. at
            letters[place] = letters[place] or { count = 0 }
            if not letters[place][text:sub(at, at)] then
              letters[place][text:sub(at, at)] = true
              letters[place].count = letters[place].count + 1
            end
          end
        end
      end
      for place, set in pairs(letters) do assert.is_true(set.count >= 30, place) end
    end)

  it("has one Contact when it makes a dialog, and in it (RFC 3261 8.1.1.8, UAC-008)", function()
    caller.phone.on_request = function(message)
      if message.method ~= "INVITE" then return { status_code = 480 } end
    end
    local session = caller:establish()
    assert(session:invite({ body = Caller.sdp2 }))
    assert(caller.engine:subscribe({ to = caller.phone.uri, event = "presence", expires = 60 }))
    assert(caller.engine:refer({ to = caller.phone.uri, refer_to = "sip:c@192.0.2.3" }))
    caller.net:settle()
    for _, method in ipairs({ "INVITE", "SUBSCRIBE", "REFER" }) do
      local sent = caller:sent(method)[1]
      assert.equal(1, #sent:headers("Contact"), method)
      assert.matches("^sip:.*192%.0%.2%.1", sent.contact)
    end
  end)

  it("goes to the first route, a strict one too, else to its Request-URI "
    .. "(RFC 3261 8.1.2, UAC-010)", function()
      local proxy = caller:another("proxy", 8)
      caller.engine:options({ to = "sip:bob@192.0.2.9:5060", route = {
        "sip:192.0.2.8;lr", "sip:p2.example.com;lr" } })
      caller.engine:message({ to = "sip:bob@192.0.2.9:5060", body = "x", route = {
        "sip:192.0.2.8", "sip:p2.example.com;lr" } })
      caller.engine:register({ from = "sip:bob@example.org", to = "sip:bob@example.org",
        uri = "sip:192.0.2.8" })
      caller.net:settle()
      local loose, strict, direct = table.unpack(proxy.requests)
      assert.equal("sip:bob@192.0.2.9:5060", loose.ruri)
      assert.same({ "<sip:192.0.2.8;lr>", "<sip:p2.example.com;lr>" }, loose:headers("Route"))
      assert.equal("sip:192.0.2.8", strict.ruri)
      assert.same({ "<sip:p2.example.com;lr>", "<sip:bob@192.0.2.9:5060>" },
        strict:headers("Route"))
      assert.equal("sip:192.0.2.8", direct.ruri)
      assert.same({}, direct:headers("Route"))
      assert.same({}, caller.phone.requests)
    end)

  it("never goes out in clear when its next hop is sips (RFC 3261 8.1.2, UAC-011)", function()
    for _, options in ipairs({
      { to = "sips:bob@192.0.2.9" }, { to = "sip:bob@192.0.2.9", uri = "sips:bob@192.0.2.9" },
      { to = "sip:bob@192.0.2.9", route = { "sips:192.0.2.9;lr" } },
      { to = "sip:bob@192.0.2.9;transport=tls" },
    }) do
      local sent, err = caller.engine:options(options)
      assert.is_nil(sent)
      assert.equal("EUNSUPPORTED", err.code)
    end
    caller.net:settle()
    assert.same({}, caller:sent())
  end)

  it("that nobody answers or the network does not take fails with a code of its own "
    .. "(RFC 3261 8.1.3.1, UAC-012)", function()
      caller.phone.on_request = function() return false end
      local codes = {}
      local function send(name)
        for _, method in ipairs({ "invite", "message" }) do
          caller:spawn(function(engine)
            local request = assert(engine[method](engine, { to = caller.phone.uri,
              body = method == "invite" and Caller.sdp or "x" }))
            codes[name .. " " .. method] = select(2, request:wait()).code
          end)
        end
      end
      send("silence")
      caller.net:run(33)
      caller.agent:link_down(true)
      send("link")
      caller.net:run(1)
      caller.agent:link_down(false)
      assert.same({
        ["silence invite"] = "ETIMEOUT", ["silence message"] = "ETIMEOUT",
        ["link invite"] = "ETRANSPORT", ["link message"] = "ETRANSPORT",
      }, codes)
    end)

  it("takes an unknown status for the x00 of its class, and 199 for a 183 "
    .. "(RFC 3261 8.1.3.2, UAC-013)", function()
      for status, name in pairs({
        [299] = "on_accept", [399] = "on_redirect", [499] = "on_reject", [599] = "on_reject",
        [699] = "on_reject",
      }) do
        local heard = {}
        local delegate = {}
        for _, each in ipairs({ "on_accept", "on_redirect", "on_reject", "on_progress" }) do
          delegate[each] = function(response) heard[each] = response and response.status_code end
        end
        hold(caller)
        local call = assert(caller:invite({ delegate = delegate }))
        answer(caller, { status_code = 199 }, "a")
        assert.equal(199, heard.on_progress)
        answer(caller, { status_code = status, body = caller.phone:sdp() }, "a")
        assert.equal(status, heard[name])
        if status == 299 then call.session:bye() end
        caller.net:settle()
      end
    end)

  it("takes no response with a second Via (RFC 3261 8.1.3.3, UAC-014)", function()
    hold(caller)
    local heard
    assert(caller:invite({
      delegate = { on_reject = function(response) heard = response.status_code end },
    }))
    answer(caller, { status_code = 486, headers = {
      "Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKother" } }, "a")
    assert.is_nil(heard)
    assert.same({}, caller:sent("ACK"))
    answer(caller, { status_code = 486 }, "a")
    assert.equal(486, heard)
  end)

  it("takes no response that names another sender in its Via (RFC 3261 18.1.2, TRN-006)",
    function()
      hold(caller)
      local heard
      assert(caller:invite({
        delegate = { on_reject = function(response) heard = response.status_code end },
      }))
      local held = caller.held
      for _, sent_by in ipairs({ "192.0.2.66:5060", "192.0.2.1:5061", "example.com" }) do
        caller.held = Message.new((held.text:gsub("(Via: SIP/2.0/UDP )[^;]+", "%1" .. sent_by)))
        answer(caller, { status_code = 486 }, "a")
        assert.is_nil(heard, sent_by)
      end
      caller.held = held
      answer(caller, { status_code = 486 }, "a")
      assert.equal(486, heard)
    end)
end)

describe("a dialog that we begin", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  it("has the recorded routes in reverse (RFC 3261 12.1.2, DLG-007)", function()
    hold(caller)
    local proxy = caller:another("proxy", 8)
    local request = assert(caller:invite())
    answer(caller, { status_code = 200, body = caller.phone:sdp(), headers = {
      "Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr;x=\"a,b\">",
      "Record-Route: <sip:192.0.2.8;lr>" } }, "a")
    local session = request.session
    local routes = { "<sip:192.0.2.8;lr>", "<sip:p1.example.com;lr;x=\"a,b\">",
      "<sip:p2.example.com;lr>" }
    assert(session:update())
    assert(session:bye())
    caller.net:settle()
    for _, method in ipairs({ "ACK", "UPDATE", "BYE" }) do
      local sent = caller:sent(method)[1]
      assert.same(routes, sent:headers("Route"), method)
      assert.equal(caller.phone.uri, sent.ruri)
    end
    assert.equal(3, #proxy.received)
  end)

  it("may have no remote tag, when the peer is old (RFC 3261 12.1.2, DLG-008)", function()
    hold(caller)
    local request = assert(caller:invite())
    answer(caller, { status_code = 200, body = caller.phone:sdp() })
    local session = request.session
    assert.equal("confirmed", session.session_state)
    assert.is_nil(caller:sent("ACK")[1].to_tag)
    caller.phone:send(table.concat({
      "BYE sip:alice@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKold",
      "From: " .. caller.held.to, "To: " .. caller.held.from, "Call-ID: " .. caller.held.call_id,
      "CSeq: 1 BYE", "Content-Length: 0", "", "",
    }, "\r\n"), caller.agent)
    caller.net:settle()
    assert.equal(1, #caller:sent("200 BYE"))
    assert.equal("terminated", session.session_state)
  end)

  it("is one for each To tag, up to a limit (RFC 3261 12.1.2, DLG-009)", function()
    hold(caller)
    local sessions = {}
    assert(caller:invite({
      delegate = {
        on_progress = function(response)
          if response.session then sessions[response.session.remote_tag] = response.session end
        end,
      },
    }))
    for i = 1, 5 do answer(caller, { status_code = 180 }, "fork" .. i) end
    assert.equal(5, caller.agent:census().sessions)
    for i = 1, 5 do assert.equal("early", sessions["fork" .. i].session_state) end
    for i = 6, 1000 do answer(caller, { status_code = 180 }, "fork" .. i) end
    local most = caller.agent:census().sessions
    assert.is_true(most >= 5 and most < 100, most)
    reject_last(caller)
    caller.net:run(40)
    assert.equal(0, caller.agent:census().sessions)
    assert.equal("terminated", sessions.fork1.session_state)
  end)

  it("is acknowledged with the number of its INVITE, by its routes, with a branch of its own "
    .. "(RFC 3261 13.2.2.4, INV-008, INV-009)", function()
      hold(caller)
      local request = assert(caller:invite({ extra_headers = { "X-A: 1" } }))
      for _ = 1, 5 do
        answer(caller, { status_code = 200, body = caller.phone:sdp(),
          contact = "sip:bob2@192.0.2.9:5060" }, "a")
      end
      local invite, acks = caller:sent("INVITE")[1], caller:sent("ACK")
      assert.equal(5, #acks)
      for _, ack in ipairs(acks) do assert.equal(acks[1].text, ack.text) end
      local ack = acks[1]
      assert.equal(invite.cseq, ack.cseq)
      assert.equal("sip:bob2@192.0.2.9:5060", ack.ruri)
      assert.equal("a", ack.to_tag)
      assert.equal(invite.from_tag, ack.from_tag)
      assert.equal(invite.call_id, ack.call_id)
      assert.is_not_equal(invite.branch, ack.branch)
      request.session:bye()
    end)

  it("takes routes and target from the 2xx, not from what came before "
    .. "(RFC 3261 13.2.2.4, RFC 6141 4.9, INV-011, REI-042)", function()
      hold(caller)
      local request = assert(caller:invite())
      answer(caller, { status_code = 180, contact = "sip:early@192.0.2.9:5061",
        headers = { "Record-Route: <sip:192.0.2.8;lr>" } }, "a")
      answer(caller, { status_code = 200, body = caller.phone:sdp(),
        headers = { "Record-Route: <sip:192.0.2.9;lr>" } }, "a")
      assert.same({ "<sip:192.0.2.9;lr>" }, caller:sent("ACK")[1]:headers("Route"))
      assert.equal(caller.phone.uri, tostring(request.session.remote_target))
      request.session:bye()
      caller.net:settle()
      assert.same({ "<sip:192.0.2.9;lr>" }, caller:sent("BYE")[1]:headers("Route"))
      assert.equal(caller.phone.uri, caller:sent("BYE")[1].ruri)
    end)

  it("that another fork made is acknowledged and hung up (RFC 3261 13.2.2.4, INV-010)", function()
    hold(caller)
    local request = assert(caller:invite())
    answer(caller, { status_code = 200, body = caller.phone:sdp() }, "one")
    answer(caller, { status_code = 200, body = caller.phone:sdp() }, "two")
    local acked = {}
    for _, ack in ipairs(caller:sent("ACK")) do acked[ack.to_tag] = true end
    assert.same({ one = true, two = true }, acked)
    assert.equal(1, #caller:sent("BYE"))
    assert.equal("two", caller:sent("BYE")[1].to_tag)
    assert.equal("confirmed", request.session.session_state)
    request.session:bye()
  end)

  it("has the first description of its peer as the answer (RFC 3261 13.2.1, INV-004)", function()
    hold(caller)
    local request = assert(caller:invite())
    local first = caller.phone:sdp({ port = 40010 })
    answer(caller, { status_code = 183, body = first }, "a")
    answer(caller, { status_code = 200, body = caller.phone:sdp({ port = 40020 }) }, "a")
    assert.equal(first, request.session.answer)
    assert.equal("stable", request.session.signaling_state)
    request.session:bye()
    request = assert(caller:invite())
    answer(caller, { status_code = 183, body = first }, "b")
    answer(caller, { status_code = 200 }, "b")
    assert.equal(first, request.session.answer)
    request.session:bye()
  end)

  it("ends with a BYE of ours while it is early; a 2xx that crosses is acknowledged "
    .. "(RFC 5407 2, RFC 3261 15, BYE-001, BYE-008)", function()
      hold(caller)
      local session
      local request = assert(caller:invite({ delegate = {
        on_progress = function(response) session = response.session end,
      } }))
      answer(caller, { status_code = 180 }, "a")
      assert(session:bye())
      caller.net:settle()
      assert.equal("a", caller:sent("BYE")[1].to_tag)
      answer(caller, { status_code = 200, body = caller.phone:sdp() }, "a")
      assert.equal(1, #caller:sent("ACK"))
      assert.equal("terminated", session.session_state)
      local code
      caller:spawn(function() code = select(2, request:wait()).code end)
      caller.net:run(40)
      assert.equal("EGONE", code)
      assert.equal(0, caller.agent:census().sessions)
    end)
end)

describe("a CANCEL of ours", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  it("repeats the head of its INVITE, goes where that went and requires nothing "
    .. "(RFC 3261 9.1, CAN-001, CAN-003, CAN-004)", function()
      local proxy = caller:another("proxy", 8)
      proxy.on_request = function(message)
        caller.held = message
        return { status_code = message.method == "CANCEL" and 200 or 180 }
      end
      local request = assert(caller:invite({
        rel100 = "required", extra_headers = { "Proxy-Require: x-y" },
        route = { "sip:192.0.2.8;lr", "sip:p2.example.com;lr" },
      }))
      assert(request:cancel())
      caller.net:settle()
      local invite, cancel = caller:sent("INVITE")[1], caller:sent("CANCEL")[1]
      assert.equal(invite.ruri, cancel.ruri)
      for _, name in ipairs({ "Call-ID", "To", "From", "Via", "Route" }) do
        assert.same(invite:headers(name), cancel:headers(name), name)
      end
      assert.equal(1, #cancel:headers("Via"))
      assert.equal(invite.cseq .. " CANCEL", cancel:header("CSeq"))
      assert.is_not_nil(invite:header("Require"))
      assert.is_nil(cancel:header("Require") or cancel:header("Proxy-Require"))
      assert.equal("CANCEL", proxy.received[2].method)
      caller.net:run(33)
    end)

  it("waits until something came (RFC 3261 9.1, CAN-002)", function()
    hold(caller)
    local request = assert(caller:invite())
    assert(request:cancel())
    caller.net:run(2)
    assert.same({}, caller:sent("CANCEL"))
    answer(caller, { status_code = 100 })
    assert.equal(1, #caller:sent("CANCEL"))
    answer(caller, { status_code = 487 }, "a")
    assert.equal(1, #caller:sent("ACK"))
  end)

  it("that changes nothing lets go of the INVITE after 64*T1 (RFC 3261 9.1, CAN-005)", function()
    hold(caller)
    local code
    local request = assert(caller:invite({
      delegate = { on_reject = function(_, err) code = err.code end },
    }))
    answer(caller, { status_code = 180 }, "a")
    assert(request:cancel())
    caller.net:run(31.9)
    assert.equal(1, caller.agent:census().outgoing)
    caller.net:run(0.5)
    assert.equal("ECANCELLED", code)
    local census = caller.agent:census()
    assert.same({ 0, 0, 0 }, { census.outgoing, census.sessions, census.transactions })
  end)

  it("that crosses a 2xx is followed by ACK and BYE (RFC 3261 9.1, CAN-006, BYE-008)", function()
    hold(caller)
    local request = assert(caller:invite())
    answer(caller, { status_code = 180 }, "a")
    assert(request:cancel())
    answer(caller, { status_code = 200, body = caller.phone:sdp() }, "b")
    assert.equal("b", caller:sent("ACK")[1].to_tag)
    assert.equal("b", caller:sent("BYE")[1].to_tag)
    assert.equal(1, #caller:sent("BYE"))
    caller.net:run(40)
    assert.equal(0, caller.agent:census().sessions)
  end)
end)

describe("our PRACK", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  local function ring(rseq, options)
    options = options or {}
    answer(caller, { status_code = options.status_code or 183, body = options.body, headers = {
      "Require: 100rel", "RSeq: " .. rseq } }, "a")
  end

  it("is a request in the dialog with RAck, sent once for each response (RFC 3262 4, REL-013)",
    function()
      hold(caller)
      assert(caller:invite())
      ring(5, { body = caller.phone:sdp() })
      ring(5, { body = caller.phone:sdp() })
      local invite, pracks = caller:sent("INVITE")[1], caller:sent("PRACK")
      assert.equal(1, #pracks)
      assert.equal(("5 %d INVITE"):format(invite.cseq), pracks[1]:header("RAck"))
      assert.equal(invite.cseq + 1, pracks[1].cseq)
      assert.equal("a", pracks[1].to_tag)
      assert.equal(caller.phone.uri, pracks[1].ruri)
      reject_last(caller)
    end)

  it("is not sent for a response out of order, which is not heard either (RFC 3262 4, REL-014)",
    function()
      hold(caller)
      local heard = {}
      assert(caller:invite({ delegate = {
        on_progress = function(response) heard[#heard + 1] = response.status_code end,
      } }))
      ring(1, { status_code = 180 })
      ring(3, { status_code = 183 })
      assert.equal(1, #caller:sent("PRACK"))
      ring(2, { status_code = 182 })
      ring(3, { status_code = 183 })
      assert.equal(3, #caller:sent("PRACK"))
      assert.same({ 180, 182, 183 }, heard)
      reject_last(caller)
    end)

  it("is not sent for a 100, whatever that says (RFC 3262 4, REL-015)", function()
    hold(caller)
    assert(caller:invite())
    ring(1, { status_code = 100 })
    assert.same({}, caller:sent("PRACK"))
    ring(7, { status_code = 183 })
    assert.equal(1, #caller:sent("PRACK"))
    reject_last(caller)
  end)

  it("is sent for a second response with a description, too; the first answer stays "
    .. "(RFC 3262 4, REL-018)", function()
      hold(caller)
      local request = assert(caller:invite())
      ring(1, { body = "v=0\r\n" })
      ring(2, { body = caller.phone:sdp() })
      assert.equal(2, #caller:sent("PRACK"))
      answer(caller, { status_code = 200 }, "a")
      assert.equal(1, #caller:sent("ACK"))
      assert.equal("v=0\r\n", request.session.answer)
      request.session:bye()
    end)
end)

describe("the session timer of a call that we begin", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  local function count(list)
    local numbers = {}
    for i, message in ipairs(list) do numbers[i] = message.cseq end
    return numbers
  end

  it("asks again with the interval that a 422 wants (RFC 4028 7.1, 7.3, TMR-004, TMR-007)",
    function()
      caller.phone.on_request = function(message)
        local least = tonumber(message:header("Min-SE") or 0)
        if message.method == "INVITE" and least < 3600 then
          return { status_code = 422, headers = { "Min-SE: 3600" } }
        end
      end
      assert(caller:invite({ session_expires = 600 }))
      caller.net:settle()
      local invites = caller:sent("INVITE")
      assert.equal(2, #invites)
      assert.equal("600", invites[1]:header("Session-Expires"))
      assert.equal("3600", invites[2]:header("Session-Expires"))
      assert.equal("3600", invites[2]:header("Min-SE"))
      assert.equal(invites[1].call_id, invites[2].call_id)
      assert.equal(invites[1].from_tag, invites[2].from_tag)
      assert.same({ invites[1].cseq, invites[1].cseq + 1 }, count(invites))
      assert.is_not_equal(invites[1].branch, invites[2].branch)
      caller.phone.calls[invites[1].call_id]:bye()
    end)

  local function establish(headers)
    caller.phone.on_request = function(message)
      if message.method == "INVITE" or message.method == "UPDATE" then
        return {
          status_code = 200, headers = headers,
          body = message.body ~= "" and caller.phone:sdp() or nil,
        }
      end
    end
    local request = assert(caller:invite({ session_expires = 200 }))
    caller.net:settle()
    request.session.delegate = caller.call
    return request.session
  end

  it("is kept by UPDATE where the peer allows it, without a description "
    .. "(RFC 4028 7.4, TMR-009, TMR-010)", function()
      establish({ "Require: timer", "Session-Expires: 200;refresher=uac", "Allow: INVITE, UPDATE" })
      caller.net:run(101)
      assert.equal(1, #caller:sent("UPDATE"))
      assert.equal("", caller:sent("UPDATE")[1].body)
      assert.equal(1, #caller:sent("INVITE"))
    end)


  it("is kept by a re-INVITE where it does not, with the description as it was "
    .. "(RFC 4028 7.4, TMR-009)", function()
      local session = establish({ "Require: timer", "Session-Expires: 200;refresher=uac",
        "Allow: INVITE, ACK, BYE, CANCEL" })
      caller.net:run(101)
      assert.same({}, caller:sent("UPDATE"))
      local refresh = caller:sent("INVITE")[2]
      assert.is_truthy(refresh)
      assert.equal(Caller.sdp, refresh.body)
      assert.equal("confirmed", session.session_state)
    end)

  it("is kept by who kept it, and the Min-SE of refusals before the call is not said again "
    .. "(RFC 4028 7.4, TMR-008)", function()
      caller.phone.on_request = function(message)
        local least = tonumber(message:header("Min-SE") or 0)
        if message.method == "INVITE" and least < 300 then
          return { status_code = 422, headers = { "Min-SE: 300" } }
        elseif message.method == "INVITE" or message.method == "UPDATE" then
          return { status_code = 200, body = message.body ~= "" and caller.phone:sdp() or nil,
            headers = { "Require: timer", "Session-Expires: 400;refresher=uac",
              "Allow: INVITE, UPDATE" } }
        end
      end
      assert(caller:invite({ session_expires = 200 }))
      caller.net:run(201)
      local refresh = caller:sent("UPDATE")[1]
      assert.equal("400;refresher=uac", refresh:header("Session-Expires"))
      assert.is_nil(refresh:header("Min-SE"))
    end)
end)

describe("a re-INVITE in a call that we began", function()
  it("is tried again 2.1 to 4 s after a 491, in steps of 10 ms (RFC 3261 14.1, REI-011)",
    function()
      local shortest, longest = math.huge, 0
      for seed = 1, 60 do
        local caller = Caller.new({ net = { seed = seed } })
        local session = caller:establish()
        local refused
        caller.phone.on_request = function(message)
          if message.method == "INVITE" and not refused then
            refused = true
            return { status_code = 491 }
          end
        end
        assert(session:invite({ body = Caller.sdp2 }))
        caller.net:run(5)
        local sent = caller:sent("INVITE")
        assert.equal(2, #sent)
        local pause = sent[2].time - sent[1].time - 0.02
        assert.is_true(pause > 2.0999 and pause < 4.0001, pause)
        assert.is_true(math.abs(pause * 100 - math.floor(pause * 100 + 0.5)) < 1e-6)
        shortest, longest = math.min(shortest, pause), math.max(longest, pause)
        caller:finish()
      end
      assert.is_true(shortest < 2.3 and longest > 3.8)
    end)
end)
