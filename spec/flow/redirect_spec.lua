--- Requests that are sent again because of what they were answered.
local Caller = require("spec.support.caller")

describe("a redirection that is followed", function()
  local caller, asked

  before_each(function()
    caller = Caller.new()
    asked = {}
  end)
  after_each(function() caller:finish() end)

  -- A phone at 192.0.2.HOST that answers every request but ACK with this.
  local function answers(host, answer)
    local phone = host == 9 and caller.phone or caller:another("p" .. host, host)
    phone.on_request = function(message)
      table.insert(asked, message)
      return answer
    end
    return phone
  end

  local function moved(...)
    return { status_code = 302, contact = false, headers = { ... } }
  end

  local function result_of(request)
    local status, code
    caller:spawn(function()
      local response, err = request:wait()
      status, code = response and response.status_code, err and err.code
    end)
    return status or code
  end

  local function targets()
    local list = {}
    for i, message in ipairs(asked) do list[i] = message.ruri end
    return list
  end

  it("goes to the Contacts by q, one after the other, until one accepts (RFC 3261 8.1.3.4)",
    function()
      answers(9, moved("Contact: <sip:c@192.0.2.13>;q=0.1, <sip:a@192.0.2.11>;q=0.9",
        "Contact: <sip:b@192.0.2.12>;q=0.5"))
      answers(11, { status_code = 486 })
      answers(12, { status_code = 200, body = caller.phone:sdp() })
      local request = assert(caller:invite({ follow = true }))
      assert.same({ caller.phone.uri, "sip:a@192.0.2.11", "sip:b@192.0.2.12" }, targets())
      assert.equal(200, result_of(request))
      assert.equal("confirmed", request.session.session_state)
      request.session:bye()
      caller.net:settle()
    end)

  it("keeps From, To and Call-ID, takes the next CSeq and a new branch, and drops method and "
    .. "headers of the URI (RFC 3261 8.1.3.4, UAC-016)", function()
      answers(9, moved(
        "Contact: <sip:a@192.0.2.11;method=BYE;user=phone?Subject=x>"))
      answers(11, { status_code = 486 })
      local request = assert(caller:invite({ follow = true, extra_headers = { "X-A: 1" } }))
      local first, second = asked[1], asked[2]
      assert.equal("sip:a@192.0.2.11;user=phone", second.ruri)
      for _, name in ipairs({ "from", "to", "call_id", "body" }) do
        assert.equal(first[name], second[name], name)
      end
      assert.equal(first.cseq + 1, second.cseq)
      assert.not_equal(first.branch, second.branch)
      assert.equal("1", second:header("X-A"))
      assert.is_nil(second:header("Subject"))
      assert.equal(486, result_of(request))
    end)

  it("never tries a URI twice and so ends, with the last response (RFC 3261 8.1.3.4, UAC-015)",
    function()
      answers(9, moved("Contact: <sip:a@192.0.2.11>, <SIP:a@192.0.2.11:5060>"))
      answers(11, moved("Contact: <" .. caller.phone.uri .. ">, <sip:b@192.0.2.12>"))
      answers(12, { status_code = 404 })
      local redirected = 0
      local request = assert(caller:invite({
        follow = true,
        delegate = { on_redirect = function() redirected = redirected + 1 end },
      }))
      assert.equal(404, result_of(request))
      assert.same({ caller.phone.uri, "sip:a@192.0.2.11", "SIP:a@192.0.2.11:5060",
        "sip:b@192.0.2.12" }, targets())
      assert.equal(0, redirected)
    end)

  it("is bounded, whatever one who redirects for ever invents (UAC-015)", function()
    local n = 0
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        n = n + 1
        return moved(("Contact: <sip:x%d@192.0.2.9>"):format(n))
      end
    end
    local request = assert(caller:invite({ follow = true }))
    assert.equal(302, result_of(request))
    assert.equal(16, n)
  end)

  it("ends with the redirection when none of its targets can be tried", function()
    answers(9, moved("Contact: <mailto:a@example.org>, <sip:a@example.org>, *"))
    local redirected
    local request = assert(caller:invite({
      follow = true,
      delegate = { on_redirect = function(response) redirected = response.status_code end },
    }))
    assert.equal(302, redirected)
    assert.equal(302, result_of(request))
    assert.equal(1, #asked)
  end)

  it("goes on behind silence (RFC 3261 8.1.3.4)", function()
    answers(9, moved("Contact: <sip:a@192.0.2.11>;q=1, <sip:b@192.0.2.12>;q=0.5"))
    answers(11, false)
    answers(12, { status_code = 486 })
    local request = assert(caller:invite({ follow = true }))
    caller.net:run(40)
    assert.equal(486, result_of(request))
  end)

  it("stops at 6xx, which speaks for all addresses (RFC 3261 21.6)", function()
    answers(9, moved("Contact: <sip:a@192.0.2.11>;q=1, <sip:b@192.0.2.12>;q=0.5"))
    answers(11, { status_code = 603 })
    answers(12, { status_code = 200, body = caller.phone:sdp() })
    assert.equal(603, result_of(assert(caller:invite({ follow = true }))))
  end)

  it("is not taken for one by 305 and 380, which ask for something else (RFC 3261 21.3.4)",
    function()
      for _, status in ipairs({ 305, 380 }) do
        asked = {}
        answers(9, { status_code = status, headers = { "Contact: <sip:a@192.0.2.11>" } })
        assert.equal(status, result_of(assert(caller:invite({ follow = true }))))
        assert.equal(1, #asked)
      end
    end)

  it("ends the early dialogs of the earlier target (RFC 3261 12.3)", function()
    local held, ended
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return { status_code = 180 }
      end
    end
    answers(11, { status_code = 486 })
    assert(caller:invite({
      follow = true,
      delegate = { on_progress = function(response)
        response.session.delegate = { on_terminated = function(_, reason) ended = reason end }
      end },
    }))
    assert.is_nil(ended)
    caller.phone:respond(held, moved("Contact: <sip:a@192.0.2.11>"))
    caller.net:settle()
    assert.equal("rejected", ended)
    assert.equal(1, #asked)
  end)

  it("is given up by cancel()", function()
    local held
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return { status_code = 180 }
      end
    end
    answers(11, { status_code = 200 })
    local request = assert(caller:invite({ follow = true }))
    request:cancel()
    caller.phone:respond(held, moved("Contact: <sip:a@192.0.2.11>"))
    caller.net:settle()
    assert.equal(0, #asked)
    assert.equal(302, result_of(request))
  end)

  it("is followed by other requests as well", function()
    answers(9, moved("Contact: <sip:a@192.0.2.11>"))
    answers(11, { status_code = 200 })
    local sent = assert(caller.engine:message({ to = caller.phone.uri, body = "x", follow = true }))
    caller.net:settle()
    assert.equal(200, result_of(sent))
  end)

  it("is not followed without the option: on_redirect (RFC 3261 8.1.3.4)", function()
    answers(9, moved("Contact: <sip:a@192.0.2.11>"))
    local redirected
    caller:invite({
      delegate = { on_redirect = function(response) redirected = response.status_code end },
    })
    assert.equal(302, redirected)
    assert.equal(1, #asked)
  end)
end)

describe("a refusal", function()
  local caller, asked

  before_each(function()
    caller = Caller.new()
    asked = {}
  end)
  after_each(function() caller:finish() end)

  -- Answers requests with these, one after the other; then with 200.
  local function answers(...)
    local list = { ... }
    caller.phone.on_request = function(message)
      if message.method == "BYE" or message.method == "ACK" then return end
      table.insert(asked, message)
      return list[#asked]
    end
  end

  local function final(request)
    local status
    caller:spawn(function() status = request:wait().status_code end)
    return status
  end

  it("with 420 makes the request come again without what it required "
    .. "(RFC 3261 8.1.3.5, UAC-017)", function()
      answers({ status_code = 420, headers = { "Unsupported: 100rel, foo" } })
      local request = assert(caller:invite({
        rel100 = "required",
        extra_headers = { "Require: foo, bar", "Proxy-Require: foo" },
      }))
      assert.equal(200, final(request))
      assert.equal("foo, bar", asked[1]:header("Require"))
      assert.equal("bar", asked[2]:header("Require"))
      assert.is_nil(asked[2]:header("Proxy-Require"))
      assert.equal(asked[1].cseq + 1, asked[2].cseq)
      assert.equal(asked[1].body, asked[2].body)
      request.session:bye()
    end)

  it("with 420 again, or about nothing that was required, is final (RFC 3261 8.1.3.5)", function()
    local no = { status_code = 420, headers = { "Unsupported: 100rel" } }
    answers(no, no, no)
    assert.equal(420, final(assert(caller:invite({ rel100 = "required" }))))
    assert.equal(2, #asked)
    assert.is_nil(asked[2]:header("Require"))
  end)

  it("with 416 makes a telephone number come again as SIP URI (RFC 3261 8.1.3.5, 19.1.6)",
    function()
      answers({ status_code = 416 }, { status_code = 416 })
      local request = assert(caller.engine:options({
        to = "tel:+1-201-555-0123", route = "sip:192.0.2.9;lr",
      }))
      caller.net:settle()
      assert.equal("tel:+1-201-555-0123", asked[1].ruri)
      assert.equal("sip:+1-201-555-0123@192.0.2.9;user=phone", asked[2].ruri)
      assert.equal(asked[1].to, asked[2].to)
      assert.equal(416, final(request))
      assert.equal(2, #asked)
    end)

  it("that no other try could help is reported at once (RFC 3261 8.1.3.5, UAC-017)", function()
    for _, status in ipairs({ 413, 415, 416, 420, 421, 503 }) do
      asked = {}
      answers({ status_code = status, headers = { "Retry-After: 5", "Require: 100rel" } })
      local request = assert(caller:invite())
      assert.equal(status, final(request))
      assert.equal(1, #asked)
    end
  end)

  it("is final with `retry = false`", function()
    answers({ status_code = 420, headers = { "Unsupported: 100rel" } })
    assert.equal(420, final(assert(caller:invite({ rel100 = "required", retry = false }))))
    asked = {}
    answers({ status_code = 422, headers = { "Min-SE: 3600" } })
    assert.equal(422, final(assert(caller:invite({ retry = false }))))
  end)

  it("with 422 is answered by a longer interval each time, four times at most (RFC 4028 7.3)",
    function()
      local n = 0
      caller.phone.on_request = function(message)
        if message.method == "INVITE" then
          n = n + 1
          return { status_code = 422, headers = { "Min-SE: " .. 2000 + n } }
        end
      end
      assert.equal(422, final(assert(caller:invite())))
      assert.equal(5, n)
    end)

  it("with a status nobody knows acts as its class: x00 (RFC 3261 8.1.3.2, UAC-013)", function()
    local heard = {}
    local delegate = {}
    for _, name in ipairs({ "on_accept", "on_redirect", "on_reject", "on_progress" }) do
      delegate[name] = function(response) table.insert(heard, name .. response.status_code) end
    end
    for _, status in ipairs({ 299, 399, 499, 599, 699 }) do
      caller.phone.on_request = function(message)
        if message.method ~= "INVITE" then return end
        caller.phone:respond(message, { status_code = 198 })
        return { status_code = status, body = status == 299 and caller.phone:sdp() or nil }
      end
      local request = assert(caller:invite({ delegate = delegate }))
      assert.equal(status, final(request))
      if status == 299 then request.session:bye() end
    end
    assert.same({ "on_progress198", "on_accept299", "on_progress198", "on_redirect399",
      "on_progress198", "on_reject499", "on_progress198", "on_reject599",
      "on_progress198", "on_reject699" }, heard)
  end)

  it("by the network, or silence, is an error and no response (RFC 3261 8.1.3.1, UAC-012)",
    function()
      local heard
      caller.agent:link_down(true)
      caller:invite({ delegate = { on_reject = function(response, err)
        heard = { response == nil, err.code }
      end } })
      caller.net:run(1)
      assert.same({ true, "ETRANSPORT" }, heard)
      caller.agent:link_down(false)
      caller.phone.on_request = function() return false end
      local start = caller.net:now()
      caller:invite({ delegate = { on_reject = function(response, err)
        heard = { response == nil, err.code, caller.net:now() }
      end } })
      caller.net:run(40)
      assert.same({ true, "ETIMEOUT", start + 32 }, heard)
    end)
end)
