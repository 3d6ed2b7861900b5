-- Subscriptions to the reg event (RFC 3680 4).
local Desk = require("spec.registrar.desk")

local HOME_PHONE <const> = "<sip:bob@192.0.2.201:5060>"
local BOB <const> = "sip:bob@biloxi.example.com"

describe("a registrar", function()
  local desk, watcher, application

  before_each(function()
    desk = Desk.new()
    application = desk.net:phone({ name = "app", address = "192.0.2.8:5060" })
  end)
  after_each(function()
    if watcher then watcher:unsubscribe() end
    watcher = nil
    desk:finish()
  end)

  local function subscribe(options)
    local given = {
      to = BOB, destination = "192.0.2.1:5060", event = "reg", expires = 3600,
    }
    for name, value in pairs(options or {}) do given[name] = value end
    local made = application:subscribe(given)
    desk.net:settle()
    if made.latest:status() == 200 then watcher = made end
    return made.latest.response
  end

  -- version, state of the document, state of the address, "event state" of contacts
  local function said(i)
    local notify = watcher.notifies[i or #watcher.notifies]
    assert.equal("application/reginfo+xml", notify:header("Content-Type"))
    local version, state = notify.body:match('version="(%d+)" state="(%a+)"')
    local address = notify.body:match('<registration [^>]*state="(%a+)"')
    local contacts = {}
    for contact in notify.body:gmatch("<contact ([^>]*)>") do
      local event = contact:match('event="(%a+)"')
      contacts[#contacts + 1] = event .. " " .. contact:match('state="(%a+)"')
    end
    return { tonumber(version), state, address, table.concat(contacts, ", ") }
  end

  it("tells a watcher what there is, then what changes (RFC 3680 6)", function()
    subscribe()
    assert.same({ 0, "full", "init", "" }, said())
    desk.net:run(10)
    desk.net:clear()
    desk:bind(HOME_PHONE .. ";expires=60")
    desk.net:run(1)
    desk.net:expect([[
      bob  server  app
      bob -> server  REGISTER
      server -> bob  200 REGISTER
      server -> app  NOTIFY
      app -> server  200 NOTIFY
    ]])
    assert.same({ 1, "partial", "active", "registered active" }, said())
    desk.net:run(70)
    assert.same({ 2, "partial", "terminated", "expired terminated" }, said())
    desk:bind(HOME_PHONE)
    desk.net:run(1)
    assert.same({ 3, "partial", "active", "registered active" }, said())
  end)

  it("tells all there is after a refresh (RFC 3680 4.7.2)", function()
    subscribe()
    desk.net:run(10)
    desk:bind(HOME_PHONE)
    desk.net:run(10)
    watcher:subscribe({ expires = 600 })
    desk.net:settle()
    assert.equal("active;expires=600", watcher:substate())
    assert.same({ 2, "full", "active", "registered active" }, said())
  end)

  it("tells once who only asks (RFC 3680 4.7.2)", function()
    desk:bind(HOME_PHONE)
    subscribe({ expires = 0 })
    assert.same({ 0, "full", "active", "registered active" }, said())
    assert.matches("^terminated", watcher:substate())
    desk:bind(HOME_PHONE)
    desk.net:run(10)
    assert.equal(1, #watcher.notifies)
    watcher = nil
  end)

  it("sends no more than one NOTIFY in five seconds, with all that changed (RFC 3680 4.10)",
    function()
      desk.net:run(30)
      subscribe()
      desk:bind(HOME_PHONE)
      desk:bind("<sip:bob@192.0.2.202>")
      desk:bind(HOME_PHONE .. ";expires=0")
      desk:bind("<sip:bob@192.0.2.202>")
      assert.equal(1, #watcher.notifies)
      desk.net:run(5)
      assert.equal(2, #watcher.notifies)
      assert.same({ 1, "partial", "active", "unregistered terminated, refreshed active" }, said())
      desk:bind("<sip:bob@192.0.2.202>;expires=0")
      watcher:subscribe({ expires = 600 })
      desk.net:run(10)
      assert.equal(3, #watcher.notifies)
      assert.same({ 2, "full", "init", "" }, said())
    end)

  it("forgets who ends the subscription, or is not there any more (RFC 6665 4.2.2)", function()
    subscribe()
    desk:bind(HOME_PHONE)
    watcher:unsubscribe()
    desk.net:run(10)
    local count = #watcher.notifies
    desk:bind(HOME_PHONE)
    desk.net:run(10)
    assert.equal(count, #watcher.notifies)
    subscribe()
    watcher.on_notify = function() return { status_code = 481 } end
    desk.net:run(10)
    desk:bind(HOME_PHONE)
    desk.net:run(10)
    desk:bind(HOME_PHONE)
    desk.net:run(10)
    assert.equal(2, #watcher.notifies)
    assert.is_nil(desk:inside(function(registrar)
      return (next(registrar:location().watchers))
    end))
    watcher = nil
  end)

  it("tells a watcher only of the address it asked for", function()
    subscribe()
    desk.net:run(10)
    desk:bind(HOME_PHONE, { to = "sip:carol@biloxi.example.com" })
    desk.net:run(10)
    assert.equal(1, #watcher.notifies)
  end)

  it("refuses what it cannot serve", function()
    assert.equal(489, subscribe({ event = "presence" }).status_code)
    assert.equal(406, subscribe({ headers = { "Accept: text/plain, text/html" } }).status_code)
    assert.equal(404, subscribe({ to = "mailto:bob@192.0.2.1", ruri = "tel:+1" }).status_code)
    desk.user = "alice"
    assert.equal(403, subscribe().status_code)
    desk.user = "bob"
    for _, accept in ipairs({
      "text/plain, application/Reginfo+XML;q=1", "application/*", "*/*",
    }) do
      assert.equal(200, subscribe({ headers = { "Accept: " .. accept } }).status_code)
      watcher:unsubscribe()
    end
  end)

  it("says 500 when its store fails", function()
    desk:bind(HOME_PHONE)
    desk:inside(function(registrar)
      registrar:location().store.get = function() return nil, { message = "no disk" } end
      return true
    end)
    assert.equal(500, subscribe().status_code)
    desk:inside(function(registrar)
      registrar:location().store.get = nil
      return true
    end)
  end)
end)
