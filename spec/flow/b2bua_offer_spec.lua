local Bridge = require("spec.support.bridge")

describe("offer and answer across a bridge", function()
  local bridge, alice, bob

  before_each(function()
    bridge = Bridge.new()
    alice, bob = bridge.alice, bridge.bob
  end)
  after_each(function() bridge:finish() end)

  local function ring(status, reliable, body)
    bob:respond(bridge:invited(bob), { status_code = status, body = body,
      headers = reliable and { "Require: 100rel", "RSeq: " .. reliable } or nil })
    bridge.net:settle()
  end

  it("a late offer is made by the callee and answered in the caller's ACK (RFC 3261 13.2.1)",
    function()
      bob.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 200, body = bob:sdp() } end
      end
      bridge:dial({ body = false })
      bridge:played([[
        alice b2bua bob
          alice -> b2bua  INVITE
          b2bua -> bob    INVITE
          bob -> b2bua    200 (sdp)
          b2bua -> alice  200 (sdp)
          alice -> b2bua  ACK (sdp)
          b2bua -> bob    ACK (sdp)
      ]])
      assert.equal(alice:sdp(), bridge:got(bob, "ACK")[1].body)
      assert.equal(alice:sdp(), bridge.call.a.sdp)
      assert.equal(bob:sdp(), bridge.call.b.sdp)
    end)

  it("a late offer that the caller never answers ends both sides", function()
    bridge:dial({ body = false, ack = { body = false } })
    bridge.net:run(1)
    assert.equal(1, #bridge:got(bob, "BYE"))
    assert.equal("ended", bridge.call.state)
  end)

  it("a late offer whose ACK is lost for ever leaves nothing behind", function()
    bridge:dial({ body = false, ack = false })
    bridge.net:run(40)
    assert.equal(1, #bridge:got(bob, "BYE"))
  end)

  it("early media reaches the caller, and counts again in the 200 (RFC 3261 13.3.1.4)", function()
    bridge:hold(bob)
    local call = bridge:dial()
    ring(183, nil, bob:sdp())
    assert.equal(bob:sdp(), call.responses[1].body)
    ring(200, nil, bob:sdp())
    assert.equal(bob:sdp(), call.response.body)
  end)

  it("a reliable 1xx is acknowledged on each leg by itself (RFC 3262)", function()
    bridge:hold(bob)
    bridge:dial({ rel100 = true })
    ring(183, 5, bob:sdp())
    bridge:played([[
      alice b2bua bob
        alice -> b2bua  INVITE (sdp)
        b2bua -> bob    INVITE (sdp)
        bob -> b2bua    183 (sdp)
        b2bua -> alice  183 (sdp)
        b2bua -> bob    PRACK
        alice -> b2bua  PRACK
        bob -> b2bua    200 PRACK
        b2bua -> alice  200 PRACK
    ]])
    ring(200)
    assert.equal("connected", bridge.call.state)
  end)

  it("a caller without 100rel gets it unreliably, the callee its PRACK all the same", function()
    bridge:hold(bob)
    local call = bridge:dial()
    ring(183, 5, bob:sdp())
    assert.is_nil(call.responses[1].rseq)
    assert.equal(1, #bridge:got(bob, "PRACK"))
    ring(200)
    assert.equal(bob:sdp(), call.response.body)
  end)

  it("a caller that demands 100rel gets it though the callee has none", function()
    bridge:hold(bob)
    local call = bridge:dial({ rel100 = "require" })
    ring(180)
    assert.is_truthy(call.responses[1].rseq)
    assert.equal(0, #bridge:got(bob, "PRACK"))
    ring(200, nil, bob:sdp())
    assert.equal("connected", bridge.call.state)
  end)

  it("an offer in a reliable 1xx is answered in PRACK, through both legs (RFC 3262 5)", function()
    bridge:hold(bob)
    bridge:dial({ body = false, rel100 = true, prack = { body = alice:sdp() } })
    ring(183, 9, bob:sdp())
    bridge:played([[
      alice b2bua bob
        alice -> b2bua  INVITE
        b2bua -> bob    INVITE
        bob -> b2bua    183 (sdp)
        b2bua -> alice  183 (sdp)
        alice -> b2bua  PRACK (sdp)
        b2bua -> bob    PRACK (sdp)
        b2bua -> alice  200 PRACK
        bob -> b2bua    200 PRACK
    ]])
    assert.equal(alice:sdp(), bridge:got(bob, "PRACK")[1].body)
    ring(200)
    assert.equal("connected", bridge.call.state)
    assert.equal(1, #bridge:got(bob, "ACK"))
  end)

  it("a caller that has no 100rel for a late offer keeps the callee from using it", function()
    bridge:hold(bob)
    bridge:dial({ body = false })
    assert.is_false(bridge:invited(bob):lists("Supported", "100rel"))
    ring(200, nil, bob:sdp())
  end)

  it("a PRACK with an offer of its own becomes an UPDATE (RFC 3262 5, RFC 3311)", function()
    bridge:hold(bob)
    bridge:dial({ rel100 = true, prack = { body = alice:sdp({ version = 2 }) } })
    bob.on_request = function(message)
      if message.method == "UPDATE" then
        return { status_code = 200, body = bob:sdp({ version = 2 }) }
      end
      return message.method == "INVITE" and false or nil
    end
    ring(183, 5, bob:sdp())
    assert.equal(alice:sdp({ version = 2 }), bridge:got(bob, "UPDATE")[1].body)
    assert.equal(bob:sdp({ version = 2 }), bridge:got(alice, "200 PRACK")[1].body)
    ring(200)
  end)

  it("UPDATE of the callee in an early dialog reaches the caller (RFC 3311 5.1)", function()
    bridge:hold(bob)
    local a = bridge:dial({ rel100 = true })
    ring(183, 5, bob:sdp())
    local b = bridge:leg()
    b.remote_tag = bridge:invited(bob).from_tag
    local update = b:update({ body = bob:sdp({ version = 2 }) })
    bridge.net:settle()
    assert.equal(200, update:status())
    assert.equal(bob:sdp({ version = 2 }), a.requests[#a.requests].body)
    ring(200)
  end)

  it("the caller who took another fork's answer gets the winner's by re-INVITE", function()
    local carol = bridge:add("carol", 4)
    bridge:hold(bob)
    bridge:hold(carol)
    bridge.targets = { { bob.uri, carol.uri } }
    local a = bridge:dial({ rel100 = true })
    ring(183, 5, bob:sdp())
    bridge:answer(carol, { status_code = 200, body = carol:sdp() })
    bridge.net:run(1)
    assert.equal("confirmed", a.state)
    assert.equal(carol:sdp(), bridge:got(alice, "INVITE")[1].body)
    assert.equal("connected", bridge.call.state)
  end)
end)

describe("a session timer of a bridge", function()
  it("is kept on each leg by itself (RFC 4028)", function()
    local bridge = Bridge.new({ settings = { ["session.expires"] = 600 } })
    bridge:dial({ headers = { "Session-Expires: 1800;refresher=uac", "Supported: timer" } })
    assert.equal(1, #bridge:got(bridge.bob, "INVITE"))
    bridge.net:run(2000)
    assert.equal("ended", bridge.call.state)
    assert.equal(1, #bridge:got(bridge.bob, "BYE"))
    bridge:finish()
  end)
end)
