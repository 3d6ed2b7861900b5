local Rig = require("spec.support.rig")

describe("provisional responses", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("begin with a 100 when the script is silent for 200 ms "
    .. "(RFC 3261 17.2.1, behaviour 2, UAS-014, TXN-019)", function()
      local call = rig:ring({ headers = { "Timestamp: 54.2" }, retransmit = false })
      rig.net:run(0.189)
      assert.same({}, rig:sent())
      rig.net:run(0.1)
      local trying = rig:sent("100 INVITE")
      assert.equal(1, #trying)
      assert.equal(0.21, trying[1].time)
      assert.is_nil(trying[1].to_tag)
      assert.truthy(trying[1]:header("Timestamp"):find("^54%.2"))
      assert.equal("calling", call.state)
      rig.invite:reject()
    end)

  it("leave the 100 out when the script was quick (RFC 3261 17.2.1, behaviour 2)", function()
    local _, invite = rig:ring()
    rig:progress(invite)
    rig.net:run(1)
    assert.same({}, rig:sent("100 INVITE"))
    assert.equal(1, #rig:sent("180 INVITE"))
    invite:reject()
  end)

  it("never begin with 100 for other requests over UDP before 3.5 s (RFC 4320 4.1, UAS-015)",
    function()
      local held
      rig = Rig.new({ delegate = { on_message = function(request) held = request end } })
      rig.phone:request({ to = rig.agent, method = "MESSAGE" })
      rig.net:run(3.4)
      assert.same({}, rig:sent())
      held:accept()
    end)

  it("of a session description are a preview that the 2xx repeats "
    .. "(RFC 3261 13.2.1, behaviour 6, INV-007)", function()
      local call, invite = rig:ring()
      rig:progress(invite, { status_code = 183, body = Rig.sdp })
      local response = assert(invite:accept())
      response.session.delegate = rig.call
      rig.net:settle()
      assert.equal(Rig.sdp, call.responses[1].body)
      assert.equal(Rig.sdp, call.response.body)
      assert.equal("stable", response.session.signaling_state)
    end)

  it("of a session description in a re-INVITE are repeated likewise (RFC 3261 13.2.1, behaviour 6)",
    function()
      local call, session = rig:establish()
      local change, reinvite = rig:change(call)
      assert(reinvite:progress({ status_code = 183, body = Rig.sdp2 }))
      assert(reinvite:accept())
      rig.net:settle()
      assert.equal(Rig.sdp2, change.response.body)
      assert.equal("stable", session.signaling_state)
    end)

  it("are sent again when the INVITE is (RFC 3261 17.2.1, behaviour 11)", function()
    local call, invite = rig:ring()
    rig:progress(invite)
    rig:progress(invite, { status_code = 183 })
    rig.net:settle()
    rig.net:clear()
    call.invite:transmit()
    rig.net:settle()
    rig.net:expect([[
      alice      bob
        INVITE -->
               <-- 183
    ]])
    assert.equal(1, #rig.invites)
    invite:reject()
  end)

  it("do not follow a final response: a repeated INVITE gets nothing after a 2xx "
    .. "(RFC 6026 7.1, behaviour 11, REI-051)", function()
      local call = rig:establish()
      call.invite:transmit()
      rig.net:settle()
      assert.same({}, rig:sent())
    end)

  it("do not follow a final response: a repeated INVITE gets the same refusal "
    .. "(RFC 3261 17.2.1, behaviour 11)", function()
      local call, invite = rig:ring({ ack = false })
      assert(invite:reject({ status_code = 603 }))
      rig.net:run(0.1)
      local first = call.response.text
      rig.net:clear()
      call.invite:transmit()
      rig.net:run(0.1)
      assert.equal(first, rig:sent("603 INVITE")[1].text)
      call.invite:ack()
    end)

  it("are not for other requests: progress raises there (RFC 4320, UAS-015, TXN-040)", function()
    local caught
    rig = Rig.new({
      delegate = {
        on_message = function(request)
          caught = { pcall(function() return request:progress() end) }
          request:accept()
        end,
      },
    })
    local message = rig.phone:request({ to = rig.agent, method = "MESSAGE" })
    rig.net:settle()
    assert.is_false(caught[1])
    assert.equal(200, message:status())
  end)

  it("are sent every minute while the call rings (RFC 3261 13.3.1.1, INV-014)", function()
    local _, invite = rig:ring()
    rig:progress(invite)
    rig.net:run(130)
    assert.same({ 0, 60, 120 }, rig:rhythm("180 INVITE"))
    invite:reject()
  end)
end)
