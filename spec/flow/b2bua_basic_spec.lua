local Bridge = require("spec.support.bridge")

describe("a bridged call", function()
  local bridge

  before_each(function() bridge = Bridge.new() end)
  after_each(function() bridge:finish() end)

  it("rings, is answered, and ends with the BYE of the caller (RFC 3665 3.8 as a B2BUA)", function()
    bridge.bob.on_request = function(message)
      if message.method ~= "INVITE" then return nil end
      bridge.bob:respond(message, { status_code = 180 })
    end
    local call = bridge:dial()
    call:bye()
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        alice -> b2bua  INVITE (sdp)
        b2bua -> bob    INVITE (sdp)
        bob -> b2bua    180
        bob -> b2bua    200 (sdp)
        b2bua -> alice  180
        b2bua -> alice  200 (sdp)
        b2bua -> bob    ACK
        alice -> b2bua  ACK
        alice -> b2bua  BYE
        b2bua -> alice  200 BYE
        b2bua -> bob    BYE
        bob -> b2bua    200 BYE
    ]])
  end)

  it("ends with the BYE of the callee, whose Reason the caller hears (RFC 3326)", function()
    local _, b = bridge:connect()
    b:bye({ headers = { "Reason: Q.850;cause=16" } })
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        bob -> b2bua    BYE
        b2bua -> bob    200 BYE
        b2bua -> alice  BYE
        alice -> b2bua  200 BYE
    ]])
    assert.equal("Q.850;cause=16", bridge:got(bridge.alice, "BYE")[1]:header("Reason"))
  end)

  it("carries the descriptions through as they are, and hides who the other side is (RFC 7092)",
    function()
      local a, b = bridge:connect({ headers = {
        "Subject: lunch", "X-Ticket: 7", "Server: none", "P-Asserted-Identity: <sip:boss@x>",
        "User-Agent: Alice/1", "Date: Thu, 21 Feb 2002 13:02:03 GMT",
      } })
      local invite = bridge:invited(bridge.bob)
      assert.equal(bridge.alice:sdp(), invite.body)
      assert.equal(bridge.bob:sdp(), a.response.body)
      assert.equal("lunch", invite:header("Subject"))
      assert.equal("7", invite:header("X-Ticket"))
      assert.equal("69", invite:header("Max-Forwards"))
      assert.is_nil(invite:header("P-Asserted-Identity"))
      assert.is_nil(invite:header("Date"))
      assert.is_nil(invite:header("Record-Route"))
      assert.equal(1, #invite:headers("Via"))
      assert.not_equal(a.call_id, b.call_id)
      assert.is_nil(invite.text:find(a.call_id, 1, true))
      assert.is_nil(invite.text:find(a.local_tag, 1, true))
      assert.is_nil(invite.text:find("Alice/1", 1, true))
      assert.equal("sip:192.0.2.1:5060", invite.contact)
      assert.equal("<sip:alice@192.0.2.2:5060>", invite.from:match("<.->"))
      assert.equal("<sip:b2bua@192.0.2.1:5060>", invite.to)
      assert.equal("sip:bob@192.0.2.3:5060", invite.ruri)
    end)

  it("hands on what the script lets pass, and not what it hides", function()
    bridge.options = { trusted = true, headers = { pass = { "Date" }, hide = { "Subject" } } }
    bridge.targets = {
      uri = bridge.bob.uri, from = '"Desk" <sip:desk@192.0.2.1>', to = "sip:7@192.0.2.3",
      extra_headers = { ["X-Trunk"] = "3" },
    }
    bridge:connect({ headers = {
      "Subject: lunch", "P-Asserted-Identity: <sip:boss@x>", "Date: Thu, 21 Feb 2002 13:02:03 GMT",
    } })
    local invite = bridge:invited(bridge.bob)
    assert.is_nil(invite:header("Subject"))
    assert.equal("<sip:boss@x>", invite:header("P-Asserted-Identity"))
    assert.is_truthy(invite:header("Date"))
    assert.equal("3", invite:header("X-Trunk"))
    assert.equal('"Desk" <sip:desk@192.0.2.1>', invite.from:match("^(.-);tag"))
    assert.equal("<sip:7@192.0.2.3>", invite.to)
  end)

  it("at the end of its hops is refused with 483 (RFC 3261 16.3)", function()
    bridge.net.filter = function(packet)
      packet.text = packet.text:gsub("Max%-Forwards: 70", "Max-Forwards: 0", 1)
    end
    assert.equal(483, bridge:dial().response.status_code)
    assert.is_nil(bridge:invited(bridge.bob))
    assert.equal("ELOOP", bridge.err.code)
  end)

  it("to ourselves ends by itself: every round costs a hop (RFC 3261 16.3)", function()
    bridge.targets = "sip:loop@192.0.2.1:5060"
    local call = bridge:dial()
    bridge.net:run(1)
    assert.equal(483, call.response.status_code)
    assert.equal(71, bridge.agent:counters().calls)
  end)

  it("has one call with two legs for the script, and tells its hooks", function()
    local told = {}
    for _, name in ipairs({ "on_try", "on_progress", "on_answer", "on_hangup", "on_end" }) do
      bridge.hooks[name] = function(...)
        local arguments = { ... }
        for _, value in ipairs(arguments) do
          if type(value) == "table" and value.data then told.call = value end
        end
        told[#told + 1] = name
        if name == "on_hangup" then told.leg, told.reason = ... end
      end
    end
    bridge.bob.on_request = function(message)
      if message.method == "INVITE" then
        bridge.bob:respond(message, { status_code = 180 })
      end
    end
    local a, b = bridge:connect()
    local call = bridge.call
    assert.equal("connected", call.state)
    assert.equal(a.call_id, call.a.session.call_id)
    assert.equal(b.call_id, call.b.session.call_id)
    assert.equal(bridge.request, call.a.request)
    call.data.note = "kept"
    b:bye()
    bridge.net:settle()
    assert.equal("kept", told.call.data.note)
    assert.same({ "on_try", "on_progress", "on_answer", "on_hangup", "on_end" },
      { table.unpack(told) })
    assert.equal(call.b, told.leg)
    assert.equal("bye received", told.reason)
    assert.equal("ended", call.state)
  end)

  it("is hung up by the script: BYE to both", function()
    bridge:connect()
    assert.is_true(bridge.call:hangup({ extra_headers = { "Reason: SIP;cause=402" } }))
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        b2bua -> alice  BYE
        b2bua -> bob    BYE
        alice -> b2bua  200
        bob -> b2bua    200
    ]])
    assert.equal("SIP;cause=402", bridge:got(bridge.bob, "BYE")[1]:header("Reason"))
    local _, err = bridge.call:hangup()
    assert.equal("EGONE", err.code)
  end)

  it("ends on both sides when one does not know it any more (RFC 5057 5.1)", function()
    local _, b = bridge:connect()
    b.on_request = function() return { status_code = 481 } end
    bridge.call.b.session:info({ body = { content = "x", content_type = "text/plain" } })
    bridge.net:settle()
    bridge:played([[
      alice b2bua bob
        b2bua -> bob    INFO
        bob -> b2bua    481
        b2bua -> alice  BYE
        alice -> b2bua  200
    ]])
    assert.equal('SIP;cause=481;text="dialog lost"',
      bridge:got(bridge.alice, "BYE")[1]:header("Reason"))
  end)

  it("whose 200 is never acknowledged ends on both sides (RFC 3261 13.3.1.4)", function()
    bridge:dial({ ack = false })
    bridge.net:run(33)
    assert.equal(1, #bridge:got(bridge.bob, "BYE"))
    assert.equal('SIP;cause=408;text="no ack"', bridge:got(bridge.bob, "BYE")[1]:header("Reason"))
  end)

  it("ended by the callee before the caller's ACK waits for it (RFC 3261 15)", function()
    local a = bridge:dial({ ack = false })
    bridge:leg():bye()
    bridge.net:run(0.2)
    assert.equal(0, #bridge:got(bridge.alice, "BYE"))
    a.invite:ack()
    bridge.net:settle()
    assert.equal(1, #bridge:got(bridge.alice, "BYE"))
  end)

  it("takes the session description out of a body of several parts", function()
    local text = ("--b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b\r\n"
      .. "Content-Type: text/plain\r\nContent-Disposition: info;handling=optional\r\n\r\nhi\r\n"
      .. "--b--\r\n"):format(bridge.alice:sdp())
    bridge:connect({ body = text, content_type = "multipart/mixed;boundary=b" })
    local invite = bridge:invited(bridge.bob)
    assert.equal(bridge.alice:sdp(), invite.body)
    assert.equal("application/sdp", invite:header("Content-Type"))
  end)
end)
