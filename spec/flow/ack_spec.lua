local Rig = require("spec.support.rig")

local eleven = { 0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5 }

describe("the ACK", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("ends the repeats of a 2xx, of which there are 11 in 64*T1 "
    .. "(RFC 3261 13.3.1.4, behaviour 7, INV-017)", function()
      local call, invite = rig:ring({ ack = false })
      rig:accept(invite)
      rig.net:run(31.9)
      assert.same(eleven, rig:rhythm("200 INVITE"))
      call.invite:ack()
      rig.net:run(5)
      assert.equal(11, #rig:sent("200 INVITE"))
      assert.equal("confirmed", rig.session.session_state)
      assert.equal(1, rig:told("on_ack"))
    end)

  it("that stops the repeats early leaves no more of them", function()
    local call, invite = rig:ring({ ack = false })
    rig:accept(invite)
    rig.net:run(2)
    call.invite:ack()
    rig.net:run(60)
    assert.same({ 0, 0.5, 1.5 }, rig:rhythm("200 INVITE"))
  end)

  it("that never comes makes the engine hang up (RFC 3261 13.3.1.4, behaviour 8, INV-018)",
    function()
      local _, invite = rig:ring({ ack = false })
      rig:accept(invite)
      rig.net:run(31.9)
      assert.same({}, rig:sent("BYE"))
      rig.net:run(0.3)
      assert.equal(1, #rig:sent("BYE"))
      assert.equal(1, rig:told("on_terminated"))
      assert.equal(1, rig.agent:counters().ack_timeouts)
    end)

  it("that never comes is told to on_ack_timeout instead, which decides (behaviour 8)", function()
    local waited = 0
    rig.call.on_ack_timeout = function() waited = waited + 1 end
    local _, invite = rig:ring({ ack = false })
    rig:accept(invite)
    rig.net:run(40)
    assert.equal(1, waited)
    assert.same({}, rig:sent("BYE"))
    assert.same(eleven, rig:rhythm("200 INVITE"))
    assert(rig.session:bye())
    rig.net:settle()
    assert.equal(1, #rig:sent("BYE"))
  end)

  it("with another CSeq or tag does not stop the repeats (RFC 3261 13.2.2.4, behaviour 9, INV-019)",
    function()
      local call, invite = rig:ring({ ack = false })
      rig:accept(invite)
      rig.net:settle()
      call.invite:ack({ cseq = 7 })
      call.invite:ack({ to_tag = "other" })
      call.invite:ack({ from_tag = "other" })
      rig.net:run(3.8)
      assert.same({ 0, 0.5, 1.5, 3.5 }, rig:rhythm("200 INVITE"))
      assert.equal(0, rig:told("on_ack"))
      call.invite:ack({ cseq = 1 })
      rig.net:settle()
      assert.equal(1, rig:told("on_ack"))
    end)

  it("of a 2xx reaches the script whatever its branch (RFC 6026 7.1, behaviour 10)", function()
    for _, branch in ipairs({ "z9hG4bKnew", false }) do
      local call, invite = rig:ring({ ack = false })
      rig:accept(invite)
      rig.net:settle()
      call.invite:ack({ branch = branch or call.invite.branch })
      rig.net:settle()
      assert.equal("confirmed", rig.session.session_state)
    end
    assert.equal(2, rig:told("on_ack"))
  end)

  it("is told to the script once however often it comes", function()
    local call = rig:establish()
    call.invite:ack()
    call.invite:ack()
    rig.net:settle()
    assert.equal(1, rig:told("on_ack"))
  end)

  it("of a refusal ends its repeats, which Timer G drives (RFC 3261 17.2.1, behaviour 12)",
    function()
      local call, invite = rig:ring({ ack = false })
      assert(invite:reject())
      rig.net:run(4)
      assert.same({ 0, 0.5, 1.5, 3.5 }, rig:rhythm("486 INVITE"))
      call.invite:ack()
      rig.net:run(40)
      assert.equal(4, #rig:sent("486 INVITE"))
      assert.equal(0, rig:told("on_transport_error"))
    end)

  it("of a refusal that never comes is reported at Timer H (RFC 3261 17.2.1, behaviour 12)",
    function()
      local _, invite = rig:ring({ ack = false })
      assert(invite:reject())
      rig.net:run(31.9)
      assert.same(eleven, rig:rhythm("486 INVITE"))
      assert.equal(0, rig:told("on_transport_error"))
      rig.net:run(0.2)
      assert.equal(1, rig:told("on_transport_error"))
      assert.equal(11, #rig:sent("486 INVITE"))
    end)

  it("of a refusal is absorbed for T4, then all is forgotten "
    .. "(RFC 3261 17.2.1, behaviour 12, TXN-037)", function()
      local _, invite = rig:ring()
      assert(invite:reject())
      rig.net:run(4.9)
      assert.equal(1, rig.agent:census().transactions)
      rig.net:run(0.3)
      assert.equal(0, rig.agent:census().transactions)
    end)

  it("with a session description nobody asked for changes nothing (behaviour 50)", function()
    local call, invite = rig:ring({ ack = false })
    rig:accept(invite)
    rig.net:settle()
    local offer, answer = rig.session.offer, rig.session.answer
    call.invite:ack({ body = rig.phone:sdp({ version = 9, port = 6 }) })
    rig.net:settle()
    assert.equal("stable", rig.session.signaling_state)
    assert.equal(offer, rig.session.offer)
    assert.equal(answer, rig.session.answer)
    assert.equal("confirmed", call.state)
  end)

  it("that lacks the answer to our offer ends the call with BYE (RFC 3261 13.2.2.4, behaviour 50)",
    function()
      local _, invite = rig:ring({ body = false, ack = { body = false } })
      rig:accept(invite)
      rig.net:settle()
      assert.equal(1, #rig:sent("BYE"))
      assert.equal(1, rig:told("on_terminated"))
    end)

  it("for no call at all is dropped without a word (RFC 3261 12.2.2, behaviour 32, DLG-018)",
    function()
      local call = rig:establish()
      rig.phone:send((call.invite.ack_text:gsub("Call%-ID: ", "Call-ID: other")), rig.agent)
      rig.net:settle()
      assert.same({}, rig:sent())
    end)
end)
