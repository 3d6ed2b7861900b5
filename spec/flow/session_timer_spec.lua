local Rig = require("spec.support.rig")

describe("the session timer", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  local function establish(headers)
    local call, invite = rig:ring({ headers = headers })
    if invite then
      rig:accept(invite)
      rig.net:settle()
      rig.net:clear()
    end
    return call
  end

  local function granted(call)
    local interval, refresher = (call.response:header("Session-Expires") or "")
      :match("^(%d+)%s*;%s*refresher=(%a+)")
    return tonumber(interval), refresher
  end

  it("repeats the interval the caller asked for and leaves the refreshing to him "
    .. "(RFC 4028 9, behaviour 39, TMR-015)", function()
      local call = establish({ "Supported: timer", "Session-Expires: 300;refresher=uac" })
      assert.same({ 300, "uac" }, { granted(call) })
      assert.is_true(call.response:lists("Require", "timer"))
    end)

  it("reduces an interval that is longer than the setting (RFC 4028 9, behaviour 39, TMR-013)",
    function()
      local call = establish({ "Supported: timer", "Session-Expires: 7200" })
      assert.equal(1800, (granted(call)))
    end)

  it("refuses an interval that is too short: 422 with Min-SE "
    .. "(RFC 4028 9, behaviour 39, TMR-002, TMR-012)", function()
      local call = establish({ "Supported: timer", "Session-Expires: 60" })
      assert.equal(422, call.response.status_code)
      assert.equal("90", call.response:header("Min-SE"))
      assert.equal(0, #rig.invites)
    end)

  it("never goes below the Min-SE of the request (RFC 4028 9, TMR-013)", function()
    local call = establish({ "Supported: timer", "Session-Expires: 7200", "Min-SE: 3600" })
    assert.is_true((granted(call)) >= 3600)
  end)

  it("is refreshed by us at half the interval for a caller that has none (RFC 4028 9 and 10)",
    function()
      rig.call.on_refresh_failed = nil
      local call = establish()
      local interval, refresher = granted(call)
      if interval then
        assert.equal("uas", refresher)
        assert.is_false(call.response:lists("Require", "timer"))
      end
      rig.net:run(1000)
      assert.equal("confirmed", rig.session.session_state)
    end)

  it("makes us refresh at half the interval when we are the refresher (RFC 4028 10, TMR-006)",
    function()
      local call = establish({ "Supported: timer", "Session-Expires: 200;refresher=uas" })
      assert.same({ 200, "uas" }, { granted(call) })
      rig.net:run(99)
      assert.same({}, call.requests[2] and { call.requests[2].method } or {})
      rig.net:run(2)
      local refresh = call.requests[#call.requests]
      assert.is_truthy(refresh and (refresh.method == "UPDATE" or refresh.method == "INVITE"))
      rig.net:run(500)
      assert.equal("confirmed", rig.session.session_state)
    end)

  it("ends a call its caller does not refresh, with BYE (RFC 4028 10, TMR-017)", function()
    local call = establish({ "Supported: timer", "Session-Expires: 90;refresher=uac" })
    rig.net:run(59)
    assert.same({}, rig:sent("BYE"))
    rig.net:run(2)
    assert.equal(1, #rig:sent("BYE"))
    assert.equal("ended", call.state)
    assert.equal(1, rig:told("on_refresh_failed"))
    assert.equal(1, rig:told("on_terminated"))
    assert.equal(1, rig.agent:counters().sessions_expired)
  end)

  it("starts again with a re-INVITE or an UPDATE of the caller (RFC 4028 9, UPD-013)", function()
    local call = establish({ "Supported: timer", "Session-Expires: 90;refresher=uac" })
    local headers = { "Supported: timer", "Session-Expires: 90;refresher=uac" }
    rig.net:run(50)
    local update = call:update({ headers = headers })
    rig.net:run(50)
    assert.equal(200, update:status())
    assert.truthy(update.response:header("Session-Expires"))
    assert.same({}, rig:sent("BYE"))
    local _, reinvite = rig:change(call, { headers = headers })
    assert(reinvite:accept({ body = Rig.sdp2 }))
    rig.net:run(50)
    assert.same({}, rig:sent("BYE"))
    rig.net:run(15)
    assert.equal(1, #rig:sent("BYE"))
  end)

  it("is off when session.expires is 0", function()
    rig = Rig.new({ settings = { ["session.expires"] = 0 } })
    local call = establish({ "Supported: timer", "Session-Expires: 90;refresher=uac" })
    assert.is_nil(call.response:header("Session-Expires"))
    rig.net:run(200)
    assert.same({}, rig:sent("BYE"))
  end)

  it("ends the call when the refresh finds no call: 481 (RFC 4028 10, TMR-018)", function()
    local call = establish({ "Supported: timer", "Session-Expires: 200;refresher=uas" })
    call.on_request = function(message)
      return { status_code = message.method == "BYE" and 200 or 481 }
    end
    rig.net:run(140)
    assert.equal(1, rig:told("on_terminated"))
    assert.equal(1, rig:told("on_refresh_failed"))
    call.state = "ended"
  end)

  it("ends the call when the refresh gets no answer (RFC 4028 10, TMR-018)", function()
    local call = establish({ "Supported: timer", "Session-Expires: 200;refresher=uas" })
    call.on_request = function(message)
      if message.method == "UPDATE" then return false end
    end
    rig.net:run(131)
    assert.equal("confirmed", rig.session.session_state)
    rig.net:run(2)
    assert.equal("ETIMEOUT", rig:last("on_refresh_failed")[1].code)
    assert.equal(1, #rig:sent("BYE"))
    assert.equal("refresh failed", rig:last("on_terminated")[1])
  end)

  it("is refreshed again when a refresh is refused, and gives up before the end "
    .. "(RFC 4028 10, TMR-018)", function()
      local call = establish({ "Supported: timer", "Session-Expires: 200;refresher=uas" })
      call.on_request = function(message)
        if message.method == "UPDATE" then return { status_code = 500 } end
      end
      rig.net:run(106)
      assert.equal(2, #rig:sent("UPDATE"))
      rig.net:run(88)
      assert.same({}, rig:sent("BYE"))
      rig.net:run(2)
      assert.equal(1, #rig:sent("BYE"))
      assert.equal("ETIMEOUT", rig:last("on_refresh_failed")[1].code)
    end)

  it("forgets a refresh that the peer's BYE overtook (RFC 4028 10, TMR-019)", function()
    local call = establish({ "Supported: timer", "Session-Expires: 200;refresher=uas" })
    local refresh
    call.on_request = function(message)
      if message.method == "UPDATE" then
        refresh = message
        return false
      end
    end
    rig.net:run(100.1)
    call:bye()
    rig.net:settle()
    rig.phone:respond(refresh, { status_code = 481 })
    rig.net:settle()
    assert.equal(0, rig:told("on_refresh_failed"))
    assert.same({}, rig:sent("BYE"))
  end)

  it("may be shorter than 90 s where session.min_se says so (RFC 4028 5)", function()
    rig = Rig.new({ settings = { ["session.min_se"] = 30 } })
    local call = establish({ "Supported: timer", "Session-Expires: 40;refresher=uac" })
    assert.same({ 40, "uac" }, { granted(call) })
  end)
end)
