local sim = require("moonsip.sim")
local uas = require("spec.support.uas")

describe("the simulated phone", function()
  local net, phone, far

  before_each(function()
    net = sim.network()
    phone = net:phone({ name = "alice", address = "192.0.2.9:5060" })
    far = uas.new(net)
  end)

  it("repeats an unanswered INVITE at T1 doubling and gives up after 64*T1 (RFC 3261 17.1.1.2)",
    function()
      far.mute = true
      local call = phone:invite({ to = far })
      net:run(40)
      net:expect([[
        alice       uas
          INVITE -->  @0
          INVITE -->  @0.5
          INVITE -->  @1.5
          INVITE -->  @3.5
          INVITE -->  @7.5
          INVITE -->  @15.5
          INVITE -->  @31.5
      ]])
      assert.equal("failed", call.state)
      assert.equal("timed_out", call.invite.state)
    end)

  it("repeats other requests at no more than T2 (RFC 3261 17.1.2.2)", function()
    far.mute = true
    phone:request({ to = far, method = "OPTIONS" })
    net:run(40)
    local times = {}
    for i, packet in ipairs(net.log) do times[i] = packet.time / 1000 end
    assert.same({ 0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5 }, times)
  end)

  it("stops repeating an INVITE once something came", function()
    far.answers = { 180 }
    local call = phone:invite({ to = far })
    net:run(20)
    net:expect([[
      alice       uas
        INVITE -->
               <-- 180
    ]])
    assert.equal("early", call.state)
  end)

  it("acknowledges a 2xx and each repeat of it (RFC 3261 13.2.2.4)", function()
    local call = phone:invite({ to = far })
    net:settle()
    far:again()
    net:settle()
    net:expect([[
      alice       uas
        INVITE --> (sdp)
               <-- 200 (sdp)
        ACK    -->
               <-- 200
        ACK    -->
    ]])
    assert.equal("confirmed", call.state)
    assert.equal(2, call.invite:copies(200))
  end)

  it("answers in the ACK when the offer came in the 2xx", function()
    phone:invite({ to = far, body = false })
    net:settle()
    assert.is_true(far.last.has_sdp)
  end)

  it("acknowledges a refusal on the branch of the INVITE (RFC 3261 17.1.1.3)", function()
    far.answers = { 486 }
    local call = phone:invite({ to = far })
    net:settle()
    assert.equal("failed", call.state)
    assert.equal("ACK", far.last.method)
    assert.equal(call.invite.branch, far.last.branch)
    assert.equal(call.response.to_tag, far.last.to_tag)
  end)

  it("waits for a provisional response before it cancels (RFC 3261 9.1)", function()
    far.mute = true
    local call = phone:invite({ to = far })
    call:cancel()
    net:run(0.1)
    far.mute = false
    far.answers = { 180 }
    net:run(1)
    net:expect([[
      alice       uas
        INVITE -->
        INVITE -->
               <-- 180
        CANCEL -->
               <-- 200 CANCEL
    ]])
  end)

  it("acknowledges a reliable provisional response with PRACK (RFC 3262 4)", function()
    far.answers = { 183 }
    far.headers = { "Require: 100rel", "RSeq: 17" }
    phone:invite({ to = far, rel100 = true })
    net:settle()
    assert.equal("PRACK", far.last.method)
    assert.equal("17 1 INVITE", far.last:header("RAck"))
  end)

  it("counts CSeq up in a call and sends to the Contact of the other side", function()
    far.contact = "sip:there@192.0.2.1:5060;x=1"
    local call = phone:invite({ to = far })
    net:settle()
    call:info({ headers = { "X-A: 1" } })
    net:settle()
    assert.equal("sip:there@192.0.2.1:5060;x=1", far.last.ruri)
    assert.equal(2, far.last.cseq)
    assert.equal("1", far.last:header("x-a"))
    call:bye()
    net:settle()
    assert.equal(3, far.last.cseq)
    assert.equal("ended", call.state)
  end)

  it("answers requests in a call and lets a spec decide", function()
    local call = phone:invite({ to = far })
    net:settle()
    far:ask(call, "BYE")
    net:settle()
    assert.equal(200, far.last.status_code)
    assert.equal("ended", call.state)

    call = phone:invite({ to = far })
    net:settle()
    call.on_request = function() return { status_code = 491 } end
    far:ask(call, "UPDATE")
    net:settle()
    assert.equal(491, far.last.status_code)
  end)

  it("answers a repeated request with the same bytes and asks the spec once", function()
    local asked = 0
    local call = phone:invite({ to = far })
    net:settle()
    call.on_request = function() asked = asked + 1 end
    far:ask(call, "INFO")
    net:settle()
    local first = far.last.text
    far:ask_again()
    net:settle()
    assert.equal(first, far.last.text)
    assert.equal(1, asked)
  end)

  it("gives no branch, tag or Call-ID twice", function()
    local seen = {}
    for _ = 1, 20 do
      local call = phone:invite({ to = far })
      for _, value in ipairs({ call.call_id, call.local_tag, call.invite.branch }) do
        assert.is_nil(seen[value])
        seen[value] = true
      end
    end
  end)

  it("forgets calls and requests when no repeat can come any more", function()
    for _ = 1, 5 do
      local call = phone:invite({ to = far })
      net:settle()
      call:bye()
    end
    net:run(70)
    assert.same({}, phone.calls)
    assert.same({}, phone.pending)
    assert.same({}, phone.served)
  end)

  for method, section in pairs({ CANCEL = "9.2", BYE = "15.1.2" }) do
    it("ends a ringing INVITE with 487 on " .. method .. " (RFC 3261 " .. section .. ")", function()
      local other = net:phone({ name = "bob", address = "192.0.2.8:5060" })
      other.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 180 } end
      end
      local call = phone:invite({ to = other })
      net:settle()
      net:clear()
      call[method:lower()](call)
      net:settle()
      net:expect(([[
        alice  uas  bob
        alice -> bob   METHOD
        bob -> alice   200 METHOD
        bob -> alice   487 INVITE
        alice -> bob   ACK
      ]]):gsub("METHOD", method))
      assert.equal(487, call.response.status_code)
    end)
  end
end)
