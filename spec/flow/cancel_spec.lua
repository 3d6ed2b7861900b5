local Rig = require("spec.support.rig")

describe("CANCEL", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("before the final response gets 200, the INVITE 487, unasked "
    .. "(RFC 3261 9.2, behaviour 13, CAN-008)", function()
      local call, invite = rig:ring()
      rig:progress(invite)
      rig.net:settle()
      call:cancel()
      rig.net:settle()
      rig.net:expect([[
        alice      bob
          INVITE -->
                 <-- 180
          CANCEL -->
                 <-- 200 CANCEL
                 <-- 487 INVITE
          ACK    -->
      ]])
      assert.equal(1, rig:told("on_cancel"))
      assert.is_true(invite.cancelled)
    end)

  it("is answered with the To tag of the INVITE (RFC 3261 9.2, behaviour 13, CAN-008)", function()
    local call, invite = rig:ring()
    rig:progress(invite)
    rig.net:settle()
    call:cancel()
    rig.net:settle()
    assert.equal(call.response.to_tag, call.invite.cancel_request.response.to_tag)
  end)

  it("hands the script its message", function()
    local call, invite = rig:ring()
    rig:progress(invite)
    rig.net:settle()
    call:cancel()
    rig.net:settle()
    assert.equal("CANCEL", rig:last("on_cancel")[1].method)
  end)

  it("makes a later accept return nil and ECANCELLED", function()
    local call, invite = rig:ring()
    rig:progress(invite)
    rig.net:settle()
    call:cancel()
    rig.net:settle()
    local response, err = invite:accept({ body = Rig.sdp })
    assert.is_nil(response)
    assert.is_truthy(err.code == "ECANCELLED" or err.code == "EGONE", err.code)
    assert.same({}, rig:sent("200 INVITE"))
  end)

  it("after the final response gets 200 and changes nothing "
    .. "(RFC 3261 9.2, behaviour 14, CAN-009, REI-052)", function()
      local call, invite = rig:ring({ ack = false })
      rig:accept(invite)
      rig.net:run(0.1)
      call:cancel({ now = true })
      rig.net:run(0.1)
      assert.equal(200, call.invite.cancel_request:status())
      assert.same({}, rig:sent("487 INVITE"))
      assert.equal(0, rig:told("on_cancel"))
      call.invite:ack()
      rig.net:settle()
      assert.equal("confirmed", rig.session.session_state)
    end)

  it("of nothing gets 481 (RFC 3261 9.2, behaviour 14, CAN-007)", function()
    local cancel = rig.phone:request({ to = rig.agent, method = "CANCEL" })
    rig.net:settle()
    assert.equal(481, cancel:status())
  end)

  it("of a re-INVITE gets 200 and that 487, and the session goes on as it was "
    .. "(RFC 3261 9.2 and 14.1, behaviour 15, REI-038)", function()
      local call, session = rig:establish()
      local offer, answer = session.offer, session.answer
      local change, reinvite = rig:change(call, { contact = "sip:elsewhere@192.0.2.9:5070" })
      assert(reinvite:progress())
      rig.net:settle()
      change:cancel()
      rig.net:settle()
      assert.equal(200, change.cancel_request:status())
      assert.equal(487, change:status())
      assert.equal(1, rig:told("on_cancel"))
      assert.equal("confirmed", session.session_state)
      assert.equal("stable", session.signaling_state)
      assert.equal(offer, session.offer)
      assert.equal(answer, session.answer)
      assert.equal(rig.phone.uri, tostring(session.remote_target))
      assert.equal(200, (function()
        local info = call:info()
        rig.net:settle()
        return info:status()
      end)())
    end)

  it("that comes twice is answered twice and told once", function()
    local call, invite = rig:ring()
    rig:progress(invite)
    rig.net:settle()
    call:cancel()
    call.invite.cancel_request:transmit()
    rig.net:settle()
    assert.equal(2, #rig:sent("200 CANCEL"))
    assert.equal(1, #rig:sent("487 INVITE"))
    assert.equal(1, rig:told("on_cancel"))
  end)

  it("gets 200 when its INVITE was refused before any script saw it (RFC 3261 9.2)", function()
    local headers = { "Require: unheard-of" }
    local call = rig.phone:invite({ to = rig.agent, headers = headers, ack = false })
    rig.net:settle()
    assert.equal(420, call.response.status_code)
    call.invite:cancel({ now = true })
    rig.net:settle()
    assert.equal(200, call.invite.cancel_request:status())
    assert.equal(1, call.invite:copies(420))
    call.invite:ack()
  end)
end)
