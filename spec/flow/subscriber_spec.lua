-- moonsip as subscriber: SUBSCRIBE that goes out, NOTIFYs that arrive.
local Caller = require("spec.support.caller")

describe("engine:subscribe", function()
  local caller, notes, answer, held

  local function note(name)
    return function(...) table.insert(notes, { name = name, ... }) end
  end

  local function told(name)
    local list = {}
    for _, entry in ipairs(notes) do
      if entry.name == name then list[#list + 1] = entry end
    end
    return list
  end

  -- The phone's side of the dialog that a SUBSCRIBE asks for.
  local function dialog(message, phone)
    phone = phone or caller.phone
    local call = phone.calls[message.call_id] or phone:incoming_call(message)
    call.on_request = function(request)
      if request.method == "SUBSCRIBE" then
        held = request
        return answer and answer(request, call)
      end
    end
    return call
  end

  local function notify(call, state, options)
    local headers = { "Event: presence", "Subscription-State: " .. state }
    local given = { method = "NOTIFY", headers = headers }
    for name, value in pairs(options or {}) do given[name] = value end
    local request = call:request(given)
    caller.net:settle()
    return request
  end

  local function subscribe(options)
    local given = {
      to = caller.phone.uri, from = "sip:alice@192.0.2.1", event = "presence", expires = 600,
      accept = "application/pidf+xml",
      delegate = {
        on_accept = note("on_accept"), on_reject = note("on_reject"),
        on_notify = function(request, subscription)
          note("on_notify")(request, subscription, request.message)
        end,
        on_refresh = note("on_refresh"),
        on_terminated = note("on_terminated"),
      },
    }
    for name, value in pairs(options or {}) do given[name] = value end
    local request = assert(caller.engine:subscribe(given))
    caller.net:settle()
    return request
  end

  -- An active subscription: it, and the phone's side.
  local function active(expires)
    local call
    caller.phone.on_request = function(message)
      call = dialog(message)
      return { status_code = 200, headers = { "Expires: " .. (expires or 600) } }
    end
    subscribe()
    notify(call, "active;expires=" .. (expires or 600))
    return told("on_notify")[1][2], call
  end

  before_each(function()
    notes, answer, held = {}, nil, nil
    caller = Caller.new()
  end)
  after_each(function() caller:finish() end)

  it("asks with Event, Expires, Accept and Contact (RFC 6665 4.1.2.1, RFC 3261 8.1.1.8)", function()
    caller.phone.on_request = function() return { status_code = 489 } end
    local request = subscribe()
    local sent = caller:sent("SUBSCRIBE")[1]
    assert.equal("presence", sent:header("Event"))
    assert.equal("600", sent:header("Expires"))
    assert.equal("application/pidf+xml", sent:header("Accept"))
    assert.is_string(sent.contact)
    assert.equal(489, told("on_reject")[1][1].status_code)
    assert.is_nil(told("on_reject")[1][1].subscription)
    assert.equal("SUBSCRIBE", request.method)
  end)

  it("gives a subscription with the 2xx, active with the NOTIFY (RFC 6665 4.1.2.4, 4.1.3)",
    function()
      local call
      caller.phone.on_request = function(message)
        call = dialog(message)
        return { status_code = 200, headers = { "Expires: 300" } }
      end
      subscribe()
      local subscription = told("on_accept")[1][1].subscription
      assert.equal("init", subscription.state)
      assert.equal("subscriber", subscription.role)
      assert.equal(300, subscription.expires)
      local request = notify(call, "active;expires=200", {
        body = "<x/>", content_type = "application/pidf+xml",
      })
      assert.equal(200, request:status())
      local heard = told("on_notify")[1]
      assert.equal("<x/>", heard[3].body)
      assert.equal(subscription, heard[2])
            assert.equal("active", subscription.state)
      assert.equal(200, subscription.expires)
      notify(call, "terminated;reason=noresource")
      assert.equal("noresource", told("on_terminated")[1][1])
      assert.equal("terminated", subscription.state)
    end)

  it("takes a NOTIFY before the 2xx (RFC 6665 4.1.2.4, EVT-003)", function()
    local call, first
    caller.phone.on_request = function(message)
      first, call = message, dialog(message)
      return false
    end
    subscribe()
    assert.equal(200, notify(call, "pending;expires=600"):status())
    local subscription = told("on_notify")[1][2]
    assert.equal("pending", subscription.state)
    caller.phone:respond(first, { status_code = 200, headers = { "Expires: 500" } })
    caller.net:settle()
    assert.equal(subscription, told("on_accept")[1][1].subscription)
    assert.equal(1, caller.agent:census().subscriptions)
    assert.equal(1, caller.agent:census().dialogs)
    notify(call, "terminated;reason=rejected")
    assert.is_nil(subscription.retry_after)
  end)

  it("ends when no 2xx follows a NOTIFY that names no end (RFC 6665 4.1.2.4)", function()
    local call
    caller.phone.on_request = function(message)
      call = dialog(message)
      return false
    end
    subscribe({ expires = 60 })
    notify(call, "active")
    answer = function() return false end
    caller.net:run(40)
    assert.equal("ETIMEOUT", told("on_reject")[1][2].code)
    assert.same({}, told("on_terminated"))
    caller.net:run(60)
    assert.equal("expired", told("on_terminated")[1][1])
  end)

  it("waits for the last NOTIFY when the 2xx says Expires 0 (RFC 6665 4.1.2.4)", function()
    local call
    caller.phone.on_request = function(message)
      call = dialog(message)
      return { status_code = 200, headers = { "Expires: 0" } }
    end
    subscribe()
    caller.net:run(5)
    assert.same({}, told("on_terminated"))
    assert.equal(200, notify(call, "terminated;reason=timeout"):status())
    assert.equal(1, #told("on_notify"))
    assert.equal(1, #told("on_terminated"))
  end)

  it("without any NOTIFY fails after 64*T1 (RFC 6665 4.1.2.4, EVT-003)", function()
    local call
    caller.phone.on_request = function(message)
      call = dialog(message)
      return { status_code = 200 }
    end
    subscribe()
    caller.net:run(31)
    assert.same({}, told("on_terminated"))
    caller.net:run(2)
    assert.equal("no notify", told("on_terminated")[1][1])
    assert.equal(481, notify(call, "active;expires=600"):status())
  end)

  it("gives each fork's NOTIFY a subscription of its own, until timer N (RFC 6665 4.1.4, 4.4.1)",
    function()
      local calls = {}
      caller.phone.on_request = function(message)
        held = message
        calls[1] = dialog(message)
        return { status_code = 200 }
      end
      subscribe()
      for i = 2, 3 do
        local phone = caller:another("fork" .. i, 20 + i)
        calls[i] = dialog(held, phone)
        calls[i].local_tag = "fork" .. i
      end
      for i = 1, 3 do assert.equal(200, notify(calls[i], "active;expires=600"):status()) end
      local heard = told("on_notify")
      assert.equal(3, #heard)
      assert.are_not.equal(heard[1][2], heard[2][2])
      assert.are_not.equal(heard[2][2], heard[3][2])
      assert.equal(3, caller.agent:census().subscriptions)
      caller.net:run(33)
      local late = dialog(held, caller:another("late", 30))
      late.local_tag = "late"
      assert.equal(481, notify(late, "active;expires=600"):status())
      for i = 1, 3 do notify(calls[i], "terminated;reason=noresource") end
      assert.equal(3, #told("on_terminated"))
    end)

  it("answers a NOTIFY at once, whatever its callback waits for (RFC 6665 4.1.3, EVT-002)",
    function()
      local subscription, call = active()
      local done = false
      subscription.delegate = { on_notify = function()
        require("moonsip").sleep(20)
        done = true
      end }
      local request = call:request({
        method = "NOTIFY",
        headers = { "Event: presence", "Subscription-State: terminated;reason=noresource" },
      })
      caller.net:run(0.1)
      assert.equal(200, request:status())
      assert.is_false(done)
      caller.net:run(21)
      assert.is_true(done)
    end)

  it("lets a callback answer a NOTIFY otherwise, if it does not wait (RFC 6665 4.1.3)", function()
    local subscription, call = active()
    subscription.delegate = {
      on_notify = function(request) request:reject({ status_code = 406 }) end,
    }
    assert.equal(406, notify(call, "active;expires=600"):status())
    notify(call, "terminated")
  end)

  it("refuses NOTIFYs that say or mean nothing to it (RFC 6665 8.2.3, 4.1.3, EVT-001)", function()
    local subscription, call = active()
    for _, case in ipairs({
      { { "Event: presence" }, 400 },
      { { "Event: presence", "Subscription-State: active;expires=soon" }, 400 },
      { { "Event: dialog", "Subscription-State: active" }, 481 },
      { { "Event: presence;id=7", "Subscription-State: active" }, 481 },
      { { "Subscription-State: active" }, 481 },
    }) do
      local request = call:request({ method = "NOTIFY", headers = case[1] })
      caller.net:settle()
      assert.equal(case[2], request:status())
    end
    local stray = caller.phone:request({
      to = caller.agent, method = "NOTIFY", to_tag = "nobody",
      headers = { "Event: presence", "Subscription-State: active" },
    })
    caller.net:settle()
    assert.equal(481, stray:status())
    assert.equal("active", subscription.state)
    notify(call, "terminated")
  end)

  it("takes a state it does not know for active (RFC 6665 4.1.3)", function()
    local subscription, call = active()
    notify(call, "dormant;expires=60")
    assert.equal("active", subscription.state)
    notify(call, "terminated;reason=giveup;retry-after=9")
    assert.equal(9, subscription.retry_after)
  end)

  for reason, again in pairs({
    deactivated = 0, probation = 30, rejected = false, timeout = 0, giveup = 30,
    noresource = false, invariant = false, whatever = 30,
  }) do
    it(("when terminated;reason=%s says when to try again (RFC 6665 4.1.3)"):format(reason),
      function()
        local subscription, call = active()
        notify(call, "terminated;reason=" .. reason .. ";retry-after=30")
        assert.equal(reason, told("on_terminated")[1][1])
        assert.equal(again or nil, subscription.retry_after)
        assert.equal("EGONE", select(2, subscription:refresh()).code)
        assert.equal(481, notify(call, "active;expires=60"):status())
      end)
  end

  it("renews itself before it expires (RFC 6665 4.1.2.2)", function()
    answer = function(request, call)
      caller.net:after(0.1, function() notify(call, "active;expires=600") end)
      return { status_code = 200, headers = { "Expires: " .. request:header("Expires") } }
    end
    local subscription, call = active()
    caller.net:run(539)
    assert.is_nil(held)
    caller.net:run(2)
    assert.equal("600", held:header("Expires"))
    assert.equal("presence", held:header("Event"))
    assert.equal("application/pidf+xml", held:header("Accept"))
    assert.equal(call.local_tag, held.to_tag)
    assert.equal(200, told("on_refresh")[1][1].status_code)
    assert.equal(subscription, told("on_refresh")[1][2])
    caller.net:run(1200)
    assert.equal("active", subscription.state)
    assert.equal(3, #told("on_refresh"))
    notify(call, "terminated;reason=noresource")
  end)

  it("renews a short interval half way (RFC 6665 4.1.2.2)", function()
    local subscription = active(20)
    caller.net:run(9)
    assert.is_nil(held)
    caller.net:run(2)
    assert.is_truthy(held)
    subscription:dispose()
  end)

  for _, status in ipairs({ 404, 481, 489, 501, 604 }) do
    it(("is over when its refresh gets %d (RFC 6665 4.1.2.2)"):format(status), function()
      answer = function() return { status_code = status } end
      local subscription = active()
      caller:spawn(function()
        local request = assert(subscription:refresh())
        assert.equal(status, assert(request:wait()).status_code)
      end)
      assert.equal("refused", told("on_terminated")[1][1])
      assert.equal(0, subscription.retry_after)
      assert.equal(0, caller.agent:census().dialogs)
    end)
  end

  it("lives on to its end when a refresh fails otherwise, and tries again (RFC 6665 4.1.2.2)",
    function()
      local tries = 0
      answer = function()
        tries = tries + 1
        return { status_code = 500 }
      end
      local subscription = active()
      caller.net:run(541)
      assert.equal("active", subscription.state)
      caller.net:run(70)
      assert.is_true(tries >= 2)
      assert.equal("expired", told("on_terminated")[1][1])
    end)

  it("lives on to its end when refreshes get no answer (RFC 6665 4.1.2.2)", function()
    active()
    caller.net.filter = function(packet) return not packet.text:find("^SUBSCRIBE") end
    caller.net:run(650)
    assert.equal(1, #told("on_terminated"))
  end)

  it("asks for longer when 423 says so (RFC 3261 21.4.17)", function()
    answer = function(request, call)
      if tonumber(request:header("Expires")) < 900 then
        return { status_code = 423, headers = { "Min-Expires: 900" } }
      end
      caller.net:after(0.1, function() notify(call, "active;expires=900") end)
      return { status_code = 200, headers = { "Expires: 900" } }
    end
    local subscription, call = active()
    caller.net:run(542)
    assert.equal("900", held:header("Expires"))
    assert.is_true(subscription.expires > 880)
    notify(call, "terminated")
  end)

  it("asks for longer from the start when 423 says so (RFC 3261 21.4.17)", function()
    local call
    caller.phone.on_request = function(message)
      if message:header("Expires") == "600" then
        return { status_code = 423, headers = { "Min-Expires: 900" } }
      end
      call = dialog(message)
      return { status_code = 200, headers = { "Expires: 900" } }
    end
    subscribe()
    assert.equal(900, told("on_accept")[1][1].subscription.expires)
    local sent = caller:sent("SUBSCRIBE")
    assert.equal(sent[1].call_id, sent[2].call_id)
    notify(call, "terminated")
    caller.phone.on_request = function()
      return { status_code = 423, headers = { "Min-Expires: 600" } }
    end
    subscribe()
    assert.equal(423, told("on_reject")[1][1].status_code)
  end)

  it("ends with Expires 0 and the NOTIFY that follows (RFC 6665 4.1.2.3)", function()
    answer = function(_, call)
      caller.net:after(1, function() notify(call, "terminated;reason=timeout") end)
      return { status_code = 200, headers = { "Expires: 0" } }
    end
    local subscription = active()
    assert(subscription:unsubscribe())
    assert.equal("EGONE", select(2, subscription:unsubscribe()).code)
    caller.net:settle()
    assert.equal("0", held:header("Expires"))
    assert.equal("active", subscription.state)
    caller.net:run(2)
    assert.equal("unsubscribed", told("on_terminated")[1][1])
    assert.equal(2, #told("on_notify"))
    assert.is_nil(subscription.retry_after)
  end)

  it("whose NOTIFY crosses the unsubscribing hears it, and the last one too (RFC 6665 4.1.2.3)",
    function()
      local subscription, call = active()
      answer = function() return { status_code = 200, headers = { "Expires: 0" } } end
      assert(subscription:unsubscribe())
      local crossing = call:request({
        method = "NOTIFY",
        headers = { "Event: presence", "Subscription-State: active;expires=300" },
      })
      caller.net:settle()
      assert.equal(200, crossing:status())
      assert.equal(2, #told("on_notify"))
      assert.same({}, told("on_terminated"))
      assert.equal(200, notify(call, "terminated;reason=timeout"):status())
      assert.equal(1, #told("on_terminated"))
      assert.equal(481, notify(call, "terminated;reason=timeout"):status())
    end)

  it("ends without the last NOTIFY when none comes in 64*T1 (RFC 6665 4.1.2.3)", function()
    answer = function() return { status_code = 200 } end
    local subscription = active()
    assert(subscription:unsubscribe())
    caller.net:run(31)
    assert.same({}, told("on_terminated"))
    caller.net:run(2)
    assert.equal("unsubscribed", told("on_terminated")[1][1])
  end)

  it("with Expires 0 asks once (RFC 6665 4.4.3)", function()
    local call
    caller.phone.on_request = function(message)
      call = dialog(message)
      return { status_code = 200, headers = { "Expires: 0" } }
    end
    subscribe({ expires = 0 })
    notify(call, "terminated;reason=timeout", { body = "x", content_type = "text/plain" })
    assert.equal("x", told("on_notify")[1][3].body)
    assert.equal(1, #told("on_terminated"))
    caller.net:run(40)
    assert.equal(1, #caller:sent("SUBSCRIBE"))
  end)

  it("takes 202 for 200 (RFC 6665 8.3.1, EVT-007)", function()
    local call
    caller.phone.on_request = function(message)
      call = dialog(message)
      return { status_code = 202, headers = { "Expires: 60" } }
    end
    subscribe()
    local response = told("on_accept")[1][1]
    assert.equal(202, response.status_code)
    assert.equal(60, response.subscription.expires)
    notify(call, "terminated")
  end)

  it("is one at a time: a refresh waits for its answer", function()
    answer = function() return false end
    local subscription = active()
    assert(subscription:refresh({ expires = 60 }))
    assert.equal("EPENDING", select(2, subscription:refresh()).code)
    assert.equal("ESTATE", select(2, subscription:notify()).code)
    subscription:dispose()
    caller.net:settle()
    assert.equal("disposed", told("on_terminated")[1][1])
  end)

  it("may be waited for", function()
    local call
    caller.phone.on_request = function(message)
      call = dialog(message)
      return { status_code = 200, headers = { "Expires: 60" } }
    end
    local subscription
    caller:spawn(function(engine)
      local request = assert(engine:subscribe({ to = caller.phone.uri, event = "presence" }))
      subscription = assert(request:wait()).subscription
    end)
    assert.equal("init", subscription.state)
    notify(call, "terminated")
    assert.equal("terminated", subscription.state)
  end)

  it("raises what only the author gets wrong, and fails for the rest", function()
    local to = caller.phone.uri
    for _, wrong in ipairs({
      { to = to }, { event = "presence" }, { to = to, event = "a b" },
      { to = to, event = "presence", expires = -1 }, { to = to, event = "presence", expire = 1 },
      { to = to, event = "presence", accept = "a\r\nb" },
    }) do
      assert.has_error(function() caller.engine:subscribe(wrong) end)
    end
    local _, err = caller.engine:subscribe({ to = "sip:example.com", event = "presence" })
    assert.equal("EUNSUPPORTED", err.code)
    caller.net:run(1)
    assert.equal(0, caller.agent:census().outgoing)
  end)
end)
