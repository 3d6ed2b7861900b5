local Rig = require("spec.support.rig")

describe("offer and answer", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("complete with the 2xx to an INVITE with an offer (RFC 3264 4, INV-003, INV-020)", function()
    local _, invite = rig:ring({ body = rig.phone:sdp() })
    rig:accept(invite)
    assert.equal("stable", rig.session.signaling_state)
    assert.same({ rig.phone:sdp(), Rig.sdp }, { rig.session.offer, rig.session.answer })
  end)

  it("complete with the ACK when the offer was ours (RFC 3261 13.2.1, INV-002, INV-005, INV-020)",
    function()
      local _, invite = rig:ring({ body = false })
      rig:accept(invite)
      assert.equal("have_local_offer", rig.session.signaling_state)
      rig.net:settle()
      assert.equal("stable", rig.session.signaling_state)
      assert.same({ Rig.sdp, rig.phone:sdp() }, { rig.session.offer, rig.session.answer })
    end)

  for what, options in pairs({ ["an offer and no answer"] = {}, ["neither"] = { body = false } }) do
    it("raise before anything happens: accept with " .. what .. " (RFC 3261 13.3.1.4, behaviour 5)",
      function()
        local call, invite = rig:ring(options)
        local before = rig.agent:census()
        assert.has_error(function() invite:accept() end)
        assert.has_error(function() invite:accept({ status_code = 200 }) end)
        assert.equal(before.sessions, rig.agent:census().sessions)
        rig.net:run(0.1)
        assert.same({}, rig:sent("200 INVITE"))
        assert.is_nil(invite.session)
        rig:accept(invite)
        rig.net:settle()
        assert.equal("confirmed", call.state)
      end)
  end

  it("may be left out on purpose with body = false", function()
    local call, invite = rig:ring()
    rig:accept(invite, { body = false })
    rig.net:settle()
    assert.equal(200, call.invite:status())
    assert.is_false(call.response.has_sdp)
    assert.equal("initial", rig.session.signaling_state)
    local change, reinvite = rig:change(call)
    rig:accept(reinvite)
    rig.net:settle()
    assert.equal(200, change:status())
    assert.equal("stable", rig.session.signaling_state)
  end)

  it("of a change stay as they were when it is accepted with body = false", function()
    local call, session = rig:establish()
    local answer = session.answer
    local change, reinvite = rig:change(call)
    rig:accept(reinvite, { body = false })
    rig.net:settle()
    assert.equal(200, change:status())
    assert.equal("stable", session.signaling_state)
    assert.equal(answer, session.answer)
  end)

  it("raise when a re-INVITE with an offer is accepted without an answer (behaviour 5)", function()
    local call, session = rig:establish()
    local change, reinvite = rig:change(call)
    assert.has_error(function() reinvite:accept() end)
    assert.equal("have_remote_offer", session.signaling_state)
    assert(reinvite:accept({ body = Rig.sdp2 }))
    rig.net:settle()
    assert.equal(200, change:status())
  end)

  it("are whole again after three refused changes in a row (behaviour 20)", function()
    local call, session = rig:establish()
    local offer, answer = session.offer, session.answer
    for version = 2, 4 do
      local change, reinvite = rig:change(call, { body = rig.phone:sdp({ version = version }) })
      assert(reinvite:reject())
      rig.net:settle()
      assert.equal(488, change:status())
    end
    assert.same({ offer, answer }, { session.offer, session.answer })
    assert.equal("stable", session.signaling_state)
  end)

  it("end in `closed` with the call", function()
    local call, session = rig:establish()
    local seen
    rig.call.on_terminated = function(ended) seen = ended.signaling_state end
    call:bye()
    rig.net:settle()
    assert.equal("closed", seen)
    assert.is_truthy(session)
  end)

  it("ignore bodies that are no session description", function()
    local call, session = rig:establish()
    local info = call:info({ body = "Signal=5\r\n", content_type = "application/dtmf-relay" })
    rig.net:settle()
    assert.equal(200, info:status())
    assert.equal("stable", session.signaling_state)
  end)
end)
