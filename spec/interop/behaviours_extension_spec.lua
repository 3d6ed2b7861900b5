-- What spec/flow shows in virtual time, over real sockets: 100rel, timer and others.
local live = require("spec.interop.support.live")

describe("over the wire, a new call with an extension", function()
  local rig

  before_each(function() rig = live.new() end)
  after_each(function() rig:finish() end)

  it("gets a reliable 183 again and again until its PRACK (behaviour 37)", function()
    local call, invite = rig:ring({ rel100 = "require", prack = false })
    rig:progress(invite, { status_code = 183, body = live.sdp })
    local progress = rig:await("183 INVITE", 3)[1]
    assert.is_number(progress.rseq)
    assert.is_true(progress:lists("Require", "100rel"))
    local stray = call:prack(progress, { rack = ("%d 1 INVITE"):format(progress.rseq + 1) })
    assert.equal(481, rig:final(stray).status_code)
    assert.equal(200, rig:final(call:prack(progress)).status_code)
    assert.is_true(rig:is_quiet("183 INVITE"))
    rig:accept(invite, {})
    rig:final(call.invite)
    assert.equal("confirmed", call.state)
  end)

  it("whose reliable 183 gets no PRACK is refused with 5xx (behaviour 37)", function()
    local call, invite = rig:ring({ rel100 = true, prack = false })
    rig:progress(invite, { status_code = 183, reliable = true })
    assert.equal(5, rig:final(call.invite).status_code // 100)
    assert.equal("failed", call.state)
  end)

  it("gets no 2xx while its reliable answer lacks the PRACK (behaviour 38)", function()
    local call, invite = rig:ring({ rel100 = true, prack = false })
    rig:progress(invite, { status_code = 183, body = live.sdp, reliable = true })
    rig:accept(invite, {})
    rig:await("183 INVITE", 3)
    assert.same({}, rig:sent("200 INVITE"))
    call:prack(rig:response(call.invite, 183))
    rig:final(call.invite)
    assert.equal("confirmed", call.state)
  end)

  it("gets the session interval it asked for, a shorter one, or 422 (behaviour 39)", function()
    for asked, granted in pairs({
      ["300;refresher=uac"] = "300;refresher=uac", ["7200;refresher=uac"] = "1800;refresher=uac",
    }) do
      local call = rig:establish({ headers = { "Supported: timer", "Session-Expires: " .. asked } })
      assert.equal(granted, call.response:header("Session-Expires"))
      assert.is_true(call.response:lists("Require", "timer"))
    end
    local call = rig:ring({ headers = { "Supported: timer", "Session-Expires: 60" } })
    assert.equal(422, call.response.status_code)
    assert.equal("90", call.response:header("Min-SE"))
  end)

  it("whose caller does not refresh it ends with BYE (behaviour 39)", function()
    rig:finish()
    rig = live.new({ settings = { ["session.min_se"] = 1 } })
    rig:establish({ headers = { "Supported: timer", "Session-Expires: 2;refresher=uac" } })
    rig:await("BYE")
    rig:await_told("on_terminated")
    assert.equal("expired", rig:last("on_terminated")[1])
  end)

  it("that requires an unknown extension gets 420 with its name (behaviour 40)", function()
    local call = rig:ring({ headers = { "Require: nothingSupportsThis, 100rel" } })
    assert.equal(420, call.response.status_code)
    assert.same({ "nothingSupportsThis" }, call.response:headers("Unsupported"))
    assert.equal(0, #rig.invites)
  end)
end)
