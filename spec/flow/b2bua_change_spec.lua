local Bridge = require("spec.support.bridge")

describe("in a bridged call", function()
  local bridge, alice, bob

  before_each(function()
    bridge = Bridge.new()
    alice, bob = bridge.alice, bridge.bob
  end)
  after_each(function() bridge:finish() end)

  it("a re-INVITE of either side is answered by the other (RFC 3261 14)", function()
    local a, b = bridge:connect()
    local held = alice:sdp({ version = 2, direction = "sendonly" })
    local change = a:reinvite({ body = held })
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        alice -> b2bua  INVITE (sdp)
        b2bua -> bob    INVITE (sdp)
        bob -> b2bua    200 (sdp)
        b2bua -> bob    ACK
        b2bua -> alice  200 (sdp)
        alice -> b2bua  ACK
    ]])
    assert.equal(held, b.requests[#b.requests - 1].body)
    assert.equal(bob:sdp(), change.response.body)
    bridge.net:clear()
    b:reinvite({ body = bob:sdp({ version = 2 }) })
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        bob -> b2bua    INVITE (sdp)
        b2bua -> alice  INVITE (sdp)
        alice -> b2bua  200 (sdp)
        b2bua -> alice  ACK
        b2bua -> bob    200 (sdp)
        bob -> b2bua    ACK
    ]])
  end)

  it("hold and resume cross as they were said (RFC 5359 2.1)", function()
    local a, b = bridge:connect()
    for version, direction in ipairs({ "sendonly", "sendrecv" }) do
      a:reinvite({ body = alice:sdp({ version = version + 1, direction = direction }) })
      bridge.net:settle()
      assert.truthy(b.requests[#b.requests - 1].body:find("a=" .. direction, 1, true))
    end
    assert.truthy(bridge.call.a.sdp:find("a=sendrecv", 1, true))
  end)

  it("an offerless re-INVITE takes offer and answer through both legs (RFC 3261 14.1)", function()
    local a, b = bridge:connect()
    a:reinvite({ body = false, ack = { body = alice:sdp({ version = 3 }) } })
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        alice -> b2bua  INVITE
        b2bua -> bob    INVITE
        bob -> b2bua    200 (sdp)
        b2bua -> alice  200 (sdp)
        alice -> b2bua  ACK (sdp)
        b2bua -> bob    ACK (sdp)
    ]])
    assert.equal(alice:sdp({ version = 3 }), b.requests[#b.requests].body)
    assert.equal(alice:sdp({ version = 3 }), bridge.call.a.sdp)
  end)

  it("an offerless re-INVITE left without its answer leaves both sides as they were", function()
    local a, b = bridge:connect()
    a:reinvite({ body = false, ack = { body = false } })
    bridge.net:run(1)
    assert.equal(alice:sdp(), b.requests[#b.requests].body)
    assert.equal("connected", bridge.call.state)
  end)

  it("a refusal comes back with its status, and nothing changes (RFC 3261 14.1)", function()
    local a, b = bridge:connect()
    b.on_request = function(message)
      if message.method == "INVITE" then
        return { status_code = 488, headers = { 'Warning: 304 b "no video"' } }
      end
    end
    local before = bridge.call.a.sdp
    local change = a:reinvite({ body = alice:sdp({ version = 2 }) })
    bridge.net:settle()
    assert.equal(488, change:status())
    assert.equal('304 b "no video"', change.response:header("Warning"))
    assert.equal(before, bridge.call.a.sdp)
    assert.equal("connected", bridge.call.state)
  end)

  it("a cancelled re-INVITE is cancelled at the other side (RFC 3261 9)", function()
    local a, b = bridge:connect()
    local held
    b.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        bob:respond(message, { status_code = 180 })
        return false
      end
      if message.method == "CANCEL" then
        bob:respond(message, { status_code = 200 })
        bob:respond(held, { status_code = 487 })
        return false
      end
    end
    local change = a:reinvite({ body = alice:sdp({ version = 2 }) })
    bridge.net:run(0.5)
    change:cancel()
    bridge.net:settle()
    assert.equal(487, change:status())
    assert.equal(1, #bridge:got(bob, "CANCEL"))
    assert.equal("connected", bridge.call.state)
  end)

  it("a re-INVITE cancelled as the other side accepts is undone there", function()
    local a, b = bridge:connect()
    local held
    b.on_request = function(message)
      if message.method == "INVITE" and not held then
        held = message
        return false
      end
      if message.method == "CANCEL" then return { status_code = 200 } end
    end
    local change = a:reinvite({ body = alice:sdp({ version = 2 }) })
    bridge.net:run(0.3)
    change:cancel()
    bob:respond(held, { status_code = 200, body = bob:sdp() })
    bridge.net:run(1)
    assert.equal(487, change:status())
    assert.equal(alice:sdp(), b.requests[#b.requests - 1].body)
  end)

  it("UPDATE crosses as UPDATE where the other side knows it (RFC 3311)", function()
    local a, b = bridge:connect()
    -- The phone's 200 has no Allow; its own re-INVITE tells.
    b:reinvite({ body = bob:sdp({ version = 2 }) })
    bridge.net:settle()
    bridge.net:clear()
    local change = a:update({ body = alice:sdp({ version = 2 }) })
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        alice -> b2bua  UPDATE (sdp)
        b2bua -> bob    UPDATE (sdp)
        bob -> b2bua    200 (sdp)
        b2bua -> alice  200 (sdp)
    ]])
    assert.equal(200, change:status())
  end)

  it("UPDATE becomes a re-INVITE where it does not", function()
    local a = bridge:connect()
    local change = a:update({ body = alice:sdp({ version = 2 }) })
    bridge.net:settle()
    assert.equal(200, change:status())
    assert.equal(2, #bridge:got(bob, "INVITE"))
  end)

  it("a refresh that changes nothing is answered at once (RFC 4028 7.4)", function()
    local a = bridge:connect()
    local update = a:update()
    bridge.net:settle()
    local again = a:reinvite({ body = alice:sdp() })
    bridge.net:settle()
    assert.equal(200, update:status())
    assert.equal(bob:sdp(), again.response.body)
    bridge:played([[
      alice b2bua bob
        alice -> b2bua  UPDATE
        b2bua -> alice  200 UPDATE
        alice -> b2bua  INVITE (sdp)
        b2bua -> alice  200 (sdp)
        alice -> b2bua  ACK
    ]])
  end)

  it("two changes at once: both get 491, one leg tries again (RFC 3261 14.1)", function()
    local a, b = bridge:connect()
    local mine = a:reinvite({ body = alice:sdp({ version = 2 }) })
    local theirs = b:reinvite({ body = bob:sdp({ version = 2 }) })
    b.on_request = function(message)
      if message.method == "INVITE" then
        b.on_request = nil
        return { status_code = 491 }
      end
    end
    bridge.net:run(6)
    assert.equal(200, mine:status())
    assert.equal(491, theirs:status())
    assert.equal("connected", bridge.call.state)
  end)

  it("BYE that crosses a re-INVITE ends both sides (RFC 5407 3.1.4)", function()
    local a, b = bridge:connect()
    local change = a:reinvite({ body = alice:sdp({ version = 2 }) })
    b.on_request = function(message)
      if message.method == "INVITE" then return false end
    end
    bridge.net:settle()
    b:bye()
    bridge.net:run(1)
    assert.equal(487, change:status())
    assert.equal(1, #bridge:got(alice, "BYE"))
    assert.equal("ended", bridge.call.state)
  end)

  it("silence to a re-INVITE ends both sides (RFC 3261 14.1)", function()
    local a, b = bridge:connect()
    b.on_request = function() return false end
    a:reinvite({ body = alice:sdp({ version = 2 }) })
    bridge.net:run(40)
    assert.equal("ended", bridge.call.state)
    assert.equal(1, #bridge:got(alice, "BYE"))
  end)

  it("the script may answer a change itself", function()
    local leg_of_change
    bridge.hooks.on_change = function(request, leg)
      leg_of_change = leg
      request:reject({ status_code = 403 })
      return true
    end
    local a = bridge:connect()
    local change = a:reinvite({ body = alice:sdp({ version = 2 }) })
    bridge.net:settle()
    assert.equal(403, change:status())
    assert.equal(bridge.call.a, leg_of_change)
  end)

  it("INFO and MESSAGE cross with body, type, package and final status (RFC 6086)", function()
    local a, b = bridge:connect()
    b.on_request = function(message)
      if message.method == "INFO" then
        return { status_code = 469, headers = { "Recv-Info: x" } }
      end
      if message.method == "MESSAGE" then return { status_code = 202 } end
    end
    local info = a:info({ body = "Signal=1", content_type = "application/dtmf-relay",
      headers = { "Info-Package: dtmf" } })
    local text = a:message({ body = "hello", content_type = "text/plain" })
    bridge.net:settle()
    local got = bridge:got(bob, "INFO")[1]
    assert.equal("Signal=1", got.body)
    assert.equal("application/dtmf-relay", got:header("Content-Type"))
    assert.equal("dtmf", got:header("Info-Package"))
    assert.equal(469, info:status())
    assert.equal("x", info.response:header("Recv-Info"))
    assert.equal("hello", bridge:got(bob, "MESSAGE")[1].body)
    assert.equal(202, text:status())
  end)

  it("a method nobody here knows crosses too", function()
    local a, b = bridge:connect()
    b.on_request = function(message)
      if message.method == "FETCH" then return { status_code = 299 } end
    end
    local odd = a:request({ method = "FETCH" })
    bridge.net:settle()
    assert.equal(299, odd:status())
  end)

  it("on_info takes what it wants", function()
    bridge.hooks.on_info = function(request) return request:accept({ status_code = 204 }) end
    local a = bridge:connect()
    local info = a:info()
    bridge.net:settle()
    assert.equal(204, info:status())
    assert.equal(0, #bridge:got(bob, "INFO"))
  end)
end)
