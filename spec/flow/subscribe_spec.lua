-- moonsip as notifier: SUBSCRIBE that arrives, NOTIFYs that go out.
local Rig = require("spec.support.rig")

describe("a SUBSCRIBE", function()
  local rig, script, subscription, notes

  local function note(name)
    return function(...) table.insert(notes, { name = name, ... }) end
  end

  local function told(name)
    for i = #notes, 1, -1 do
      if notes[i].name == name then return notes[i] end
    end
  end

  local function subscribe(options)
    local given = { to = rig.agent, event = "presence", expires = 600 }
    for name, value in pairs(options or {}) do given[name] = value end
    local watcher = rig.phone:subscribe(given)
    rig.net:settle()
    return watcher
  end

  before_each(function()
    notes = {}
    script = {}
    script.watcher = { on_terminated = note("on_terminated") }
    function script.on_subscribe(request)
      note("on_subscribe")(request)
      local accepted = assert(request:accept(script.options))
      subscription = accepted.subscription
      subscription.delegate = script.watcher
    end
    rig = Rig.new({ delegate = script, settings = { events = "presence, dialog" } })
  end)
  after_each(function() rig:finish() end)

  it("is accepted with 200 and followed by a NOTIFY at once (RFC 6665 4.2.1.2, EVT-004, EVT-007)",
    function()
      local watcher = subscribe()
      rig.net:expect([[
        alice            bob
          SUBSCRIBE -->
                    <-- 200
                    <-- NOTIFY
          200       -->
      ]])
      local notify = watcher.notifies[1]
      assert.equal("presence", notify:header("Event"))
      assert.equal("active;expires=600", notify:header("Subscription-State"))
      assert.is_string(notify.contact)
      assert.equal(watcher.local_tag, notify.to_tag)
      assert.equal("active", subscription.state)
      assert.equal("notifier", subscription.role)
      assert.equal("presence", subscription.event)
      assert.equal(rig.phone.uri, tostring(subscription.remote_uri))
      watcher:unsubscribe()
      rig.net:settle()
    end)

  it("makes the dialog that its 2xx names (RFC 6665 4.4.1, RFC 3261 12.1.1)", function()
    local watcher = subscribe({ headers = { "Record-Route: <sip:192.0.2.9:5060;lr>" } })
    local response = watcher.latest.response
    assert.is_string(response.contact)
    assert.is_string(response:header("Record-Route"))
    assert.equal(1, rig.agent:census().dialogs)
    assert.equal(0, rig.agent:census().sessions)
    assert.equal("<sip:192.0.2.9:5060;lr>", watcher.notifies[1]:header("Route"))
    watcher:unsubscribe()
    rig.net:run(40)
    assert.equal(0, rig.agent:census().dialogs)
  end)

  it("is granted no longer than it asked, with Expires in the 2xx (RFC 6665 4.2.1.1, EVT-008)",
    function()
      for _, case in ipairs({
        { asked = 600, said = nil, granted = 600 }, { asked = 600, said = 7200, granted = 600 },
        { asked = 600, said = 60, granted = 60 }, { asked = nil, said = nil, granted = 3600 },
        { asked = nil, said = 120, granted = 120 },
        { asked = "99999999999999", said = nil, granted = 3600 },
      }) do
        script.options = { expires = case.said }
        local watcher = rig.phone:subscribe({
          to = rig.agent, event = "presence", expires = case.asked,
        })
        rig.net:settle()
        assert.equal(tostring(case.granted), watcher.latest.response:header("Expires"))
        assert.equal("active;expires=" .. case.granted, watcher:substate())
        watcher:unsubscribe()
        rig.net:settle()
      end
    end)

  it("for a package that is not served gets 489 with Allow-Events (RFC 6665 4.2.1.1, EVT-005)",
    function()
      script.on_subscribe = function(request) request:reject({ status_code = 489 }) end
      local watcher = subscribe({ event = "winfo" })
      assert.equal(489, watcher.latest:status())
      assert.equal("presence, dialog", watcher.latest.response:header("Allow-Events"))
    end)

  it("without Event gets 489, with one that cannot be read 400 (RFC 6665 8.2.1, EVT-005)",
    function()
      local watcher = rig.phone:subscribe({ to = rig.agent })
      rig.net:settle()
      assert.equal(489, watcher.latest:status())
      assert.is_string(watcher.latest.response:header("Allow-Events"))
      assert.equal(400, subscribe({ event = "a b" }).latest:status())
      assert.equal(400, subscribe({ expires = "soon" }).latest:status())
      assert.equal(400, subscribe({ contact = false }).latest:status())
      assert.equal(0, #notes)
    end)

  it("and OPTIONS hear of the packages that the setting `events` lists (RFC 6665 8.2.2)", function()
    local watcher = subscribe()
    assert.equal("presence, dialog", watcher.latest.response:header("Allow-Events"))
    local options = rig.phone:request({ to = rig.agent, method = "OPTIONS" })
    rig.net:settle()
    assert.equal("presence, dialog", options.response:header("Allow-Events"))
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("cannot be accepted with 202 (RFC 6665 8.3.1, EVT-007)", function()
    local ok, why
    script.on_subscribe = function(request)
      ok, why = pcall(request.accept, request, { status_code = 202 })
      request:accept()
    end
    local watcher = subscribe()
    assert.is_false(ok)
    assert.matches("8.3.1", why)
    assert.equal(200, watcher.latest:status())
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("that is too short may get 423 with Min-Expires (RFC 6665 4.2.1.4)", function()
    script.on_subscribe = function(request)
      request:reject({ status_code = 423, min_expires = 60 })
    end
    local watcher = subscribe({ expires = 5 })
    assert.equal(423, watcher.latest:status())
    assert.equal("60", watcher.latest.response:header("Min-Expires"))
  end)

  it("with a thousand Accept headers harms nobody (EVT-010)", function()
    local headers = {}
    for i = 1, 100 do
      local list = {}
      for j = 1, 10 do list[j] = ("application/x-%d-%d"):format(i, j) end
      headers[i] = "Accept: " .. table.concat(list, ", ")
    end
    local seen
    script.on_subscribe = function(request)
      seen = #request.message:headers("Accept")
      request:accept()
    end
    local watcher = subscribe({ headers = headers })
    assert.equal(200, watcher.latest:status())
    assert.equal(1000, seen)
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("is told what the script says in its callback, and nothing before it (RFC 6665 4.2.1.2)",
    function()
      script.on_subscribe = function(request)
        subscription = request:accept().subscription
        subscription:notify({ body = { content = "busy", content_type = "text/plain" } })
      end
      local watcher = subscribe()
      assert.equal(1, #watcher.notifies)
      assert.equal("busy", watcher.notifies[1].body)
      assert.equal("text/plain", watcher.notifies[1]:header("Content-Type"))
      watcher:unsubscribe()
      rig.net:settle()
      assert.equal("busy", watcher.notifies[2].body)
    end)

  it("may wait for a decision: pending, then active or rejected (RFC 6665 4.2.1.3)", function()
    script.on_subscribe = function(request)
      subscription = request:accept().subscription
      subscription:notify({ state = "pending" })
    end
    local watcher = subscribe()
    assert.equal("pending;expires=600", watcher:substate())
    assert.equal("pending", subscription.state)
    assert(subscription:notify({ state = "active" }))
    rig.net:settle()
    assert.equal("active;expires=600", watcher:substate())
    assert(subscription:terminate("rejected"))
    rig.net:settle()
    assert.equal("terminated;reason=rejected", watcher:substate())
  end)

  it("is refreshed in its dialog, and each refresh is followed by a NOTIFY (RFC 6665 4.2.1.4)",
    function()
      local watcher = subscribe()
      assert(subscription:notify({ body = { content = "one", content_type = "text/plain" } }))
      rig.net:run(500)
      watcher:subscribe({ expires = 300 })
      rig.net:settle()
      assert.equal(200, watcher.latest:status())
      assert.equal("300", watcher.latest.response:header("Expires"))
      assert.equal(3, #watcher.notifies)
      assert.equal("one", watcher.notifies[3].body)
      assert.equal(1, #notes)
      rig.net:run(200)
      assert.equal("active", subscription.state)
      rig.net:run(110)
      assert.equal("terminated", subscription.state)
      assert.equal("terminated;reason=timeout", watcher:substate())
      assert.equal("timeout", told("on_terminated")[1])
    end)

  it("may be refreshed by the script, which sees the subscription (RFC 6665 4.2.1.4)", function()
    script.watcher.on_refresh = function(request, sub)
      note("on_refresh")(request)
      assert.equal(subscription, sub)
      assert.equal(sub, request.subscription)
      assert(request:accept({ expires = 100 }))
      assert(sub:notify({ body = { content = "again", content_type = "text/plain" } }))
    end
    local watcher = subscribe()
    watcher:subscribe({ expires = 300 })
    rig.net:settle()
    assert.equal("100", watcher.latest.response:header("Expires"))
    assert.equal("again", watcher.notifies[2].body)
    assert.equal(2, #watcher.notifies)
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("with Expires 0 ends a live subscription exactly once (RFC 6665 4.2.1.4, EVT-009)", function()
    local watcher = subscribe()
    watcher:unsubscribe()
    watcher:unsubscribe()
    rig.net:settle()
    assert.equal("terminated;reason=timeout", watcher:substate())
    assert.equal(2, #watcher.notifies)
    assert.equal("unsubscribed", told("on_terminated")[1])
    assert.equal(2, #notes)
    watcher:unsubscribe()
    rig.net:settle()
    assert.equal(481, watcher.latest:status())
    rig.net:run(40)
    assert.equal(0, rig.agent:census().subscriptions)
    assert.equal("EGONE", select(2, subscription:notify()).code)
    assert.equal("terminated", subscription.state)
  end)

  it("with Expires 0 from the start asks once: 200, NOTIFY terminated (RFC 6665 4.4.3)", function()
    script.on_subscribe = function(request)
      local sub = request:accept().subscription
      sub:notify({ body = { content = "now", content_type = "text/plain" } })
    end
    local watcher = subscribe({ expires = 0 })
    assert.equal("0", watcher.latest.response:header("Expires"))
    assert.equal(1, #watcher.notifies)
    assert.equal("now", watcher.notifies[1].body)
    assert.equal("terminated;reason=timeout", watcher:substate())
  end)

  it("that nobody refreshes ends with NOTIFY terminated;reason=timeout (RFC 6665 4.2.1.4)",
    function()
      local watcher = subscribe({ expires = 60 })
      rig.net:run(59)
      assert.equal(1, #watcher.notifies)
      rig.net:run(2)
      assert.equal("terminated;reason=timeout", watcher:substate())
      assert.equal("timeout", told("on_terminated")[1])
      assert.equal(subscription, told("on_terminated")[2])
    end)

  for _, status in ipairs({ 404, 405, 410, 416, 480, 481, 485, 489, 501, 604 }) do
    it(("is removed when a NOTIFY gets %d (RFC 6665 4.2.2, EVT-006)"):format(status), function()
      local watcher = subscribe()
      watcher.on_notify = function() return { status_code = status } end
      assert(subscription:notify())
      assert(subscription:notify())
      rig.net:settle()
      assert.equal(2, #watcher.notifies)
      assert.equal("refused", told("on_terminated")[1])
      rig.net:run(40)
      assert.equal(0, rig.agent:census().subscriptions)
      assert.equal(0, rig.agent:census().dialogs)
    end)
  end

  it("stays when a NOTIFY gets another refusal (RFC 6665 4.2.2)", function()
    local watcher = subscribe()
    watcher.on_notify = function() return { status_code = 500 } end
    assert(subscription:notify())
    rig.net:settle()
    assert.equal("active", subscription.state)
    watcher.on_notify = nil
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("is removed when a NOTIFY gets no answer (RFC 6665 4.2.2)", function()
    local watcher = subscribe()
    watcher.on_notify = function() return false end
    local request = assert(subscription:notify())
    rig.net:run(33)
    assert.equal("no answer", told("on_terminated")[1])
    assert.equal("NOTIFY", request.method)
  end)

  it("gets one NOTIFY at a time, in order (RFC 6665 4.2.2)", function()
    local held = {}
    local watcher = subscribe()
    watcher.on_notify = function(message)
      held[#held + 1] = message
      return false
    end
    for i = 1, 3 do
      assert(subscription:notify({ body = { content = "" .. i, content_type = "text/plain" } }))
    end
    rig.net:settle()
    assert.same({ 1, "1" }, { #held, held[1].body })
    rig.phone:respond(held[1], { status_code = 200 })
    rig.net:settle()
    assert.same({ 2, "2" }, { #held, held[2].body })
    rig.phone:respond(held[2], { status_code = 200 })
    rig.net:settle()
    assert.same({ 3, "3" }, { #held, held[3].body })
    rig.phone:respond(held[3], { status_code = 200 })
    watcher.on_notify = nil
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("ends by the NOTIFY that an unsubscribing peer is owed, though the queue is full", function()
    local watcher = subscribe()
    watcher.on_notify = function() return false end
    for _ = 1, 9 do assert(subscription:notify()) end
    watcher:unsubscribe()
    rig.net:settle()
    assert.equal("unsubscribed", told("on_terminated")[1])
    rig.net:run(33)
  end)

  it("has a queue with an end: EPENDING; the last NOTIFY has its place", function()
    local watcher = subscribe()
    watcher.on_notify = function() return false end
    local err
    for _ = 1, 20 do
      local sent, why = subscription:notify()
      err = err or not sent and why
    end
    assert.equal("EPENDING", err.code)
    assert(subscription:terminate("noresource", { retry_after = 5 }))
    watcher.on_notify = nil
    rig.net:run(33)
    assert.equal("terminated", subscription.state)
  end)

  it("may be waited for by whoever notifies", function()
    local status
    script.on_message = function(request)
      request:accept()
      status = assert(subscription:notify()):wait().status_code
    end
    local watcher = subscribe()
    rig.phone:request({ to = rig.agent, method = "MESSAGE" })
    rig.net:settle()
    assert.equal(200, status)
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("leads other requests of its dialog nowhere (RFC 5057 5.3)", function()
    local watcher = subscribe()
    for method, status in pairs({
      BYE = 481, INFO = 481, INVITE = 481, UPDATE = 481, MESSAGE = 481, NOTIFY = 481, OPTIONS = 200,
    }) do
      local request = watcher:request({ method = method, ack = false })
      rig.net:settle()
      assert.equal(status, request:status(), method)
    end
    watcher.event = "dialog"
    watcher:subscribe({ expires = 60 })
    rig.net:settle()
    assert.equal(481, watcher.latest:status())
    assert.equal("active", subscription.state)
    subscription:terminate("noresource")
    rig.net:settle()
  end)

  it("with another id is another subscription (RFC 6665 8.2.1)", function()
    local first = subscribe({ event = "presence;id=a" })
    assert.equal("presence;id=a", first.notifies[1]:header("Event"))
    first.event = "presence;id=b"
    first:subscribe({ expires = 60 })
    rig.net:settle()
    assert.equal(481, first.latest:status())
    first.event = "presence;id=a"
    first:unsubscribe()
    rig.net:settle()
    assert.equal(200, first.latest:status())
  end)

  it("moves its target: NOTIFYs go to the Contact of the refresh (RFC 6665 4.4.1)", function()
    local watcher = subscribe()
    watcher:subscribe({ expires = 300, contact = "sip:elsewhere@192.0.2.9:5060" })
    rig.net:settle()
    assert.equal("sip:elsewhere@192.0.2.9:5060", watcher.notifies[2].ruri)
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("may be let go of without a word", function()
    local watcher = subscribe()
    subscription:dispose()
    rig.net:settle()
    assert.equal(1, #watcher.notifies)
    assert.equal("disposed", told("on_terminated")[1])
    watcher:subscribe({ expires = 60 })
    rig.net:settle()
    assert.equal(481, watcher.latest:status())
  end)

  it("in a call lives in its dialog, and longer than the call (RFC 5057 section 4)", function()
    script.on_invite = function(request)
      rig.invite = request
    end
    local call = rig:establish()
    local request = call:request({ method = "SUBSCRIBE", headers = { "Event: dialog" } })
    rig.net:settle()
    assert.equal(200, request:status())
    assert.equal(rig.session, subscription.session)
    call:bye()
    rig.net:settle()
    assert.equal("terminated", rig.session.session_state)
    assert.equal("active", subscription.state)
    assert.equal(1, rig.agent:census().dialogs)
    assert(subscription:terminate("noresource"))
    rig.net:settle()
    local last = call.requests[#call.requests]
    assert.equal("terminated;reason=noresource", last:header("Subscription-State"))
  end)

  it("raises what only the author gets wrong", function()
    local watcher = subscribe()
    for _, wrong in ipairs({
      function() subscription:notify({ body = "plain text" }) end,
      function() subscription:notify({ state = "gone" }) end,
      function() subscription:notify({ extra_headers = { "Event: other" } }) end,
      function() subscription:terminate("no such\r\nthing") end,
      function() subscription:notify({ stat = "active" }) end,
      function() subscription.state = "active" end,
    }) do
      assert.has_error(wrong)
    end
    assert.equal("ESTATE", select(2, subscription:refresh()).code)
    assert.equal("active", subscription.state)
    watcher:unsubscribe()
    rig.net:settle()
  end)
end)
