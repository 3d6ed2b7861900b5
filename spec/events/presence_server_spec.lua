local Rig = require("spec.support.rig")
local sip = require("moonsip")

describe("events.presence.server", function()
  local rig, script, presence

  local function pidf(status, id)
    return presence.format({
      entity = "pres:alice@example.com", tuples = { { id = id or "t1", status = status } },
    })
  end

  local function publish(options)
    local given = {
      to = rig.agent, ruri = "sip:alice@example.com", method = "PUBLISH", event = "presence",
      content_type = "application/pidf+xml", headers = {},
    }
    for name, value in pairs(options or {}) do given[name] = value end
    if given.event then table.insert(given.headers, "Event: " .. given.event) end
    if given.expires then table.insert(given.headers, "Expires: " .. given.expires) end
    if given.etag then table.insert(given.headers, "SIP-If-Match: " .. given.etag) end
    local request = rig.phone:request(given)
    rig.net:settle()
    return request.response, request.response and request.response:header("SIP-ETag")
  end

  local function watch(options)
    local given = { to = rig.agent, ruri = "sip:alice@example.com", event = "presence",
      expires = 3600 }
    for name, value in pairs(options or {}) do given[name] = value end
    local watcher = rig.phone:subscribe(given)
    rig.net:settle()
    return watcher
  end

  local function seen(watcher)
    local list = {}
    for i, tuple in ipairs(presence.parse(watcher.notifies[#watcher.notifies].body).tuples) do
      list[i] = tuple.status
    end
    return table.concat(list, " ")
  end

  before_each(function()
    presence = sip.events.presence
    script = {}
    local server
    local function the_server()
      server = server or presence.server(script.options)
      return server
    end
    function script.on_publish(request) the_server():publish(request) end
    function script.on_subscribe(request) the_server():subscribe(request) end
    function script.on_message(request)
      request:accept()
      script.act(the_server())
    end
    rig = Rig.new({ delegate = script })
  end)
  after_each(function()
    rig.net:run(4000)
    rig:finish()
  end)

  it("takes a document, gives it an entity-tag, and tells who subscribed (RFC 3903 6, RFC 3856 6)",
    function()
      local watcher = watch()
      assert.equal("closed", seen(watcher))
      local response, etag = publish({ body = pidf("open"), expires = 600 })
      assert.equal(200, response.status_code)
      assert.is_string(etag)
      assert.equal("600", response:header("Expires"))
      assert.equal("open", seen(watcher))
      assert.equal("application/pidf+xml", watcher.notifies[2]:header("Content-Type"))
      watcher:unsubscribe()
      rig.net:settle()
      assert.equal("open", seen(watcher))
    end)

  it("refreshes without a body under a new entity-tag; nobody hears (RFC 3903 4.3, 6)", function()
    local watcher = watch()
    local _, first = publish({ body = pidf("open"), expires = 600 })
    rig.net:run(500)
    local response, second = publish({ etag = first, expires = 600 })
    assert.equal(200, response.status_code)
    assert.are_not.equal(first, second)
    assert.equal(2, #watcher.notifies)
    assert.equal(412, publish({ etag = first }).status_code)
    rig.net:run(500)
    assert.equal("open", seen(watcher))
    rig.net:run(101)
    assert.equal("closed", seen(watcher))
    assert.equal(412, publish({ etag = second }).status_code)
    watcher:unsubscribe()
  end)

  it("changes and removes by entity-tag (RFC 3903 4.4, 4.5, 6)", function()
    local watcher = watch()
    local _, etag = publish({ body = pidf("open") })
    _, etag = publish({ body = pidf("closed"), etag = etag })
    assert.equal("closed", seen(watcher))
    _, etag = publish({ body = pidf("open"), etag = etag })
    local response = publish({ etag = etag, expires = 0 })
    assert.equal(200, response.status_code)
    assert.equal("0", response:header("Expires"))
    assert.is_string(response:header("SIP-ETag"))
    assert.equal("closed", seen(watcher))
    assert.equal(412, publish({ etag = etag, expires = 0 }).status_code)
    assert.equal("Conditional Request Failed", publish({ etag = "x" }).reason_phrase)
    watcher:unsubscribe()
  end)

  it("composes what several devices publish (RFC 3903 3.2)", function()
    local watcher = watch()
    publish({ body = pidf("open") })
    local _, second = publish({ body = pidf("closed") })
    assert.equal("open closed", seen(watcher))
    publish({ etag = second, expires = 0 })
    assert.equal("open", seen(watcher))
    watcher:unsubscribe()
  end)

  it("refuses what RFC 3903 6 says, and keeps nothing of it", function()
    local document = pidf("open")
    for status, options in pairs({
      [489] = { body = document, event = "dialog" },
      [400] = { body = "" },
      [415] = { body = document, content_type = "text/plain" },
      [423] = { body = document, expires = 10 },
      [412] = { body = document, etag = "never" },
    }) do
      local response = publish(options)
      assert.equal(status, response.status_code)
      if status == 489 then assert.equal("presence", response:header("Allow-Events")) end
      if status == 423 then assert.equal("60", response:header("Min-Expires")) end
      if status == 415 then assert.equal("application/pidf+xml", response:header("Accept")) end
    end
    assert.equal(489, publish({ body = document, event = false }).status_code)
    assert.equal(400, publish({ body = "<presence>" }).status_code)
    assert.equal(400, publish({ body = document, expires = "soon" }).status_code)
    assert.equal(400, publish({ body = document, etag = "a, b" }).status_code)
    local watcher = watch()
    assert.equal("closed", seen(watcher))
    watcher:unsubscribe()
  end)

  it("takes no more documents of a user than it may", function()
    script.options = { max_publications = 2 }
    local _, etag = publish({ body = pidf("open") })
    publish({ body = pidf("open") })
    assert.equal(503, publish({ body = pidf("open") }).status_code)
    assert.equal(200, publish({ body = pidf("closed"), etag = etag }).status_code)
  end)

  it("tells its delegate, and can be told by the script", function()
    local changes = {}
    script.options = { delegate = {
      on_change = function(resource, document)
        changes[#changes + 1] = resource .. " " .. #presence.parse(document).tuples
      end,
    } }
    local watcher = watch()
    local function act(fn)
      script.act = fn
      rig.phone:request({ to = rig.agent, method = "MESSAGE" })
      rig.net:settle()
    end
    local desk = { tuples = { { id = "desk", status = "open" } } }
    act(function(server) server:set("alice@example.com", "desk", desk) end)
    assert.equal("open", seen(watcher))
    publish({ body = pidf("closed") })
    assert.equal("open closed", seen(watcher))
    act(function(server) server:set("alice@example.com", "desk", nil) end)
    assert.equal("closed", seen(watcher))
    assert.same({ "alice@example.com 1", "alice@example.com 2", "alice@example.com 1" }, changes)
    watcher:unsubscribe()
  end)

  it("keeps what was published when it is made anew, as after a reload", function()
    publish({ body = pidf("open") })
    local response
    script.on_subscribe = function(request)
      response = presence.server():subscribe(request)
    end
    local watcher = watch()
    assert.is_truthy(response)
    assert.equal("open", seen(watcher))
    watcher:unsubscribe()
  end)

  it("is met from the other side: engine:publish and engine:subscribe (RFC 3903 4, RFC 6665 4.1)",
    function()
      local net = sip.sim.network()
      local heard, engine = {}, nil
      local there = net:agent({ name = "server", address = "192.0.2.1:5060", delegate = {
        on_publish = script.on_publish, on_subscribe = script.on_subscribe,
      } })
      local here = net:agent({ name = "client", address = "192.0.2.2:5060", delegate = {
        on_start = function(e) engine = e end,
      } })
      net:settle()
      assert(engine:subscribe({ to = "sip:alice@192.0.2.1", event = "presence", delegate = {
        on_notify = function(request)
          heard[#heard + 1] = presence.parse(request.message.body).tuples[1].status
        end,
      } }))
      net:settle()
      local etag
      sip.spawn(function()
        local response = assert(engine:publish({
          to = "sip:alice@192.0.2.1", event = "presence", expires = 10, -- 423: at least 60
          body = { content = pidf("open"), content_type = presence.content_type },
        })):wait()
        etag = response.message:header("SIP-ETag")
        assert.equal("60", response.message:header("Expires"))
      end)
      net:settle()
      assert.is_string(etag)
      assert(engine:publish({ to = "sip:alice@192.0.2.1", event = "presence", expires = 0,
        etag = etag }))
      net:settle()
      assert.same({ "closed", "open", "closed" }, heard)
      net:run(7200)
      assert.equal(1, there:census().subscriptions)
      assert.equal(1, here:census().subscriptions)
      there:close()
      here:close()
    end)
end)
