--- sip.proxy in the binary, between phones on real sockets, alone and beside
--- Kamailio.
local Relayed = require("spec.support.relayed")
local kamailio = require("spec.interop.support.kamailio")
local process = require("spec.interop.support.process")
local server = require("spec.interop.support.server")
local wire = require("spec.interop.support.wire")

local SCRIPT <const> = [[
local sip = require "moonsip"
local script = { settings = { proxy = true } }
local targets = %s
function script.on_invite(request)
  sip.proxy.forward(request, targets, { record_route = true, preloaded = true })
end
return script
]]

local function wait(done)
  return process.run_until(10, done) or error("waited in vain", 2)
end

describe("the binary as a proxy", function()
  local alice, bob, carol, path, proxy, port, other

  before_each(function()
    alice, bob, carol = wire.phone("alice"), wire.phone("bob"), wire.phone("carol")
    for _, phone in ipairs({ alice, bob, carol }) do phone.net.record = true end
    carol.numbers = 1000
  end)

  after_each(function()
    proxy:stop()
    if other then other:stop() end
    other = nil
    for _, phone in ipairs({ alice, bob, carol }) do phone.net:close() end
    os.remove(path)
  end)

  local function start(targets)
    path = os.tmpname() .. ".lua"
    local file <close> = assert(io.open(path, "w"))
    file:write(SCRIPT:format(targets))
    file:close()
    proxy, port = server.start(path)
  end

  local function quoted(phone) return ("%q"):format(phone.uri) end

  local function call(to)
    local made = alice:invite({ to = to })
    assert.equal(200, wire.final(made.invite).status_code)
    return made
  end

  -- Requests of the call go both ways, past `hops` proxies.
  local function both_ways(made, hops)
    wait(function() return bob.call.acked end)
    local info = made:info({ body = "x", content_type = "text/plain" })
    assert.equal(200, wire.final(info).status_code)
    local got = bob.call.requests[#bob.call.requests]
    assert.equal("INFO", got.method)
    assert.equal(hops + 1, #got:headers("Via"))
    assert.equal(200, wire.final(bob.call:info({ body = "x", content_type = "text/plain" }))
      .status_code)
    assert.equal(hops + 1, #made.requests[#made.requests]:headers("Via"))
    assert.equal(200, wire.final(bob.call:bye()).status_code)
    assert.equal("ended", made.state)
  end

  it("sets a call up, stays on its way and lets it go (RFC 3665 3.2)", function()
    start(quoted(bob))
    Relayed.answers(nil, bob, 180, 200)
    both_ways(call("sip:bob@127.0.0.1:" .. port), 1)
  end)

  it("rings two phones and cancels the one that was slower (RFC 3261 16.7.10)", function()
    start(("{ { %s, %s } }"):format(quoted(bob), quoted(carol)))
    Relayed.answers(nil, bob, 180)
    Relayed.answers(nil, carol, 180)
    local made = alice:invite({ to = "sip:bob@127.0.0.1:" .. port })
    wait(function() return bob.ringing and carol.ringing end)
    bob:respond(bob.ringing, { status_code = 200, body = bob:sdp() })
    wait(function() return made.response and not carol.ringing end)
    assert.equal(200, made.response.status_code)
    assert.equal(200, wire.final(made:bye()).status_code)
  end)

  it("stands in front of Kamailio, both on the way (RFC 3261 16.12.1.1)", function()
    other = kamailio.start({ bob = { "sip:" .. bob.uri:match("sip:(.*)") } })
    start(('"sip:bob@127.0.0.1:%d"'):format(other.port))
    Relayed.answers(nil, bob, 180, 200)
    both_ways(call("sip:bob@127.0.0.1:" .. port), 2)
  end)

  it("stands behind Kamailio, both on the way (RFC 3261 16.12.1.1)", function()
    start(quoted(bob))
    other = kamailio.start({ bob = { "sip:bob@127.0.0.1:" .. port } })
    Relayed.answers(nil, bob, 180, 200)
    both_ways(call("sip:bob@127.0.0.1:" .. other.port), 2)
  end)
end)
