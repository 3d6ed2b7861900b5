-- moonsip is asked to refer: REFER that arrives, its implicit subscription.
local Rig = require("spec.support.rig")

local TARGET = "Refer-To: <sip:carol@192.0.2.7>"

describe("a REFER", function()
  local rig, script, referral, ended

  local function refer(options)
    local given = { to = rig.agent, method = "REFER", headers = { TARGET } }
    for name, value in pairs(options or {}) do given[name] = value end
    local watcher = rig.phone:subscribe(given)
    rig.net:settle()
    return watcher
  end

  local function accept(request)
    local accepted = assert(request:accept(script.options))
    referral = accepted.subscription
    if referral then
      referral.delegate = { on_terminated = function(reason) ended[#ended + 1] = reason end }
    end
  end

  before_each(function()
    ended, referral = {}, nil
    script = { on_refer = accept, on_invite = function(request) rig.invite = request end }
    rig = Rig.new({ delegate = script })
    rig.call.on_refer = accept
  end)
  after_each(function() rig:finish() end)

  it("is accepted with 202 and reports at once: 100 Trying (RFC 3515 2.4.2, 2.4.4, EVT-012)",
    function()
      local watcher = refer()
      rig.net:expect([[
        alice        bob
          REFER -->
                <-- 202
                <-- NOTIFY
          200   -->
      ]])
      local notify = watcher.notifies[1]
      assert.equal("refer", notify:header("Event"))
      assert.equal("active;expires=180", notify:header("Subscription-State"))
      assert.equal("message/sipfrag;version=2.0", notify:header("Content-Type"))
      assert.equal("SIP/2.0 100 Trying\r\n", notify.body)
      assert.equal("refer", referral.event)
      referral:notify({ status_code = 503 })
      rig.net:settle()
    end)

  it("reports progress; the last NOTIFY is terminated;reason=noresource (RFC 3515 2.4.7, EVT-013)",
    function()
    local watcher = refer()
    assert(referral:notify({ status_code = 180 }))
    assert(referral:notify({ body = "SIP/2.0 183 Soon\r\nWarning: 399 x \"y\"\r\n" }))
    assert(referral:notify({ status_code = 200, reason_phrase = "Fine" }))
    rig.net:settle()
    assert.equal("SIP/2.0 180 Ringing\r\n", watcher.notifies[2].body)
    assert.matches("^SIP/2.0 183 Soon\r\nWarning", watcher.notifies[3].body)
    assert.equal("SIP/2.0 200 Fine\r\n", watcher.notifies[4].body)
    assert.equal("terminated;reason=noresource", watcher:substate())
    assert.same({ "noresource" }, ended)
    assert.equal("EGONE", select(2, referral:notify({ status_code = 200 })).code)
  end)

  it("is reported about with a Status-Line or not at all (RFC 3515 2.4.5, EVT-013)", function()
    refer()
    for _, body in ipairs({ "done", "SIP/2.0 999 Odd\r\n", "SIP/2.0 20", "SIP/3.0 200 OK" }) do
      assert.has_error(function() referral:notify({ body = body }) end)
    end
    assert(referral:terminate("noresource", { status_code = 487 }))
    rig.net:settle()
  end)

  for _, case in ipairs({
    { "without Refer-To", {} },
    { "with two Refer-To", { TARGET, "Refer-To: <sip:dave@192.0.2.8>" } },
    { "with a list in Refer-To", { "Refer-To: <sip:a@192.0.2.7>, <sip:b@192.0.2.8>" } },
    { "with two compact ones", { "r: <sip:a@192.0.2.7>", "r: <sip:b@192.0.2.8>" } },
  }) do
    it(case[1] .. " gets 400, outside a call and inside (RFC 3515 2.4.1, EVT-011)", function()
      assert.equal(400, refer({ headers = case[2] }).latest:status())
      local call = rig:establish()
      local request = call:request({ method = "REFER", headers = case[2] })
      rig.net:settle()
      assert.equal(400, request:status())
      assert.is_nil(referral)
    end)
  end

  it("leads nowhere by itself: the script decides what to make of Refer-To (RFC 3515 4, EVT-016)",
    function()
      local seen
      script.on_refer = function(request)
        seen = request.message:header("Refer-To")
        accept(request)
      end
      local header = "Refer-To: <sip:carol@192.0.2.7?Route=%3Csip:evil@192.0.2.66%3E&Replaces=a>"
      local watcher = refer({ headers = { header } })
      rig.net:run(5)
      assert.equal(header:sub(11), seen)
      for _, packet in ipairs(rig.net.log) do
        assert.is_nil(packet.text:find("^INVITE"))
      end
      assert.is_nil(watcher.notifies[1]:header("Route"))
      referral:notify({ status_code = 603 })
      rig.net:settle()
    end)

  it("that wants no subscription makes none: 202, Refer-Sub: false (RFC 4488 section 4)", function()
    local watcher = refer({ headers = { TARGET, "Refer-Sub: false", "Require: norefersub" } })
    rig.net:settle()
    assert.equal(202, watcher.latest:status())
    assert.equal("false", watcher.latest.response:header("Refer-Sub"))
    assert.equal(0, #watcher.notifies)
    assert.is_nil(referral)
    assert.equal(0, rig.agent:census().dialogs)
    watcher.remote_tag = nil
  end)

  it("may be accepted with 200, and refused", function()
    script.options = { status_code = 200, expires = 60 }
    local watcher = refer()
    assert.equal(200, watcher.latest:status())
    assert.equal("active;expires=60", watcher:substate())
    referral:notify({ status_code = 200 })
    rig.net:settle()
    script.on_refer = function(request) request:reject({ status_code = 603 }) end
    assert.equal(603, refer().latest:status())
  end)

  it("reports of the second in a dialog name its CSeq (RFC 3515 2.4.6, EVT-014)", function()
    local call = rig:establish()
    local first = call:request({ method = "REFER", headers = { TARGET } })
    rig.net:settle()
    local one = referral
    local second = call:request({ method = "REFER", headers = { TARGET } })
    rig.net:settle()
    local two = referral
    assert.are_not.equal(one, two)
    assert.equal(202, second:status())
    local function event() return call.requests[#call.requests]:header("Event") end
    assert.equal("refer;id=" .. second.cseq, event())
    assert(one:notify({ status_code = 200 }))
    rig.net:settle()
    assert.equal("refer", event())
    local renewed = call:request({
      method = "SUBSCRIBE", headers = { "Event: refer;id=" .. second.cseq, "Expires: 30" },
    })
    rig.net:settle()
    assert.equal("30", renewed.response:header("Expires"))
    assert(two:notify({ status_code = 486 }))
    rig.net:settle()
    assert.equal("refer;id=" .. second.cseq, event())
    assert.equal(202, first:status())
    assert.equal("confirmed", rig.session.session_state)
  end)

  it("reports on after the call is over (RFC 5057 section 4)", function()
    local call = rig:establish()
    call:request({ method = "REFER", headers = { TARGET } })
    rig.net:settle()
    call:bye()
    rig.net:settle()
    assert(referral:notify({ status_code = 200 }))
    rig.net:settle()
    assert.equal("SIP/2.0 200 OK\r\n", call.requests[#call.requests].body)
    rig.net:run(40)
    assert.equal(0, rig.agent:census().dialogs)
  end)

  it("that crosses our BYE gets 481 (RFC 5407 3.3.3, EVT-018)", function()
    local call = rig:establish()
    assert(rig.session:bye())
    local request = call:request({ method = "REFER", headers = { TARGET } })
    rig.net:settle()
    rig.net:expect([[
      alice            bob
      REFER      -->
                 <-- BYE
                 <-- 481 REFER
      200 BYE    -->
    ]])
    assert.equal(481, request:status())
    assert.is_nil(referral)
  end)

  it("is cut off by the BYE behind it; no script can answer any more (RFC 5407 3.3.3, EVT-018)",
    function()
      local held
      rig.call.on_refer = function(request) held = request end
      local call = rig:establish()
      local request = call:request({ method = "REFER", headers = { TARGET } })
      rig.net:settle()
      call:bye()
      rig.net:settle()
      assert.equal(487, request:status())
      assert.equal("ECANCELLED", select(2, held:accept()).code)
    end)

  it("whose reports nobody hears is forgotten (RFC 6665 4.2.2, EVT-006)", function()
    local watcher = refer()
    watcher.on_notify = function() return { status_code = 481 } end
    assert(referral:notify({ status_code = 180 }))
    rig.net:settle()
    assert.same({ "refused" }, ended)
  end)

  it("that takes too long ends with what was last known (RFC 6665 4.2.1.4)", function()
    local watcher = refer()
    assert(referral:notify({ status_code = 180 }))
    rig.net:run(181)
    assert.equal("terminated;reason=timeout", watcher:substate())
    assert.equal("SIP/2.0 180 Ringing\r\n", watcher.notifies[3].body)
    assert.same({ "timeout" }, ended)
  end)
end)
