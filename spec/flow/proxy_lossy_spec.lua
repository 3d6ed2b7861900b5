--- Many proxied calls over a bad network, and every allocation that can fail.
local Message = require("moonsip.sim.message")
local Relayed = require("spec.support.relayed")
local sim = require("moonsip.sim")
local sip = require("moonsip")

local count = os.getenv("MOONSIP_LONG") == "1" and 100000 or 1000

local function phone_answers(message, call)
  if message.method ~= "INVITE" or message.to_tag then return nil end
  local phone = call.phone
  phone:respond(message, { status_code = 180 })
  local answered = false
  function call.on_request(later)
    if later.method ~= "CANCEL" then return nil end
    phone:respond(later, { status_code = 200 })
    if not answered then phone:respond(message, { status_code = 487 }) end
    answered = true
    return false
  end
  phone.net:after(0.3, function()
    if answered then return end
    answered = true
    phone:respond(message, { status_code = 200, body = phone:sdp() })
  end)
  return false
end

-- Every fifth call is forked, every seventh cancelled, the others end in BYE by
-- either side.
local function play(alice, proxy, i, done)
  local net = alice.net
  local fork = i % 5 == 0 and "fork" or "bob"
  local call = alice:invite({ to = proxy, ruri = ("sip:%s@192.0.2.1"):format(fork) })
  if i % 7 == 0 then
    net:after(0.1, function() call.invite:cancel() end)
  end
  call.invite.on_end = function(invite)
    local status = invite:status()
    if i % 7 == 0 then
      if status == 487 then return done(i) end
      if status ~= 200 then return done(i, "cancelled INVITE", status) end
    elseif status ~= 200 then
      return done(i, "INVITE", status)
    end
    net:after(0.5, function()
      call:bye().on_end = function(bye)
        -- A fork that lost the race knows nothing of it.
        local fine = bye:status() == 200 or fork == "fork"
        done(i, not fine and "BYE" or nil, bye:status())
      end
    end)
  end
end

local function run(options, n)
  options.record = false
  local net = sim.network(options)
  local proxy = net:agent({
    address = "192.0.2.1:5060", settings = { proxy = true },
    delegate = {
      on_invite = function(request)
        local targets = request.message.ruri.user == "fork"
          and { { "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" } } or "sip:bob@192.0.2.4"
        sip.proxy.forward(request, targets, { record_route = true })
      end,
    },
  })
  local alice = net:phone({ name = "alice", address = "192.0.2.9:5060" })
  local bob = net:phone({ name = "bob", address = "192.0.2.4:5060", on_request = phone_answers })
  local carol = net:phone({
    name = "carol", address = "192.0.2.5:5060", on_request = phone_answers,
  })
  carol.numbers = 1000000
  local failed, finished = {}, 0
  local function done(i, what, status)
    finished = finished + 1
    if what then failed[#failed + 1] = ("call %d: %s got %s"):format(i, what, status) end
  end
  local function start(i)
    play(alice, proxy, i, done)
    if i < n then net:after(0.02, function() start(i + 1) end) end
  end
  start(1)
  net:run(n * 0.02 + 400)
  return { net = net, proxy = proxy, failed = failed, finished = finished, bob = bob }
end

local function check(result, n)
  assert.same({}, result.failed)
  assert.equal(n, result.finished)
  local census = result.proxy:census()
  for what in ("sessions ending requests outgoing transactions timers tasks"):gmatch("%a+") do
    assert.equal(0, census[what], what)
  end
  local counters = result.proxy:counters()
  assert.equal(n, counters.calls)
  assert.equal(0, counters.script_errors)
  assert.equal(0, counters.sessions_started)
  assert.equal(0, counters.refused_loop)
  result.proxy:close()
end

describe("proxied calls over a network that loses, doubles and reorders", function()
  it(("come to their end, %d of them, and leave nothing (RFC 3261 16)"):format(count), function()
    check(run({
      seed = 8, latency = { 0.005, 0.04 }, loss = 0.1, duplicate = 0.02, reorder = 0.05,
    }, count), count)
  end)

  for seed = 31, 33 do
    it("do so whatever the seed: " .. seed, function()
      check(run({
        seed = seed, latency = { 0, 0.2 }, loss = 0.1, duplicate = 0.2, reorder = 0.3,
      }, 70), 70)
    end)
  end
end)

describe("when memory runs out in a proxied call", function()
  -- Each allocation fails once.  The caller hears something, nothing leaks.
  local function everywhere(act)
    local n, left = 0, 0
    while left == 0 do
      n = n + 1
      assert.is_true(n < 400)
      local stage = Relayed.new({ phones = { "bob", "carol" } })
      stage.plan = function(request)
        stage:forward(request, { { "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" } },
          { record_route = true })
      end
      act(stage, function() stage.proxy:fail_after(n) end)
      left = stage.proxy:fail_after(0)
      stage.net:run(300)
      local ok, why = pcall(stage.finish, stage)
      assert(ok, ("allocation %d: %s"):format(n, why))
      assert(stage.call.response, ("allocation %d: no answer"):format(n))
    end
    assert.is_true(n > 10)
  end

  it("that is answered", function()
    everywhere(function(stage, arm)
      stage:answers(stage.bob, 180)
      stage:answers(stage.carol, 180, 200)
      arm()
      stage:ring()
      stage.net:run(5)
    end)
  end)

  it("that is refused", function()
    everywhere(function(stage, arm)
      stage:answers(stage.bob, 180, 486)
      stage:answers(stage.carol, 407)
      arm()
      stage:ring()
      stage.net:run(5)
    end)
  end)

  it("that is cancelled", function()
    everywhere(function(stage, arm)
      stage:answers(stage.bob, 180)
      stage:answers(stage.carol, 180)
      stage:ring()
      arm()
      stage.call:cancel({ now = true })
      stage.net:run(5)
    end)
  end)

  it("in requests that pass through", function()
    everywhere(function(stage, arm)
      stage:answers(stage.bob, 200)
      stage:answers(stage.carol, 486)
      stage:ring()
      arm()
      stage.call:info()
      stage.call:reinvite()
      stage.net:run(5)
      stage.call:bye()
    end)
  end)
end)

describe("a call through two proxies", function()
  it("looks like that of RFC 3665 3.2, and 3.3 when the second one leaves (16.12.1.1)", function()
    local net = sim.network()
    local alice = net:phone({ name = "alice", address = "192.0.2.9:5060" })
    local function proxy(name, host, target, options)
      return net:agent({
        name = name, address = ("192.0.2.%d:5060"):format(host), settings = { proxy = true },
        delegate = { on_invite = function(request)
          sip.proxy.forward(request, target, options)
        end },
      })
    end
    local first = proxy("ss1", 1, "sip:bob@192.0.2.2", { record_route = true })
    local second = proxy("ss2", 2, "sip:bob@192.0.2.4", { record_route = true })
    local bob = net:phone({ name = "bob", address = "192.0.2.4:5060" })
    Relayed.answers(nil, bob, 180)
    local call = alice:invite({
      to = "sip:bob@192.0.2.2", destination = first.address,
      headers = { "Route: <sip:192.0.2.1;lr>" },
    })
    net:settle()
    bob:respond(bob.ringing, { status_code = 200, body = bob:sdp() })
    net:settle()
    bob.call:bye()
    net:settle()
    net:expect([[
      alice  ss1  ss2  bob
        alice -> ss1  INVITE (sdp)
        ss1 -> alice  100
        ss1 -> ss2    INVITE (sdp)
        ss2 -> ss1    100
        ss2 -> bob    INVITE (sdp)
        bob -> ss2    180
        ss2 -> ss1    180
        ss1 -> alice  180
        bob -> ss2    200 INVITE (sdp)
        ss2 -> ss1    200 INVITE (sdp)
        ss1 -> alice  200 INVITE (sdp)
        alice -> ss1  ACK
        ss1 -> ss2    ACK
        ss2 -> bob    ACK
        bob -> ss2    BYE
        ss2 -> ss1    BYE
        ss1 -> alice  BYE
        alice -> ss1  200 BYE
        ss1 -> ss2    200 BYE
        ss2 -> bob    200 BYE
    ]])
    local ack
    for _, packet in ipairs(net.log) do
      if packet.from == first.address and packet.text:find("^ACK") then ack = packet.text end
    end
    ack = Message.new(ack)
    assert.equal(bob.uri, ack.ruri)
    assert.equal(1, #ack:headers("Route"))
    assert.equal("200", tostring(call.response.status_code))
    net:run(100)
    for _, agent in ipairs({ first, second }) do
      assert.equal(0, agent:census().requests + agent:census().transactions)
      agent:close()
    end
  end)
end)
