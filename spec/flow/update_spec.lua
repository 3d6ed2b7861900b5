local Rig = require("spec.support.rig")

describe("UPDATE", function()
  local rig, held

  before_each(function()
    rig = Rig.new()
    held = nil
  end)
  after_each(function() rig:finish() end)

  local function hold(request)
    held = request
  end

  local function send(call, options)
    local update = call:update(options)
    rig.net:settle()
    return update
  end

  it("without a session description moves the remote target (RFC 3311 5.2, behaviour 48, UPD-013)",
    function()
      local call, session = rig:establish()
      local update = send(call, { contact = "sip:moved@192.0.2.9:5060" })
      assert.equal(200, update:status())
      assert.equal("", update.response.body)
      assert.is_string(update.response.contact)
      assert.equal("sip:moved@192.0.2.9:5060", tostring(session.remote_target))
    end)

  it("with an offer and no callback gets 488 and changes nothing "
    .. "(RFC 3311 5.2, behaviour 48, UPD-008)", function()
      local call, session = rig:establish()
      local update = send(call, { body = rig.phone:sdp({ version = 2 }) })
      assert.equal(488, update:status())
      assert.is_string(update.response:header("Warning"))
      assert.equal("stable", session.signaling_state)
      assert.equal(Rig.sdp, session.answer)
    end)

  it("with an offer may be answered by the script (RFC 3311 5.2, behaviour 48, UPD-006)", function()
    rig.call.on_update = hold
    local call, session = rig:establish()
    local update = send(call, { body = rig.phone:sdp({ version = 2 }) })
    assert.equal("have_remote_offer", session.signaling_state)
    assert(held:accept({ body = Rig.sdp2 }))
    rig.net:settle()
    assert.equal(200, update:status())
    assert.equal(Rig.sdp2, update.response.body)
    assert.equal("stable", session.signaling_state)
  end)

  it("while another UPDATE is unanswered gets 500 with Retry-After "
    .. "(RFC 3311 5.2, behaviour 48, UPD-003)", function()
      rig.call.on_update = hold
      local call = rig:establish()
      send(call, { body = rig.phone:sdp({ version = 2 }) })
      local first = held
      for _, options in ipairs({ {}, { body = rig.phone:sdp({ version = 3 }) } }) do
        local second = send(call, options)
        assert.equal(500, second:status())
        local seconds = tonumber(second.response:header("Retry-After"))
        assert.is_true(seconds >= 0 and seconds <= 10)
      end
      assert.equal(first, held)
      first:accept({ body = Rig.sdp2 })
    end)

  it("with an offer while our offer is unanswered gets 491 (RFC 3311 5.2, behaviour 48, UPD-004)",
    function()
      local call = rig:establish()
      local change, reinvite = rig:change(call, { body = false, ack = false })
      assert(reinvite:accept({ body = Rig.sdp2 }))
      rig.net:settle()
      local update = send(call, { body = rig.phone:sdp({ version = 3 }) })
      assert.is_truthy(update:status() == 491 or update:status() == 500, update:status())
      change:ack()
    end)

  it("with an offer while that of the INVITE is unanswered gets 500 "
    .. "(RFC 3311 5.2, behaviour 48, UPD-005, UPD-011)", function()
      local call, invite = rig:ring({ rel100 = true })
      rig:progress(invite)
      rig.net:settle()
      local update = send(call, { body = rig.phone:sdp({ version = 3 }) })
      assert.equal(500, update:status())
      assert.is_string(update.response:header("Retry-After"))
      rig:accept(invite)
    end)

  it("with an offer works early, once the first exchange is complete (RFC 6337 2.2, behaviour 48)",
    function()
      rig.call.on_update = hold
      local call, invite = rig:ring({ rel100 = true })
      rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
      rig.net:settle()
      local update = send(call, { body = rig.phone:sdp({ version = 2 }) })
      assert(held:accept({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.equal(200, update:status())
      rig:accept(invite, {})
      rig.net:settle()
      assert.equal("confirmed", call.state)
      assert.equal(Rig.sdp2, rig.session.answer)
    end)

  it("refused by the script leaves offer and answer (RFC 3311 5.2)", function()
    rig.call.on_update = hold
    local call, session = rig:establish()
    local offer, answer = session.offer, session.answer
    local offered = rig.phone:sdp({ version = 2 })
    local update = send(call, { body = offered, contact = "sip:x@192.0.2.9" })
    assert(held:reject({ status_code = 488 }))
    rig.net:settle()
    assert.equal(488, update:status())
    assert.same({ offer, answer }, { session.offer, session.answer })
    assert.equal("stable", session.signaling_state)
    assert.equal(rig.phone.uri, tostring(session.remote_target))
  end)

  it("outside a call gets 481 (RFC 3261 12.2.2)", function()
    local update = rig.phone:request({ to = rig.agent, method = "UPDATE", to_tag = "none" })
    rig.net:settle()
    assert.equal(481, update:status())
  end)

  it("cannot be accepted without the answer to its offer (behaviour 5)", function()
    rig.call.on_update = hold
    local call, session = rig:establish()
    local update = send(call, { body = rig.phone:sdp({ version = 2 }) })
    assert.has_error(function() held:accept() end)
    assert.equal("have_remote_offer", session.signaling_state)
    assert(held:accept({ body = Rig.sdp2 }))
    rig.net:settle()
    assert.equal(200, update:status())
  end)
end)
