--- Memory runs out at every allocation of what subscriptions do, one after the
--- other.  A request may fail, a subscription may end early.  Nothing leaks.
local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")

describe("when memory runs out in", function()
  -- `stage()` makes a rig, `act(rig, arm)` runs until all is over.
  local function everywhere(stage, act)
    local n, left = 0, 0
    while left == 0 do
      n = n + 1
      assert.is_true(n < 500)
      local rig = stage()
      act(rig, function() rig.agent:fail_after(n) end)
      left = rig.agent:fail_after(0)
      rig.net:run(700)
      local ok, why = pcall(rig.finish, rig)
      assert(ok, ("allocation %d: %s"):format(n, why))
    end
    assert.is_true(n > 1)
  end

  local function notifier()
    local rig
    local script = { on_invite = function(request) rig.invite = request end }
    function script.on_subscribe(request)
      local accepted = request:accept()
      if accepted then rig.subscription = accepted.subscription end
    end
    script.on_refer = script.on_subscribe
    rig = Rig.new({ delegate = script })
    rig.call.on_refer = script.on_subscribe
    return rig
  end

  local function watch(rig)
    return rig.phone:subscribe({ to = rig.agent, event = "presence", expires = 600 })
  end

  it("a SUBSCRIBE", function()
    everywhere(notifier, function(rig, arm)
      arm()
      watch(rig)
      rig.net:run(1)
    end)
  end)

  it("a refresh", function()
    everywhere(notifier, function(rig, arm)
      local watcher = watch(rig)
      rig.net:run(1)
      arm()
      watcher:subscribe({ expires = 100 })
      rig.net:run(1)
    end)
  end)

  it("the end of a subscription", function()
    everywhere(notifier, function(rig, arm)
      local watcher = watch(rig)
      rig.net:run(1)
      arm()
      watcher:unsubscribe()
      rig.net:run(1)
    end)
  end)

  it("a NOTIFY of ours", function()
    everywhere(notifier, function(rig, arm)
      watch(rig)
      rig.net:run(1)
      arm()
      for i = 1, 3 do
        rig.subscription:notify({ body = { content = "n" .. i, content_type = "text/plain" } })
      end
      rig.net:run(1)
    end)
  end)

  it("a REFER in a call", function()
    everywhere(notifier, function(rig, arm)
      local call = rig:establish()
      arm()
      call:request({ method = "REFER", headers = { "Refer-To: <sip:carol@192.0.2.7>" } })
      rig.net:run(1)
    end)
  end)

  local function subscriber()
    local caller = Caller.new()
    caller.phone.on_request = function(message)
      local call = caller.phone:incoming_call(message)
      caller.theirs = call
      call.on_request = function(request)
        local left = request:header("Expires") == "0" and "terminated;reason=timeout"
          or "active;expires=600"
        if request.method == "SUBSCRIBE" then
          caller.net:after(0.1, function() caller.notify(left) end)
          return { status_code = 200, headers = { "Expires: " .. request:header("Expires") } }
        end
      end
      return { status_code = 200, headers = { "Expires: 600" } }
    end
    function caller.notify(state)
      local event = caller.event or "presence"
      caller.theirs:request({
        method = "NOTIFY", headers = { "Event: " .. event, "Subscription-State: " .. state },
      })
    end
    return caller
  end

  local function subscribe(caller)
    caller.engine:subscribe({
      to = caller.phone.uri, event = "presence", expires = 600,
      delegate = { on_notify = function(_, subscription) caller.subscription = subscription end },
    })
    caller.net:settle()
  end

  -- The phone ends what is left.
  local function over(caller)
    caller.agent:fail_after(0)
    if caller.theirs then caller.notify("terminated;reason=noresource") end
    caller.net:run(1)
  end

  it("a SUBSCRIBE of ours", function()
    everywhere(subscriber, function(caller, arm)
      arm()
      pcall(subscribe, caller)
      if caller.theirs then caller.notify("active;expires=600") end
      caller.net:run(1)
      local left = caller.agent:fail_after(0)
      over(caller)
      caller.agent:fail_after(left)
    end)
  end)

  it("a refresh of ours and its end", function()
    everywhere(subscriber, function(caller, arm)
      subscribe(caller)
      caller.notify("active;expires=600")
      caller.net:run(1)
      arm()
      if caller.subscription:refresh() then caller.net:run(1) end
      if not caller.subscription:unsubscribe() then
        assert(caller.subscription:unsubscribe())
      end
      caller.net:run(1)
    end)
  end)

  it("a REFER of ours", function()
    everywhere(subscriber, function(caller, arm)
      caller.phone.on_request = nil
      caller.event = "refer"
      local session, call = caller:establish()
      caller.theirs = call
      call.on_request = nil
      arm()
      pcall(session.refer, session, { refer_to = "sip:carol@192.0.2.7" })
      caller.net:run(1)
      caller.notify("active;expires=60")
      caller.net:run(1)
    end)
  end)
end)
