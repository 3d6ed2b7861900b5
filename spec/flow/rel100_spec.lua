local Rig = require("spec.support.rig")

describe("a reliable provisional response", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("carries RSeq and Require: 100rel, and PRACK ends its repeats "
    .. "(RFC 3262 3, behaviour 37, REL-005)", function()
      local call, invite = rig:ring({ rel100 = "require" })
      rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
      rig.net:run(5)
      rig.net:expect([[
        alice      bob
          INVITE -->
                 <-- 183 (sdp)
          PRACK  -->
                 <-- 200 PRACK
      ]])
      local progress = call.responses[1]
      assert.is_true(progress.rseq >= 1 and progress.rseq < 2 ^ 31)
      assert.is_true(progress:lists("Require", "100rel"))
      rig:accept(invite, {})
      rig.net:settle()
      assert.equal("confirmed", call.state)
    end)

  it("is sent to a peer that requires it, unasked by the script "
    .. "(RFC 3262 3, behaviour 37, REL-001)", function()
      local call, invite = rig:ring({ rel100 = "require" })
      rig:progress(invite)
      rig.net:settle()
      assert.is_number(call.responses[1].rseq)
      invite:reject()
    end)

  it("is repeated at T1 doubling without a cap (RFC 3262 3, behaviour 37, REL-007)", function()
    local _, invite = rig:ring({ rel100 = true, prack = false })
    rig:progress(invite, { status_code = 183, reliable = true })
    rig.net:run(31.9)
    assert.same({ 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 }, rig:rhythm("183 INVITE"))
  end)

  it("that nobody acknowledges in 64*T1 ends the INVITE with 5xx "
    .. "(RFC 3262 3, behaviour 37, REL-007)", function()
      local call, invite = rig:ring({ rel100 = true, prack = false })
      rig:progress(invite, { status_code = 183, reliable = true })
      rig.net:run(33)
      assert.equal(5, call.response.status_code // 100)
      assert.equal("failed", call.state)
    end)

  it("is not acknowledged by a PRACK with another RAck, which gets 481 "
    .. "(RFC 3262 3, behaviour 37, REL-009)", function()
      local call, invite = rig:ring({ rel100 = true, prack = false })
      rig:progress(invite, { status_code = 183, reliable = true })
      rig.net:settle()
      local progress = call.responses[1]
      for _, rack in ipairs({
        ("%d 1 INVITE"):format(progress.rseq + 1), ("%d 2 INVITE"):format(progress.rseq),
        ("%d 1 UPDATE"):format(progress.rseq),
      }) do
        local prack = call:prack(progress, { rack = rack })
        rig.net:settle()
        assert.equal(481, prack:status(), rack)
      end
      rig.net:run(0.6)
      assert.equal(2, call.invite:copies(183))
      local prack = call:prack(progress)
      rig.net:settle()
      assert.equal(200, prack:status())
      rig:accept(invite)
    end)

  it("holds back the 2xx while its answer is unacknowledged (RFC 3262 3, behaviour 38, REL-010)",
    function()
      local call, invite = rig:ring({ rel100 = true, prack = false })
      rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
      rig.net:settle()
      rig:accept(invite, {})
      rig.net:run(2)
      assert.same({}, rig:sent("200 INVITE"))
      call:prack(call.responses[1])
      rig.net:settle()
      assert.equal(1, #rig:sent("200 INVITE"))
      assert.equal("confirmed", call.state)
    end)

  it("counts RSeq up by one (RFC 3262 3, REL-005)", function()
    local call, invite = rig:ring({ rel100 = true })
    rig:progress(invite, { status_code = 180, reliable = true })
    rig.net:settle()
    rig:progress(invite, { status_code = 183, reliable = true })
    rig.net:settle()
    assert.equal(call.responses[1].rseq + 1, call.responses[2].rseq)
    invite:reject()
  end)

  it("is refused to the script when the peer does not know it (REL-003)", function()
    local _, invite = rig:ring()
    local response, err = invite:progress({ reliable = true })
    assert.is_nil(response)
    assert.equal("EUNSUPPORTED", err.code)
    invite:reject()
  end)

  it("carries our offer when the INVITE had none, and PRACK the answer "
    .. "(RFC 3262 5, REL-016, INV-002)", function()
      local answer = rig.phone:sdp({ version = 4 })
      local _, invite = rig:ring({ body = false, rel100 = true, prack = { body = answer } })
      rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
      assert.equal("have_local_offer", rig.session.signaling_state)
      rig.net:settle()
      assert.equal("stable", rig.session.signaling_state)
      assert.same({ Rig.sdp, answer }, { rig.session.offer, rig.session.answer })
      rig:accept(invite, {})
      rig.net:settle()
      assert.equal("confirmed", rig.session.session_state)
    end)

  it("that was acknowledged makes a second PRACK a stray: 481 (RFC 3262 3, REL-009)", function()
    local call, invite = rig:ring({ rel100 = true })
    rig:progress(invite, { status_code = 183, reliable = true })
    rig.net:settle()
    local prack = call:prack(call.responses[1])
    rig.net:settle()
    assert.equal(481, prack:status())
    invite:reject()
  end)

  it("may be acknowledged after the 2xx, which is repeated all the same (RFC 3262 3, REL-011)",
    function()
      local call, invite = rig:ring({ rel100 = true, prack = false, ack = false })
      rig:progress(invite, { reliable = true })
      rig:accept(invite)
      rig.net:settle()
      local prack = call:prack(call.responses[1])
      rig.net:run(4)
      assert.equal(200, prack:status())
      assert.same({ 0, 0.5, 1.5, 3.5 }, rig:rhythm("200 INVITE"))
      call.invite:ack()
    end)

  it("of a peer that requires 100rel, with rel100 = no, is refused: 420 (RFC 3262 3, REL-001)",
    function()
      rig = Rig.new({ settings = { rel100 = "no" } })
      local call = rig:ring({ rel100 = "require" })
      assert.equal(420, call.response.status_code)
      assert.equal("100rel", call.response:header("Unsupported"))
    end)

  it("ends with the INVITE: a CANCEL stops its repeats", function()
    local call, invite = rig:ring({ rel100 = true, prack = false })
    rig:progress(invite, { status_code = 183, reliable = true })
    rig.net:settle()
    call:cancel()
    rig.net:settle()
    rig.net:clear()
    rig.net:run(20)
    assert.equal(487, call.response.status_code)
    assert.same({}, rig:sent("183 INVITE"))
  end)

  it("without a session description lets the accept behind it have one (RFC 3262 3, 5)", function()
    for _, body in ipairs({ true, false }) do
      local call, invite = rig:ring({ rel100 = "require", body = body and rig.phone:sdp() })
      rig:progress(invite)
      rig:accept(invite)
      rig.net:settle()
      assert.equal("confirmed", call.state)
      assert.equal("stable", rig.session.signaling_state)
      assert.equal(Rig.sdp, body and rig.session.answer or rig.session.offer)
      local change, reinvite = rig:change(call)
      assert(reinvite:accept({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.equal(200, change:status())
    end
  end)
end)
