local Relayed = require("spec.support.relayed")
local digest = require("spec.support.digest")
local sim = require("moonsip.sim")

describe("scripts/proxy.lua", function()
  local net, proxy, phones

  before_each(function()
    net = sim.network()
    proxy = net:agent({ name = "proxy", address = "192.0.2.1:5060", script = "scripts/proxy.lua" })
    phones = {}
    for i, name in ipairs({ "alice", "bob", "carol" }) do
      phones[name] = net:phone({ name = name, address = ("192.0.2.%d:5060"):format(i + 3) })
      phones[name].numbers = i * 1000
    end
    phones.gateway = net:phone({ name = "gateway", address = "127.0.0.1:5080" })
  end)

  after_each(function()
    for _, phone in pairs(phones) do phone.on_request = nil end
    net:run(8000) -- until all have expired
    local census = proxy:census()
    for what in ("sessions ending requests outgoing transactions tasks"):gmatch("%a+") do
      assert.equal(0, census[what], what)
    end
    assert.equal(0, proxy:counters().script_errors)
    proxy:close()
  end)

  -- Sends a request, and again with the password when it is asked for.
  local function send(phone, user, password, options)
    options.destination = proxy.address
    local request = (options.method and phone.request or phone.invite)(phone, options)
    net:settle()
    local sent = request.invite or request
    local name = sent:status() == 407 and "Proxy-" or ""
    local asked = sent:status() == 401 and "WWW-Authenticate" or "Proxy-Authenticate"
    if sent:status() ~= 401 and sent:status() ~= 407 then return request end
    options.headers = options.headers or {}
    table.insert(options.headers, name .. "Authorization: " .. digest.answer({
      challenge = digest.challenges(sent.response, asked)[1], user = user, password = password,
      method = options.method or "INVITE", uri = options.ruri or options.to,
    }))
    request = (options.method and phone.request or phone.invite)(phone, options)
    net:settle()
    return request
  end

  local function register(phone, user, password)
    return send(phone, user, password, {
      method = "REGISTER", to = ("sip:%s@example.com"):format(user), ruri = "sip:example.com",
      contact = phone.uri,
    })
  end

  local function call(phone, user, password, to)
    return send(phone, user, password, { to = to })
  end

  it("registers a phone that knows its password, and no other (RFC 3261 22.2)", function()
    assert.equal(200, register(phones.bob, "bob", "builder"):status())
    assert.equal(401, register(phones.carol, "bob", "wrong"):status())
  end)

  it("rings all phones of a user, keeps the password to itself (RFC 3261 16.6, 22.3)", function()
    register(phones.bob, "bob", "builder")
    register(phones.carol, "bob", "builder")
    Relayed.answers(nil, phones.bob, 180)
    Relayed.answers(nil, phones.carol, 180, 200)
    local made = call(phones.alice, "alice", "wonderland", "sip:bob@example.com")
    assert.equal(200, made.response.status_code)
    local seen = phones.carol.latest
    assert.equal(phones.carol.uri, seen.ruri)
    assert.is_nil(seen:header("Proxy-Authorization"))
    assert.is_nil(phones.bob.ringing) -- cancelled
    made:info({ body = "x", content_type = "text/plain" })
    made:bye()
    net:settle()
    local last = phones.carol.received[#phones.carol.received]
    assert.equal("BYE", last.method)
    assert.equal("192.0.2.1:5060", last.source)
  end)

  it("asks whoever calls for a password (407, RFC 3261 22.3, AUT-004)", function()
    assert.equal(407, call(phones.alice, "alice", "wrong", "sip:bob@example.com")
      .response.status_code)
    assert.equal(0, #phones.bob.received)
  end)

  it("says 480 when nobody of that name is there (RFC 3261 16.5)", function()
    assert.equal(480, call(phones.alice, "alice", "wonderland", "sip:bob@example.com")
      .response.status_code)
  end)

  it("sends numbers to the gateway, and lets calls from there in", function()
    Relayed.answers(nil, phones.gateway, 486)
    assert.equal(486, call(phones.alice, "alice", "wonderland", "sip:+4930123@example.com")
      .response.status_code)
    assert.equal("sip:+4930123@127.0.0.1:5080", phones.gateway.latest.ruri)
    register(phones.bob, "bob", "builder")
    Relayed.answers(nil, phones.bob, 180, 603)
    local made = phones.gateway:invite({ to = "sip:bob@192.0.2.1" })
    net:settle()
    assert.equal(603, made.response.status_code)
  end)

  it("sends other requests the same way", function()
    register(phones.bob, "bob", "builder")
    phones.bob.on_request = function() return { status_code = 202 } end
    local request = send(phones.alice, "alice", "wonderland", {
      method = "MESSAGE", to = "sip:bob@example.com", body = "hello", content_type = "text/plain",
    })
    assert.equal(202, request:status())
    assert.equal("hello", phones.bob.requests[1].body)
  end)
end)
