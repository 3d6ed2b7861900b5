local Bridge = require("spec.support.bridge")

describe("a call that is given up while it rings", function()
  local bridge

  before_each(function()
    bridge = Bridge.new()
    bridge:hold(bridge.bob)
  end)
  after_each(function() bridge:finish() end)

  it("is cancelled at the callee, with the caller's Reason (RFC 3261 9.1, RFC 3326)", function()
    local told
    bridge.hooks.on_end = function() told = true end
    local call = bridge:dial()
    bridge:answer(bridge.bob, { status_code = 180 })
    bridge.net.filter = function(packet)
      packet.text = packet.text:gsub("^(CANCEL.-\r\n)", "%1Reason: SIP;cause=600\r\n", 1)
      bridge.net.filter = nil
    end
    call:cancel()
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        alice -> b2bua  INVITE (sdp)
        b2bua -> bob    INVITE (sdp)
        bob -> b2bua    180
        b2bua -> alice  180
        alice -> b2bua  CANCEL
        b2bua -> alice  200 CANCEL
        b2bua -> alice  487
        b2bua -> bob    CANCEL
        alice -> b2bua  ACK
        bob -> b2bua    200 CANCEL
        bob -> b2bua    487
        b2bua -> bob    ACK
    ]])
    assert.equal("SIP;cause=600", bridge:got(bridge.bob, "CANCEL")[1]:header("Reason"))
    assert.is_true(told)
  end)

  it("before anything rang is cancelled with the first provisional (RFC 3261 9.1)", function()
    local call = bridge:dial()
    call:cancel({ now = true })
    bridge.net:settle()
    assert.equal(487, call.response.status_code)
    assert.equal(0, #bridge:got(bridge.bob, "CANCEL"))
    bridge:answer(bridge.bob, { status_code = 180 })
    assert.equal(1, #bridge:got(bridge.bob, "CANCEL"))
  end)

  it("as the callee answers: 487 there, ACK and BYE here (RFC 3261 9.1)", function()
    local call = bridge:dial()
    bridge:answer(bridge.bob, { status_code = 180 })
    bridge.net:clear()
    call:cancel()
    bridge.bob:respond(bridge:invited(bridge.bob),
      { status_code = 200, body = bridge.bob:sdp() })
    bridge.net:settle()
    assert.equal(487, call.response.status_code)
    assert.equal(1, #bridge:got(bridge.bob, "ACK"))
    assert.equal(1, #bridge:got(bridge.bob, "BYE"))
  end)

  it("as the 200 is under way to the caller: the caller's BYE ends it (RFC 5407 3.1.3)", function()
    local call = bridge:dial()
    bridge:answer(bridge.bob, { status_code = 180 })
    bridge.net.filter = function(packet)
      if packet.text:find("^SIP/2.0 200 OK\r\n.-INVITE") and packet.to == bridge.alice.address then
        call:cancel()
        bridge.net.filter = nil
      end
    end
    bridge:answer(bridge.bob, { status_code = 200, body = bridge.bob:sdp() })
    assert.equal("confirmed", call.state)
    assert.equal("connected", bridge.call.state)
    assert.equal(0, #bridge:got(bridge.bob, "CANCEL"))
  end)

  it("by BYE in the early dialog is cancelled too (RFC 3261 15)", function()
    local call = bridge:dial()
    bridge:answer(bridge.bob, { status_code = 180 })
    call:bye({ headers = { "Reason: SIP;cause=603" } })
    bridge.net:settle()
    assert.equal(487, call.response.status_code)
    assert.equal("SIP;cause=603", bridge:got(bridge.bob, "CANCEL")[1]:header("Reason"))
  end)

  it("by its Expires is cancelled at the callee (RFC 3261 13.3.1)", function()
    local call = bridge:dial({ headers = { "Expires: 3" } })
    bridge.bob:respond(bridge:invited(bridge.bob), { status_code = 100 })
    bridge.net:run(4)
    assert.equal(487, call.response.status_code)
    assert.equal(1, #bridge:got(bridge.bob, "CANCEL"))
  end)

  it("by the script: CANCEL to one, a refusal to the other", function()
    local kept
    bridge.hooks.on_progress = function(_, call) kept = call end
    local call = bridge:dial()
    bridge:answer(bridge.bob, { status_code = 180 })
    kept:hangup({ status_code = 403 })
    bridge.net:settle()
    assert.equal(403, call.response.status_code)
    assert.equal(1, #bridge:got(bridge.bob, "CANCEL"))
  end)

  it("closes the callback that waits in bridge()", function()
    local finished
    bridge.after = function() finished = true end
    local call = bridge:dial()
    bridge:answer(bridge.bob, { status_code = 180 })
    call:cancel()
    bridge.net:settle()
    assert.equal(0, bridge.agent:census().tasks)
    assert.is_nil(finished)
  end)
end)
