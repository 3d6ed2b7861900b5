local Bridge = require("spec.support.bridge")
local sip = require("moonsip")

describe("a transfer", function()
  local bridge, alice, bob, carol

  before_each(function()
    bridge = Bridge.new()
    alice, bob = bridge.alice, bridge.bob
    carol = bridge:add("carol", 4)
    -- Whoever gets an INVITE without an offer makes one.
    carol.on_request = function(message)
      if message.method == "INVITE" then return { status_code = 200, body = carol:sdp() } end
    end
  end)
  after_each(function() bridge:finish() end)

  local function refer(call, to, headers)
    local request = call:request({
      method = "REFER", contact = call.phone.uri,
      headers = { ("Refer-To: <%s>"):format(to), table.unpack(headers or {}) },
    })
    bridge.net:settle()
    return request
  end

  -- The first lines of what a phone was told in NOTIFY.
  local function reports(phone)
    local list = {}
    for _, message in ipairs(bridge:got(phone, "NOTIFY")) do
      list[#list + 1] = message.body:match("^SIP/2.0 (%d+)")
    end
    return list
  end

  it("hands the other side over; NOTIFY comes before BYE (RFC 5589 6)", function()
    local a, b = bridge:connect()
    assert.equal(202, refer(b, carol.uri):status())
    bridge:played([[
      alice b2bua bob carol
        bob -> b2bua    REFER
        b2bua -> bob    202
        b2bua -> carol  INVITE
        b2bua -> bob    NOTIFY
        carol -> b2bua  200 (sdp)
        bob -> b2bua    200 NOTIFY
        b2bua -> alice  INVITE (sdp)
        alice -> b2bua  200 (sdp)
        b2bua -> alice  ACK
        b2bua -> carol  ACK (sdp)
        b2bua -> bob    NOTIFY
        bob -> b2bua    200 NOTIFY
        b2bua -> bob    BYE
        bob -> b2bua    200 BYE
    ]])
    assert.same({ "100", "200" }, reports(bob))
    assert.equal(carol:sdp(), bridge.call.b.sdp)
    assert.equal("connected", bridge.call.state)
    a:bye()
    bridge.net:settle()
    assert.equal(1, #bridge:got(carol, "BYE"))
  end)

  it("reports ringing, and a refusal; then all is as before (RFC 3515 2.4.5)", function()
    carol.on_request = function(message)
      if message.method == "INVITE" then
        carol:respond(message, { status_code = 180 })
        return { status_code = 486 }
      end
    end
    local a, b = bridge:connect()
    refer(b, carol.uri)
    assert.same({ "100", "180", "486" }, reports(bob))
    assert.equal("connected", bridge.call.state)
    assert.equal(0, #bridge:got(alice, "INVITE"))
    local change = a:reinvite({ body = alice:sdp({ version = 2 }) })
    bridge.net:settle()
    assert.equal(200, change:status())
  end)

  it("goes on when who asked for it leaves early", function()
    bridge:hold(carol)
    local _, b = bridge:connect()
    refer(b, carol.uri)
    b:bye()
    bridge.net:settle()
    assert.equal(0, #bridge:got(alice, "BYE"))
    bridge:answer(carol, { status_code = 200, body = carol:sdp() })
    assert.equal(1, #bridge:got(alice, "INVITE"))
    assert.equal("connected", bridge.call.state)
  end)

  it("that fails after who asked for it has left ends the call", function()
    bridge:hold(carol)
    local _, b = bridge:connect()
    refer(b, carol.uri)
    b:bye()
    bridge.net:settle()
    bridge:answer(carol, { status_code = 486 })
    assert.equal(1, #bridge:got(alice, "BYE"))
    assert.equal("ended", bridge.call.state)
  end)

  it("is given up when who is handed over hangs up", function()
    bridge:hold(carol)
    local a, b = bridge:connect()
    refer(b, carol.uri)
    bridge:answer(carol, { status_code = 180 })
    a:bye()
    bridge.net:settle()
    assert.equal(1, #bridge:got(carol, "CANCEL"))
    assert.equal(1, #bridge:got(bob, "BYE"))
    assert.same({ "100", "180", "487" }, reports(bob))
  end)

  it("whose re-INVITE is refused leaves both where they were", function()
    local a, b = bridge:connect()
    a.on_request = function(message)
      if message.method == "INVITE" then return { status_code = 488 } end
    end
    refer(b, carol.uri)
    assert.same({ "100", "488" }, reports(bob))
    assert.equal(1, #bridge:got(carol, "BYE"))
    assert.equal("connected", bridge.call.state)
  end)

  it("by the caller hands the callee over", function()
    local a = bridge:connect()
    refer(a, carol.uri)
    assert.same({ "100", "200" }, reports(alice))
    assert.equal(1, #bridge:got(alice, "BYE"))
    assert.equal(2, #bridge:got(bob, "INVITE"))
  end)

  it("without reports needs none (RFC 4488)", function()
    local _, b = bridge:connect()
    refer(b, carol.uri, { "Refer-Sub: false" })
    assert.same({}, reports(bob))
    assert.equal(1, #bridge:got(bob, "BYE"))
    assert.equal("connected", bridge.call.state)
  end)

  it("goes where on_transfer says", function()
    bridge.hooks.on_transfer = function() return { "sip:x@example.org", carol.uri } end
    local _, b = bridge:connect()
    refer(b, "sip:carol@192.0.2.1:5060")
    assert.same({ "100", "200" }, reports(bob))
  end)

  it("may be refused, by the hook or by option", function()
    bridge.hooks.on_transfer = function() return false end
    local _, b = bridge:connect()
    assert.equal(603, refer(b, carol.uri):status())
    bridge.hooks.on_transfer = nil
    bridge.call.options.transfer = "refuse"
    assert.equal(603, refer(b, carol.uri):status())
  end)

  it("follows no header in Refer-To but Replaces (RFC 3515 4, EVT-016)", function()
    local _, b = bridge:connect()
    refer(b, carol.uri .. "?Route=%3Csip:evil@192.0.2.66%3E&Subject=x&Replaces="
      .. "9%40x%3Bto-tag%3D1%3Bfrom-tag%3D2", { "Referred-By: <sip:bob@192.0.2.3>" })
    local invite = bridge:invited(carol)
    assert.equal(carol.uri, invite.ruri)
    assert.is_nil(invite:header("Route"))
    assert.is_nil(invite:header("Subject"))
    assert.equal("9@x;to-tag=1;from-tag=2", invite:header("Replaces"))
    assert.equal("<sip:bob@192.0.2.3>", invite:header("Referred-By"))
  end)

  it("of another method than INVITE is declined", function()
    local _, b = bridge:connect()
    assert.equal(603, refer(b, carol.uri .. ";method=BYE"):status())
  end)

  it("crossing a BYE is answered, and nothing is left (RFC 5407 3.3.3, EVT-018)", function()
    local a, b = bridge:connect()
    local request = b:request({ method = "REFER", contact = bob.uri,
      headers = { ("Refer-To: <%s>"):format(carol.uri) } })
    a:bye()
    bridge.net:run(1)
    assert.is_truthy(request:status())
    assert.equal("ended", bridge.call.state)
  end)

  it("handed on to the other side is done there; its reports come back", function()
    bridge.options = { transfer = "pass" }
    local a, b = bridge:connect()
    a.on_request = function(message)
      if message.method == "REFER" then return { status_code = 202 } end
    end
    local request = refer(b, carol.uri, { "Referred-By: <sip:bob@192.0.2.3>" })
    assert.equal(202, request:status())
    assert.equal("<sip:bob@192.0.2.3>", bridge:got(alice, "REFER")[1]:header("Referred-By"))
    a:request({
      method = "NOTIFY", body = "SIP/2.0 200 OK\r\n", content_type = "message/sipfrag",
      contact = alice.uri,
      headers = { "Event: refer", "Subscription-State: terminated;reason=noresource" },
    })
    bridge.net:settle()
    assert.equal("200", reports(bob)[#reports(bob)])
  end)

  describe("attended", function()
    local first, second, b, b2

    -- Alice talks to Bob; Bob asks Carol, in a call of his own through us.
    before_each(function()
      b = select(2, bridge:connect())
      first = bridge.call
      bridge.targets = carol.uri
      b2 = bob:invite({ to = bridge.agent })
      bridge.net:settle()
      second = bridge.call
      bridge.net:clear()
      alice.on_request = function(message)
        if message.method == "INVITE" then
          return { status_code = 200, body = alice:sdp({ version = 7 }) }
        end
      end
    end)

    local function replaces()
      return ("?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3D%s"):format(
        b2.call_id:gsub("@", "%%40"), b2.remote_tag, b2.local_tag)
    end

    it("puts the two others together, and hangs who asked for it up (RFC 5589 7.1)", function()
      refer(b, carol.uri .. replaces())
      assert.same({ "100", "200" }, reports(bob))
      assert.equal(2, #bridge:got(bob, "BYE"))
      assert.equal(alice:sdp({ version = 7 }), bridge:got(carol, "INVITE")[2].body)
      assert.equal(carol:sdp(), bridge:got(alice, "ACK")[1].body)
      assert.equal("connected", first.state)
      assert.equal("ended", second.state)
      alice.calls[first.a.session.call_id]:bye()
      bridge.net:settle()
      assert.equal(1, #bridge:got(carol, "BYE"))
    end)

    it("that the third refuses leaves both calls as they were", function()
      carol.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 488 } end
      end
      refer(b, carol.uri .. replaces())
      assert.same({ "100", "488" }, reports(bob))
      assert.equal("connected", first.state)
      assert.equal("connected", second.state)
      assert.equal(0, #bridge:got(bob, "BYE"))
    end)
  end)

  describe("by an INVITE that takes a leg's place (RFC 3891)", function()
    -- Carol calls, and the script puts her in the place of a leg.
    local function take(leg, options)
      bridge.on_invite = function(_, request) sip.b2bua.replace(request, leg) end
      local given = { to = bridge.agent }
      for name, value in pairs(options or {}) do given[name] = value end
      local call = carol:invite(given)
      bridge.net:settle()
      return call
    end

    it("asks the other side, then hangs the old one up", function()
      bridge:connect()
      local c = take(bridge.call.b)
      bridge:played([[
        alice b2bua bob carol
          carol -> b2bua  INVITE (sdp)
          b2bua -> alice  INVITE (sdp)
          alice -> b2bua  200 (sdp)
          b2bua -> alice  ACK
          b2bua -> carol  200 (sdp)
          b2bua -> bob    BYE
          carol -> b2bua  ACK
          bob -> b2bua    200 BYE
      ]])
      c:bye()
      bridge.net:settle()
      assert.equal(1, #bridge:got(alice, "BYE"))
    end)

    it("with a late offer too", function()
      bridge:connect()
      local c = take(bridge.call.b, { body = false, ack = { body = carol:sdp() } })
      assert.equal(200, c.response.status_code)
      assert.equal(carol:sdp(), bridge:got(alice, "ACK")[1].body)
      assert.equal("connected", bridge.call.state)
    end)

    it("is refused as the other side refuses", function()
      local a = bridge:connect()
      a.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 488 } end
      end
      assert.equal(488, take(bridge.call.b).response.status_code)
      assert.equal("connected", bridge.call.state)
    end)

    it("while it rings answers the caller", function()
      local ringing
      bridge:hold(bob)
      bridge.hooks.on_progress = function(_, call) ringing = call end
      local a = bridge:dial()
      bridge:answer(bob, { status_code = 180 })
      local c = take(ringing.b)
      assert.equal(carol:sdp(), a.response.body)
      assert.equal(alice:sdp(), c.response.body)
      assert.equal(1, #bridge:got(bob, "CANCEL"))
      assert.equal("connected", ringing.state)
    end)

    it("comes too late when the call is over: 603", function()
      local a = bridge:connect()
      local leg = bridge.call.b
      a:bye()
      bridge.net:settle()
      assert.equal(603, take(leg).response.status_code)
    end)
  end)
end)
