local Rig = require("spec.support.rig")
local sip = require("moonsip")

describe("events.notifier", function()
  local rig, script, boxes, summary

  local function subscribe(options)
    local given = {
      to = rig.agent, ruri = "sip:alice@example.com", event = "message-summary", expires = 600,
    }
    for name, value in pairs(options or {}) do given[name] = value end
    local watcher = rig.phone:subscribe(given)
    rig.net:settle()
    return watcher
  end

  before_each(function()
    boxes = { ["alice@example.com"] = 1 }
    summary = sip.events.message_summary
    script = { options = {
      event = "message-summary", content_type = summary.content_type,
      body = function(resource)
        return summary.format({ voice = { new = boxes[resource] or 0 } })
      end,
    } }
    function script.on_subscribe(request)
      script.notifier = script.notifier or sip.events.notifier(script.options)
      script.notifier:handle(request)
    end
    function script.on_message(request)
      request:accept()
      script.act()
    end
    rig = Rig.new({ delegate = script })
  end)
  after_each(function() rig:finish() end)

  -- Runs a function as a callback of the agent.
  local function act(fn)
    script.act = fn
    rig.phone:request({ to = rig.agent, method = "MESSAGE" })
    rig.net:settle()
  end

  local function new_messages(watcher)
    local last = watcher.notifies[#watcher.notifies]
    return summary.parse(last.body).voice.new
  end

  it("answers, tells at once, and tells of changes (RFC 6665 4.2.1.2, RFC 3842 3.9)", function()
    local watcher, other = subscribe(), subscribe({ ruri = "sip:bob@example.com" })
    assert.equal(200, watcher.latest:status())
    assert.same({ 1, 0 }, { new_messages(watcher), new_messages(other) })
    assert.equal(summary.content_type, watcher.notifies[1]:header("Content-Type"))
    act(function()
      boxes["alice@example.com"] = 5
      script.notifier:changed("alice@example.com")
    end)
    assert.equal(5, new_messages(watcher))
    assert.equal(1, #other.notifies)
    watcher:unsubscribe()
    other:unsubscribe()
    rig.net:settle()
    assert.equal(5, new_messages(watcher))
    act(function() assert.same({}, script.notifier:subscribers("alice@example.com")) end)
    assert.equal(2 + 1, #watcher.notifies)
  end)

  it("answers a refresh, and says again how it is (RFC 6665 4.2.1.4)", function()
    local watcher = subscribe()
    boxes["alice@example.com"] = 7
    watcher:subscribe({ expires = 300 })
    rig.net:settle()
    assert.equal("300", watcher.latest.response:header("Expires"))
    assert.equal(7, new_messages(watcher))
    watcher:subscribe({ expires = 5 })
    rig.net:settle()
    assert.equal(423, watcher.latest:status())
    assert.equal("60", watcher.latest.response:header("Min-Expires"))
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("refuses other packages, types and brief intervals (RFC 6665 4.1.2.1, 4.2.1.1, EVT-005)",
    function()
      local other = subscribe({ event = "winfo" })
      assert.equal(489, other.latest:status())
      assert.equal("message-summary", other.latest.response:header("Allow-Events"))
      assert.equal(406, subscribe({ headers = { "Accept: text/plain" } }).latest:status())
      assert.equal(423, subscribe({ expires = 10 }).latest:status())
      local fine = subscribe({ headers = { "Accept: text/plain, application/*;q=0.5" } })
      assert.equal(200, fine.latest:status())
      fine:unsubscribe()
      rig.net:settle()
    end)

  it("tells a slow subscriber all changes at once, the last one surely", function()
    local held = {}
    local watcher = subscribe()
    watcher.on_notify = function(message)
      held[#held + 1] = message
      return false
    end
    act(function()
      for i = 1, 20 do
        boxes["alice@example.com"] = i
        script.notifier:changed("alice@example.com")
      end
    end)
    assert.equal(1, #held)
    rig.phone:respond(held[1], { status_code = 200 })
    rig.net:settle()
    assert.equal(2, #held)
    assert.equal(20, new_messages(watcher))
    rig.phone:respond(held[2], { status_code = 200 })
    watcher.on_notify = nil
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("asks who may hear: pending until it is decided (RFC 6665 4.2.1.3)", function()
    script.options.allow = function() return "pending" end
    local watcher = subscribe()
    assert.equal("pending;expires=600", watcher:substate())
    assert.equal("", watcher.notifies[1].body)
    act(function() script.notifier:changed("alice@example.com") end)
    assert.equal(1, #watcher.notifies)
    act(function()
      script.notifier:approve(script.notifier:subscribers("alice@example.com")[1])
    end)
    assert.equal("active;expires=600", watcher:substate())
    assert.equal(1, new_messages(watcher))
    act(function() script.notifier:terminate("alice@example.com", "rejected") end)
    assert.equal("terminated;reason=rejected", watcher:substate())
  end)

  it("refuses who may not, with the status it is given", function()
    script.options.allow = function() return false end
    assert.equal(403, subscribe().latest:status())
    script.notifier = nil
    script.options.allow = function() return 404 end
    assert.equal(404, subscribe().latest:status())
  end)

  it("keeps its subscribers when it is made anew, as after a reload", function()
    local watcher = subscribe()
    act(function()
      script.options.body = function() return summary.format({ voice = { new = 42 } }) end
      sip.events.notifier(script.options):changed("alice@example.com")
    end)
    assert.equal(42, new_messages(watcher))
    watcher:unsubscribe()
    rig.net:settle()
  end)

  it("keeps its lists right whoever leaves (EVT-009)", function()
    local watchers = {}
    for i = 1, 5 do watchers[i] = subscribe() end
    for _, i in ipairs({ 2, 5, 1 }) do
      watchers[i]:unsubscribe()
      rig.net:settle()
    end
    act(function()
      assert.equal(2, #script.notifier:subscribers("alice@example.com"))
      script.notifier:changed("alice@example.com")
    end)
    assert.same({ 2, 2 }, { #watchers[3].notifies, #watchers[4].notifies })
    watchers[3].on_notify = function() return { status_code = 481 } end
    act(function() script.notifier:changed("alice@example.com") end)
    act(function() assert.equal(1, #script.notifier:subscribers("alice@example.com")) end)
    watchers[4]:unsubscribe()
    rig.net:settle()
  end)

  it("raises for options it does not know", function()
    assert.has_error(function() sip.events.notifier({}) end)
    assert.has_error(function()
      sip.events.notifier({ event = "x", content_type = "a/b", body = print, boddy = 1 })
    end)
    assert.has_error(function()
      sip.events.notifier({ event = "x", content_type = "a/b", body = "text" })
    end)
  end)
end)

describe("a script with a notifier", function()
  local SCRIPT <const> = [[
    local sip = require "moonsip"
    local script = { settings = { events = "message-summary" } }
    local notifier = sip.events.notifier {
      event = "message-summary", content_type = "text/plain", max_expires = %d,
      body = function() return "%s" end,
    }
    function script.on_subscribe(request) notifier:handle(request) end
    %s
    return script
  ]]
  local path, net, agent, watcher

  local function write(...)
    local file <close> = assert(io.open(path, "w"))
    file:write(SCRIPT:format(...))
  end

  local function refreshed()
    watcher:subscribe({ expires = 900 })
    net:settle()
    return watcher.notifies[#watcher.notifies].body, watcher.latest.response:header("Expires")
  end

  before_each(function()
    path = os.tmpname()
    write(600, "first", "")
    net = require("moonsip.sim").network()
    agent = net:agent({ name = "server", address = "192.0.2.1:5060", script = path })
    watcher = net:phone({ name = "alice", address = "192.0.2.9:5060" }):subscribe({
      to = agent, ruri = "sip:alice@example.com", event = "message-summary", expires = 600,
    })
    net:settle()
    assert.equal("first", watcher.notifies[1].body)
  end)

  after_each(function()
    watcher:unsubscribe()
    net:run(40)
    assert.equal(0, agent:counters().script_errors)
    agent:close()
    os.remove(path)
  end)

  it("tells subscribers what its new code says, by its new options, from the reload on", function()
    write(300, "second", "")
    assert(agent:reload())
    local body, expires = refreshed()
    assert.equal("second", body)
    assert.equal("300", expires)
  end)

  it("goes on as it was when a reload fails", function()
    write(300, "second", "error('boom')")
    assert.is_nil((agent:reload()))
    local body, expires = refreshed()
    assert.equal("first", body)
    assert.equal("600", expires)
    write(200, "third", "")
    assert(agent:reload())
    assert.equal("third", (refreshed()))
  end)
end)
