local digest = require("spec.support.digest")
local sip = require("moonsip")
local presence = sip.events.presence

describe("scripts/presence.lua", function()
  local net, server, phones

  before_each(function()
    net = sip.sim.network()
    server = net:agent({
      name = "presence", address = "192.0.2.1:5060", script = "scripts/presence.lua",
    })
    phones = {}
    for i, name in ipairs({ "alice", "bob", "carol" }) do
      phones[name] = net:phone({
        name = name, address = ("192.0.2.%d:5060"):format(i + 3),
        uri = ("sip:%s@192.0.2.%d:5060"):format(name, i + 3),
      })
      phones[name].numbers = i * 1000
    end
  end)

  after_each(function()
    net:run(8000) -- until all has expired
    local census = server:census()
    for what in ("subscriptions dialogs requests outgoing transactions tasks"):gmatch("%a+") do
      assert.equal(0, census[what], what)
    end
    assert.equal(0, server:counters().script_errors)
    server:close()
  end)

  local passwords = { alice = "wonderland", bob = "builder", carol = "christmas" }

  local function credentials(response, user, method, uri)
    return "Authorization: " .. digest.answer({
      challenge = digest.challenges(response)[1], user = user, password = passwords[user],
      method = method, uri = uri,
    })
  end

  local function document(status)
    return presence.format({ entity = "pres:x", tuples = { { id = "a", status = status } } })
  end

  -- The final response to a PUBLISH about `whom` by `user`, with his password.
  local function publish(user, whom, options)
    local uri = ("sip:%s@example.com"):format(whom)
    local given = {
      to = server, ruri = uri, method = "PUBLISH", content_type = presence.content_type,
      headers = { "Event: presence" },
    }
    for name, value in pairs(options) do given[name] = value end
    if given.etag then table.insert(given.headers, "SIP-If-Match: " .. given.etag) end
    local request = phones[user]:request(given)
    net:settle()
    if request:status() ~= 401 then return request.response end
    table.insert(given.headers, credentials(request.response, user, "PUBLISH", uri))
    request = phones[user]:request(given)
    net:settle()
    return request.response
  end

  local function watch(user, whom)
    local uri = ("sip:%s@example.com"):format(whom)
    local watcher = phones[user]:subscribe({
      to = server, ruri = uri, event = "presence", expires = 600,
    })
    net:settle()
    if watcher.latest:status() == 401 then
      watcher:subscribe({
        ruri = uri, expires = 600, to_tag = false,
        headers = { credentials(watcher.latest.response, user, "SUBSCRIBE", uri) },
      })
      net:settle()
    end
    return watcher
  end

  local function seen(watcher)
    return presence.parse(watcher.notifies[#watcher.notifies].body).tuples[1].status
  end

  it("tells friends how somebody is, from when he says so until it expires", function()
    local watcher = watch("bob", "alice")
    assert.equal(200, watcher.latest:status())
    assert.equal("closed", seen(watcher))
    assert.equal(200, publish("alice", "alice", { body = document("open") }).status_code)
    assert.equal("open", seen(watcher))
    watcher:unsubscribe()
    net:settle()
    assert.equal("terminated;reason=timeout", watcher:substate())
  end)

  it("asks everybody for his password", function()
    phones.bob.uri = "sip:bob@192.0.2.5:5060"
    passwords.bob = "wrong"
    assert.equal(401, publish("bob", "bob", { body = document("open") }).status_code)
    passwords.bob = "builder"
  end)

  it("lets nobody speak for another, nor hear of who did not let him", function()
    assert.equal(403, publish("bob", "alice", { body = document("open") }).status_code)
    assert.equal(403, watch("carol", "bob").latest:status())
    local own = watch("carol", "carol")
    assert.equal(200, own.latest:status())
    own:unsubscribe()
    net:settle()
  end)

  it("keeps what it knows when it is reloaded", function()
    local watcher = watch("carol", "alice")
    local etag = publish("alice", "alice", { body = document("open") }):header("SIP-ETag")
    assert(server:reload())
    net:settle()
    assert.equal(200, publish("alice", "alice", { body = document("closed"), etag = etag })
      .status_code)
    assert.equal("closed", seen(watcher))
    watcher:unsubscribe()
    net:settle()
  end)
end)
