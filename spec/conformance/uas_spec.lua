-- What the engine does with requests before any script (RFC 3261 8.2), and with
-- OPTIONS and CANCEL.
local Message = require("moonsip.sim.message")
local Rig = require("spec.support.rig")

describe("a request", function()
  local rig, asked

  before_each(function()
    asked = 0
    local function take(request)
      asked = asked + 1
      request:accept()
    end
    rig = Rig.new({ delegate = { on_message = take, on_options = take, on_invite = take } })
  end)
  after_each(function() rig:finish() end)

  local function ask(options)
    local given = { to = rig.agent, method = "MESSAGE" }
    for name, value in pairs(options or {}) do given[name] = value end
    local request = rig.phone:request(given)
    rig.net:settle()
    return request
  end

  it("that fails several checks gets the code of the first: method, Request-URI, Require, body "
    .. "(RFC 3261 8.2, UAS-002)", function()
      local body = { body = "x", content_type = "text/plain" }
      local headers = { "Require: x-unknown", "Content-Encoding: gzip" }
      local function all(more)
        local options = { body = body.body, content_type = body.content_type, headers = headers }
        for name, value in pairs(more) do options[name] = value end
        return ask(options)
      end
      assert.equal(501, all({ method = "FETCH", ruri = "urn:service:sos" }):status())
      assert.equal(416, all({ ruri = "urn:service:sos" }):status())
      assert.equal(420, all({}):status())
      headers = { "Content-Encoding: gzip" }
      assert.equal(415, all({}):status())
      assert.equal(0, asked)
      headers = {}
      assert.equal(200, all({}):status())
      assert.equal(1, asked)
    end)

  it("that is refused by the checks never reaches the script (RFC 3261 8.2.5, UAS-013)", function()
    for _, options in ipairs({
      { headers = { "Require: x-unknown" } }, { ruri = "x:y" }, { headers = { "Max-Forwards: x" } },
      { body = "x", content_type = "a/b", headers = { "Content-Encoding: gzip" } },
      { method = "INVITE", body = "<a/>", content_type = "a/xml" }, { to_tag = "nobody" },
      { method = "INVITE", headers = { "Session-Expires: 10", "Supported: timer" } },
    }) do
      assert.equal(4, ask(options):status() // 100)
    end
    assert.equal(0, asked)
  end)

  it("keeps the headers nobody knows for the script (RFC 3261 8.2.2, UAS-005)", function()
    local seen
    rig:finish()
    rig = Rig.new({
      delegate = {
        on_message = function(request)
          seen = request.message:headers("x-Unheard-Of")
          request:accept()
        end,
      },
    })
    ask({ headers = { "X-Unheard-Of: ;;,,;=", "X-unheard-of: 2" } })
    assert.same({ ";;,,;=", "2" }, seen)
  end)

  it("may have parts that need not be understood (RFC 3261 8.2.3, UAS-011)", function()
    local got
    rig:finish()
    rig = Rig.new()
    rig.on_invite = function(request)
      got = true
      request:accept({ body = Rig.sdp })
    end
    local function invite(handling)
      local call = rig.phone:invite({
        to = rig.agent, content_type = "multipart/mixed;boundary=b",
        body = table.concat({
          "--b", "Content-Type: application/x-unknown",
          "Content-Disposition: icon;handling=" .. handling, "", "?",
          "--b", "Content-Type: application/sdp", "", rig.phone:sdp() .. "--b--", "",
        }, "\r\n"),
      })
      rig.net:settle()
      return call.response
    end
    assert.equal(200, invite("optional").status_code)
    assert.is_true(got)
    local refusal = invite("required")
    assert.equal(415, refusal.status_code)
    assert.is_true(refusal:lists("Accept", "application/sdp"))
  end)

  it("that is broken gets the same answer each time it comes, and the ACK nothing "
    .. "(RFC 3261 8.2.7, UAS-019)", function()
      local invite = rig.phone:invite({
        to = rig.agent, headers = { "Max-Forwards: x" }, ack = false, retransmit = false,
      }).invite
      rig.net:settle()
      invite:transmit()
      invite:transmit()
      rig.net:settle()
      assert.equal(3, invite:copies(400))
      for _, response in ipairs(invite.responses) do
        assert.equal(invite.responses[1].text, response.text)
      end
      assert.is_string(invite.response.to_tag)
      rig.net:clear()
      invite:ack()
      rig.net:run(60)
      assert.same({}, rig:sent())
      assert.equal(0, rig.agent:census().transactions)
    end)

  it("of somebody unknown is not answered with much more than it was (RFC 3261 8.2.6, UAS-020)",
    function()
      rig:finish()
      rig = Rig.new({ delegate = {}, settings = { ["limits.source_rate"] = 20 } })
      local statuses = {}
      local function measure(options)
        local request = ask(options)
        local before = statuses[request:status()] or 0
        statuses[request:status()] = math.max(before, #request.response.text / #request.text)
      end
      measure({ headers = { "Max-Forwards: x" } })
      measure({ method = "REGISTER" })
      measure({ method = "BYE" })
      measure({ method = "SUBSCRIBE" })
      measure({ method = "FETCH" })
      measure({ method = "INFO", to_tag = "x" })
      for _ = 1, 40 do rig.phone:request({ to = rig.agent, method = "OPTIONS" }) end
      rig.net:settle()
      measure({ method = "OPTIONS" })
      for _, status in ipairs({ 400, 405, 481, 489, 501, 503 }) do
        assert.is_true(statuses[status] and statuses[status] <= 1.5,
          ("%d: %s"):format(status, statuses[status]))
      end
    end)

  it("is not taken for SIP when it is STUN or anything else (RFC 5626 5.4, TRN-020)", function()
    local magic = "\x21\x12\xa4\x42" .. ("t"):rep(12)
    for first = 0, 3 do
      rig.phone:send(string.char(first, 1, 0, 0) .. magic, rig.agent)
      rig.phone:send(string.char(first, 1, 0, 8) .. magic .. "\0\3\0\4\0\0\0\0", rig.agent)
      rig.phone:send(string.char(first), rig.agent)
    end
    rig.net:settle()
    assert.same({}, rig:sent())
    assert.equal(0, rig.agent:census().transactions)
  end)

  it("may have a CSeq of up to 2^32 - 1 (RFC 3261 8.1.1.5, MSG-025)", function()
    rig:finish()
    rig = Rig.new()
    local call, session = rig:establish({ cseq = 4294967290 })
    local info = call:info({ cseq = 4294967294 })
    rig.net:settle()
    assert.equal(200, info:status())
    local wrapped = call:info({ cseq = 1 })
    rig.net:settle()
    assert.equal(500, wrapped:status())
    assert(session:invite({ body = Rig.sdp2 }))
    rig.net:settle()
    assert.is_true(rig:sent("INVITE")[1].cseq < 2 ^ 31)
  end)
end)

describe("an extension", function()
  it("is used with those who know it, and then required (RFC 3261 8.2.4, UAS-012)", function()
    local rig = Rig.new()
    for _, knows in ipairs({ true, false }) do
      local headers = knows and { "Supported: timer, 100rel", "Session-Expires: 300" } or {}
      local call, invite = rig:ring({ headers = headers })
      rig:progress(invite, { reliable = knows })
      rig.net:settle()
      rig:accept(invite)
      rig.net:settle()
      local ringing, accepted = call.responses[1], call.response
      assert.equal(knows, ringing:lists("Require", "100rel"))
      assert.equal(knows, ringing.rseq ~= nil)
      assert.equal(knows, accepted:lists("Require", "timer"))
      if not knows then assert.is_nil(ringing:header("Require") or accepted:header("Require")) end
    end
    rig:finish()
  end)

  it("100rel never makes a 100 reliable (RFC 3262 3, REL-002)", function()
    local rig = Rig.new()
    local call, invite = rig:ring({ rel100 = "require" })
    assert(invite:trying())
    rig.net:run(5)
    assert.equal(100, call.responses[1].status_code)
    assert.is_nil(call.responses[1].rseq)
    assert.equal(1, call.invite:copies(100))
    assert.has_error(function() invite:progress({ status_code = 100, reliable = true }) end)
    invite:reject()
    rig:finish()
  end)
end)

describe("OPTIONS", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("says what we can do: Allow, Accept, Accept-Encoding, Accept-Language, Supported "
    .. "(RFC 3261 11.2, OPT-003)", function()
      local options = rig.phone:request({ to = rig.agent, method = "OPTIONS" })
      rig.net:settle()
      local response = options.response
      assert.equal(200, response.status_code)
      assert.is_true(response:lists("Accept", "application/sdp"))
      for _, name in ipairs({ "Allow", "Accept-Encoding", "Accept-Language", "Supported" }) do
        assert.is_string(response:header(name), name)
      end
    end)

  it("allows the methods that are served, ACK and CANCEL too, and no other "
    .. "(RFC 3261 8.2.1, UAS-004)", function()
      local options = rig.phone:request({ to = rig.agent, method = "OPTIONS" })
      rig.net:settle()
      for _, method in ipairs({ "INVITE", "ACK", "CANCEL", "BYE" }) do
        assert.is_true(options.response:lists("Allow", method), method)
      end
      for method in ("OPTIONS MESSAGE NOTIFY INFO UPDATE PRACK REGISTER PUBLISH REFER FETCH")
        :gmatch("%S+") do
        local request = rig.phone:request({ to = rig.agent, method = method })
        rig.net:settle()
        local refused = request:status() == 405 or request:status() == 501
        assert.equal(not refused, options.response:lists("Allow", method), method)
      end
    end)

  it("in a call is answered and leaves the call alone, but for its CSeq (RFC 3261 11, OPT-001)",
    function()
      local call, session = rig:establish()
      local offer, answer = session.offer, session.answer
      local options = call:options({ cseq = 10 })
      rig.net:settle()
      assert.equal(200, options:status())
      assert.equal("confirmed", session.session_state)
      assert.same({ offer, answer }, { session.offer, session.answer })
      local late = call:info({ cseq = 9 })
      rig.net:settle()
      assert.equal(500, late:status())
      local outside = rig.phone:request({ to = rig.agent, method = "OPTIONS" })
      rig.net:settle()
      assert.equal(200, outside:status())
    end)

  it("gets what an INVITE would get where the script says so (RFC 3261 11.2, OPT-002)", function()
    rig:finish()
    local function busy(request) request:reject({ status_code = 486 }) end
    rig = Rig.new({ delegate = { on_invite = busy, on_options = busy } })
    local options = rig.phone:request({ to = rig.agent, method = "OPTIONS" })
    local call = rig:ring()
    assert.equal(486, options:status())
    assert.equal(486, call.response.status_code)
  end)
end)

describe("a CANCEL", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("of another request than INVITE has no effect (RFC 3261 9, CAN-012)", function()
    local held
    rig:finish()
    rig = Rig.new({ delegate = { on_message = function(request) held = request end } })
    local message = rig.phone:request({ to = rig.agent, method = "MESSAGE" })
    rig.net:settle()
    rig.phone:send((message.text:gsub("^MESSAGE", "CANCEL"):gsub("CSeq: (%d+) MESSAGE",
      "CSeq: %1 CANCEL")), rig.agent)
    rig.net:settle()
    assert.is_nil(message:status())
    assert.is_false(held.cancelled)
    assert(held:accept())
    rig.net:settle()
    assert.equal(200, message:status())
    assert.equal(1, #rig:sent("200 CANCEL"))
  end)

  it("from another address than the INVITE gets 481; the call lives (RFC 3261 9.2, CAN-011)",
    function()
      local call, invite = rig:ring()
      local stranger = rig.net:phone({ name = "eve", address = "192.0.2.66:5060" })
      local cancel = call.invite.text:gsub("^INVITE", "CANCEL"):gsub("(CSeq: %d+) INVITE",
        "%1 CANCEL"):gsub("\r\n\r\n.*$", "\r\nContent-Length: 0\r\n\r\n")
        :gsub("Content%-Type: [^\r]*\r\nContent%-Length: %d+\r\n", "", 1)
      stranger:send(cancel, rig.agent)
      rig.net:settle()
      assert.equal(1, #rig:sent("481 CANCEL"))
      assert.is_false(invite.cancelled)
      rig:accept(invite)
      rig.net:settle()
      assert.equal("confirmed", call.state)
    end)

  it("is heard whatever it requires, and so is the ACK of a refusal (RFC 3261 8.2.2.3, UAS-010)",
    function()
      local call, invite = rig:ring({ ack = false })
      rig:progress(invite)
      rig.net:settle()
      local cancel = call.invite.text:gsub("^INVITE", "CANCEL"):gsub("(CSeq: %d+) INVITE",
        "%1 CANCEL"):gsub("\r\nContent%-Type:.*$",
        "\r\nRequire: x-unknown\r\nProxy-Require: y\r\nContent-Length: 0\r\n\r\n")
      rig.phone:send(cancel, rig.agent)
      rig.net:settle()
      assert.equal(1, #rig:sent("200 CANCEL"))
      assert.equal(487, call.response.status_code)
      call.invite:ack()
      local text = call.invite.ack_text:gsub("\r\nContent%-Length",
        "\r\nRequire: x-unknown\r\nContent-Length")
      call.invite.ack_text = text
      rig.net:clear()
      rig.phone:send(text, rig.agent)
      rig.net:run(40)
      assert.same({}, rig:sent())
    end)
end)

describe("a response", function()
  it("of ours is dropped when it is cut short; nobody is told (RFC 3261 18.3, MSG-020)", function()
    local rig = Rig.new()
    local call, session = rig:establish()
    local ours
    call.on_request = function(message)
      ours = message.method == "INVITE" and message or ours
      return false
    end
    local heard = 0
    assert(session:invite({
      body = Rig.sdp2, delegate = { on_accept = function() heard = heard + 1 end },
    }))
    rig.net:settle()
    local lines = {
      "SIP/2.0 200 OK", "Via: " .. ours:header("Via"), "From: " .. ours.from, "To: " .. ours.to,
      "Call-ID: " .. ours.call_id, "CSeq: " .. ours.cseq .. " INVITE",
      "Contact: <" .. rig.phone.uri .. ">", "Max-Forwards: 7", "Route: <sip:x;lr>",
      "Content-Type: application/sdp", "Content-Length: %d", "",
      rig.phone:sdp({ version = 2 }),
    }
    local text = table.concat(lines, "\r\n")
    rig.phone:send(text:format(#lines[#lines] + 1), rig.agent)
    rig.net:settle()
    assert.equal(0, heard)
    assert.equal("have_local_offer", session.signaling_state)
    rig.phone:send(text:format(#lines[#lines]), rig.agent)
    rig.net:settle()
    assert.equal(1, heard)
    assert.equal(1, #rig:sent("ACK"))
    assert.equal("ACK", Message.new(rig.net.log[#rig.net.log].text).method)
    call.on_request = nil
    rig:finish()
  end)
end)
