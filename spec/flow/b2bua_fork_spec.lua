local Bridge = require("spec.support.bridge")

describe("a call with several targets", function()
  local bridge, bob, carol, dave

  before_each(function()
    bridge = Bridge.new()
    bob = bridge.bob
    carol = bridge:add("carol", 4)
    dave = bridge:add("dave", 5)
  end)
  after_each(function() bridge:finish() end)

  local function refuse(phone, status, headers)
    phone.on_request = function(message)
      if message.method == "INVITE" then return { status_code = status, headers = headers } end
    end
  end

  it("tries one after the other", function()
    refuse(bob, 486)
    bridge.targets = { bob.uri, carol.uri }
    local call = bridge:dial()
    assert.equal(200, call.response.status_code)
    bridge:played([[
      alice b2bua bob carol
        alice -> b2bua  INVITE (sdp)
        b2bua -> bob    INVITE (sdp)
        bob -> b2bua    486
        b2bua -> bob    ACK
        b2bua -> carol  INVITE (sdp)
        carol -> b2bua  200 (sdp)
        b2bua -> alice  200 (sdp)
        b2bua -> carol  ACK
        alice -> b2bua  ACK
    ]])
    assert.equal(carol.uri, bridge.call.b.target.uri)
  end)

  it("goes on when one does not answer in its time", function()
    bridge:hold(bob)
    bridge.targets = { { uri = bob.uri, timeout = 5 }, carol.uri }
    local call = bridge:dial()
    bob:respond(bridge:invited(bob), { status_code = 180 })
    bridge.net:run(6)
    assert.equal(200, call.response.status_code)
    assert.equal(1, #bridge:got(bob, "CANCEL"))
  end)

  it("goes on when one cannot be reached", function()
    bridge.targets = { "sip:bob@example.org", carol.uri }
    assert.equal(200, bridge:dial().response.status_code)
  end)

  it("rings at all of a group at once; the first answer wins, the others hear why "
    .. "(RFC 3326)", function()
    bridge:hold(bob)
    bridge:hold(carol)
    bridge.targets = { { bob.uri, carol.uri } }
    local call = bridge:dial()
    bridge:answer(bob, { status_code = 180 })
    bridge:answer(carol, { status_code = 180 })
    bridge.net:clear()
    bridge:answer(carol, { status_code = 200, body = carol:sdp() })
    bridge:played([[
      alice b2bua bob carol
        carol -> b2bua  200 (sdp)
        b2bua -> bob    CANCEL
        b2bua -> alice  200 (sdp)
        b2bua -> carol  ACK
        bob -> b2bua    200 CANCEL
        bob -> b2bua    487
        alice -> b2bua  ACK
        b2bua -> bob    ACK
    ]])
    assert.equal(carol:sdp(), call.response.body)
    assert.equal('SIP;cause=200;text="Call completed elsewhere"',
      bridge:got(bob, "CANCEL")[1]:header("Reason"))
  end)

  it("that two answer in the same moment keeps the first and hangs the other up", function()
    bridge:hold(bob)
    bridge:hold(carol)
    bridge.targets = { { bob.uri, carol.uri } }
    local call = bridge:dial()
    bob:respond(bridge:invited(bob), { status_code = 200, body = bob:sdp() })
    carol:respond(bridge:invited(carol), { status_code = 200, body = carol:sdp() })
    bridge.net:settle()
    assert.equal(bob:sdp(), call.response.body)
    assert.equal(1, #bridge:got(carol, "ACK"))
    assert.equal(1, #bridge:got(carol, "BYE"))
    assert.equal(0, #bridge:got(bob, "BYE"))
  end)

  it("ends at once when one declines for all (RFC 3261 16.7)", function()
    bridge:hold(bob)
    bridge:hold(carol)
    bridge.targets = { { bob.uri, carol.uri }, dave.uri }
    local call = bridge:dial()
    bridge:answer(bob, { status_code = 180 })
    bridge:answer(carol, { status_code = 603 })
    assert.equal(603, call.response.status_code)
    assert.equal(1, #bridge:got(bob, "CANCEL"))
    assert.is_nil(bridge:invited(dave))
    assert.equal(603, bridge.err.status_code)
  end)

  for _, row in ipairs({
    { 404, 486, 404 }, { 500, 486, 486 }, { 503, 503, 500 }, { 486, 484, 484 }, { 407, 486, 486 },
    { 401, 401, 500 }, { 302, 404, 302 }, { 408, 480, 480 },
  }) do
    it(("answers %d and %d with %d (RFC 3261 16.7)"):format(table.unpack(row)), function()
      refuse(bob, row[1], { "WWW-Authenticate: Digest realm=x, nonce=y", "X-Why: so" })
      refuse(carol, row[2])
      bridge.targets = { bob.uri, carol.uri }
      local call = bridge:dial()
      assert.equal(row[3], call.response.status_code)
      assert.is_nil(call.response:header("WWW-Authenticate"))
      assert.is_nil(call.response:header("Proxy-Authenticate"))
    end)
  end

  it("that nobody answers at all is 408", function()
    bob.on_request = function() return false end
    local call = bridge:dial()
    bridge.net:run(40)
    assert.equal(408, call.response.status_code)
    assert.equal("ETIMEOUT", bridge.err.code)
  end)

  it("passes the refusal with its reason and headers on", function()
    bob.on_request = function(message)
      if message.method == "INVITE" then
        return { status_code = 486, reason_phrase = "At Lunch",
          headers = { "Retry-After: 60", "X-Back: soon", "Server: secret" } }
      end
    end
    local response = bridge:dial().response
    assert.equal("At Lunch", response.reason_phrase)
    assert.equal("60", response:header("Retry-After"))
    assert.equal("soon", response:header("X-Back"))
    assert.is_nil(response.text:find("secret", 1, true))
  end)

  it("shows a 3xx, or follows it best first on request (RFC 3261 8.1.3.4)", function()
    local contacts = ("Contact: <%s>;q=0.2, <%s>;q=0.9"):format(dave.uri, carol.uri)
    bob.on_request = function(message)
      if message.method == "INVITE" then
        return { status_code = 302, contact = false, headers = { contacts } }
      end
    end
    local call = bridge:dial()
    assert.equal(302, call.response.status_code)
    assert.same({ "<sip:dave@192.0.2.5:5060>;q=0.2", "<sip:carol@192.0.2.4:5060>;q=0.9" },
      { call.response:header("Contact"), call.response:headers("Contact")[2] })
    refuse(carol, 480)
    bridge.options = { follow = true }
    assert.equal(200, bridge:dial().response.status_code)
    assert.equal(1, #bridge:got(carol, "INVITE"))
    assert.equal(1, #bridge:got(dave, "INVITE"))
  end)

  it("comes back to the script on request, which may try elsewhere", function()
    refuse(bob, 404)
    bridge.options = { answer = false }
    bridge.after = function(request)
      bridge.after = nil
      assert.equal(404, bridge.err.response.status_code)
      bridge.targets = carol.uri
      bridge:on_invite(request)
    end
    local call = bridge:dial()
    assert.equal(200, call.response.status_code)
    assert.equal("connected", bridge.call.state)
  end)

  it("skips what on_try does not want", function()
    bridge.hooks.on_try = function(target) return target.uri ~= bob.uri end
    bridge.targets = { bob.uri, carol.uri }
    bridge:dial()
    assert.is_nil(bridge:invited(bob))
    assert.equal(200, bridge.a.response.status_code)
  end)

  it("and no target is refused with 480", function()
    bridge.targets = {}
    assert.equal(480, bridge:dial().response.status_code)
    assert.equal("ENOTARGET", bridge.err.code)
  end)
end)

describe("a callee's side that forks", function()
  local bridge, bob

  before_each(function()
    bridge = Bridge.new()
    bob = bridge.bob
    bridge:hold(bob)
  end)
  after_each(function() bridge:finish() end)

  -- A response of another fork of Bob's side.
  local function fork(tag, status, body, headers)
    local invite = bridge:invited(bob)
    bob:send(("SIP/2.0 %d Fork\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\n"
      .. "CSeq: %d INVITE\r\nContact: <%s>\r\n%s%sContent-Length: %d\r\n\r\n%s"):format(status,
      invite:header("Via"), invite.from, invite.to, tag, invite.call_id, invite.cseq, bob.uri,
      headers or "", body and "Content-Type: application/sdp\r\n" or "", #(body or ""), body or ""),
      bridge.agent)
    bridge.net:settle()
  end

  it("shows one early dialog with its media; the answer of another one counts in the end",
    function()
      local call = bridge:dial()
      local one, two = bob:sdp({ port = 1001 }), bob:sdp({ port = 1002 })
      fork("one", 183, one)
      fork("two", 183, two)
      fork("two", 200, two)
      local tags = {}
      for _, response in ipairs(call.responses) do tags[response.to_tag] = true end
      assert.equal(1, #call.responses - 2)
      assert.is_nil(next(tags, next(tags)))
      assert.equal(one, call.responses[1].body)
      assert.equal("", call.responses[2].body)
      assert.equal(two, call.response.body)
      assert.equal(0, #bridge:got(bob, "BYE"))
    end)

  it("hangs a second 200 up (RFC 3261 13.2.2.4)", function()
    local call = bridge:dial()
    fork("one", 200, bob:sdp({ port = 1001 }))
    fork("two", 200, bob:sdp({ port = 1002 }))
    assert.equal(200, call.response.status_code)
    assert.equal(2, #bridge:got(bob, "ACK"))
    local byes = bridge:got(bob, "BYE")
    assert.equal(1, #byes)
    assert.equal("two", byes[1].to_tag)
    bridge.call:hangup()
  end)
end)
