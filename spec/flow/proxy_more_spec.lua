--- What else a proxy meets: passwords at each, waiting hooks, Path, reloads, what
--- it must leave alone.
local Relayed = require("spec.support.relayed")
local digest = require("spec.support.digest")
local sim = require("moonsip.sim")
local sip = require("moonsip")

describe("two proxies that both want a password", function()
  it("get theirs and leave the other's alone (RFC 3665 3.3, RFC 3261 22.3, AUT-007)", function()
    local net = sim.network()
    local alice = net:phone({ name = "alice", address = "192.0.2.9:5060" })
    local function proxy(name, host, target)
      return net:agent({
        name = name, address = ("192.0.2.%d:5060"):format(host), settings = { proxy = true },
        delegate = { on_invite = function(request)
          local user = sip.auth.require(request, function() return { password = "secret" } end,
            { realm = name, proxy = true, algorithms = { "MD5" }, check_uri = false })
          if user then
            sip.proxy.forward(request, target, { record_route = true, realm = name })
          end
        end },
      })
    end
    local first = proxy("ss1", 1, "sip:bob@192.0.2.2")
    local second = proxy("ss2", 2, "sip:bob@192.0.2.4")
    local bob = net:phone({ name = "bob", address = "192.0.2.4:5060" })
    Relayed.answers(nil, bob, 180, 200)
    local challenges, call = {}, nil
    for round = 1, 3 do
      local headers = {}
      for i, challenge in ipairs(challenges) do
        headers[i] = "Proxy-Authorization: " .. digest.answer({
          challenge = challenge, user = "alice", password = "secret", method = "INVITE",
          uri = "sip:bob@192.0.2.1", nc = round - i,
        })
      end
      call = alice:invite({ to = "sip:bob@192.0.2.1", headers = headers })
      net:settle()
      assert.equal(round < 3 and 407 or 200, call.response.status_code)
      challenges[round] = digest.challenges(call.response, "Proxy-Authenticate")[1]
      assert.equal(({ "ss1", "ss2" })[round], (challenges[round] or {}).realm)
    end
    assert.is_nil(bob.latest:header("Proxy-Authorization"))
    call:bye()
    net:run(400)
    for _, agent in ipairs({ first, second }) do
      assert.equal(0, agent:census().requests + agent:census().outgoing)
      assert.equal(0, agent:counters().script_errors)
      agent:close()
    end
  end)
end)

describe("a proxy", function()
  local stage

  before_each(function() stage = Relayed.new({ phones = { "bob", "carol" } }) end)
  after_each(function() stage:finish() end)

  it("adds Path to a REGISTER when told, and serves what it brings back (RFC 3327 5.2)", function()
    stage.bob.on_request = function(message)
      if message.method == "REGISTER" then
        stage.path = message:header("Path")
        return { status_code = 200 }
      end
    end
    stage.plan = function(request)
      if request.method == "REGISTER" then
        stage:forward(request, "sip:192.0.2.4", { path = true })
      else
        stage:forward(request)
      end
    end
    local register = stage.alice:request({ to = stage.proxy, method = "REGISTER" })
    stage.net:settle()
    assert.equal(200, register:status())
    assert.equal("<sip:192.0.2.1:5060;lr>", stage.path)
    stage:answers(stage.carol, 486)
    local call = stage.bob:invite({
      to = "sip:carol@192.0.2.5", destination = "192.0.2.1:5060",
      headers = { "Route: " .. stage.path },
    })
    stage.net:settle()
    assert.equal(486, call.response.status_code)
    assert.is_nil(stage.carol.latest:header("Route"))
  end)

  it("tells the hook of a second try what the first one had none for", function()
    local seen = {}
    stage.plan = function(request)
      stage:forward(request, "sip:bob@192.0.2.4", { answer = false })
      stage:forward(request, "sip:carol@192.0.2.5", {
        on_response = function(response) seen[#seen + 1] = response.status_code end,
      })
    end
    stage:answers(stage.bob, 180, 486)
    stage:answers(stage.carol, 180, 404)
    stage:ring()
    assert.same({ 180, 404 }, seen)
    assert.equal(404, stage.call.response.status_code)
  end)

  it("may wait in its hooks; answers that come meanwhile are not lost", function()
    stage.plan = function(request)
      stage:forward(request, { { "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" } }, {
        on_branch = function() sip.sleep(1) end,
        on_response = function() sip.sleep(2) end,
      })
    end
    stage:answers(stage.bob, 180, 486)
    stage:answers(stage.carol, 180, 404)
    stage:ring()
    stage.net:run(20)
    assert.equal(486, stage.call.response.status_code)
  end)

  it("is called off while a hook waits, and goes no further (16.10)", function()
    stage.plan = function(request)
      stage:forward(request, { { "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" } }, {
        on_branch = function() sip.sleep(1) end,
      })
    end
    stage:answers(stage.bob, 180)
    stage:answers(stage.carol, 180)
    stage:ring()
    stage.net:run(1.5)
    assert.is_not_nil(stage.bob.ringing)
    stage.call:cancel({ now = true })
    stage.net:run(3)
    assert.equal(487, stage.call.response.status_code)
    assert.equal(0, #stage.carol.received)
  end)

  it("leaves session timers to the phones (RFC 4028 8.1, TMR-011)", function()
    stage:answers(stage.bob, { status_code = 200, body = stage.bob:sdp(), headers = {
      "Session-Expires: 100;refresher=uac", "Require: timer" } })
    stage:ring({ headers = { "Supported: timer", "Session-Expires: 100", "Min-SE: 95" } })
    assert.equal("100", stage.bob.latest:header("Session-Expires"))
    assert.equal("95", stage.bob.latest:header("Min-SE"))
    assert.equal("100;refresher=uac", stage.call.response:header("Session-Expires"))
    assert.equal("timer", stage.call.response:header("Require"))
  end)

  it("makes no reliable response of its own, and passes those of phones (RFC 3262 3, REL-004)",
    function()
      stage.plan = function(request)
        stage:forward(request, "sip:bob@192.0.2.4", { record_route = true })
      end
      stage:answers(stage.bob, { status_code = 180, headers = { "Require: 100rel", "RSeq: 7" } })
      stage:ring({ rel100 = true })
      for _, response in ipairs(stage.call.responses) do
        assert.equal(response.status_code == 180 and 7 or nil, response.rseq)
      end
      assert.equal("7 1 INVITE", stage:seen(stage.proxy, stage.bob, "PRACK")[1]:header("RAck"))
      stage:pick_up(stage.bob)
    end)

  it("sends a CANCEL without Require and Proxy-Require (9.1, CAN-003)", function()
    stage.plan = function(request)
      stage:forward(request, "sip:bob@192.0.2.4", { understood = { "y" } })
    end
    stage:answers(stage.bob, 180)
    stage:ring({ headers = { "Require: x", "Proxy-Require: y" } })
    stage.call:cancel({ now = true })
    stage.net:settle()
    local cancel = stage:seen(stage.proxy, stage.bob, "CANCEL")[1]
    assert.is_nil(cancel:header("Require"))
    assert.is_nil(cancel:header("Proxy-Require"))
  end)

  it("may send one call on, answer the next, and redirect a third", function()
    stage.plan = function(request)
      local user = request.message.ruri.user
      if user == "answer" then
        request:accept({ body = sip.sdp.answer(request.message.body) })
      elseif user == "elsewhere" then
        request:redirect({ "sip:bob@192.0.2.4" })
      else
        stage:forward(request, "sip:bob@192.0.2.4")
      end
    end
    stage:answers(stage.bob, 486)
    assert.equal(486, stage:ring({ ruri = "sip:bob@192.0.2.1" }).response.status_code)
    assert.equal(302, stage:ring({ ruri = "sip:elsewhere@192.0.2.1" }).response.status_code)
    assert.equal(200, stage:ring({ ruri = "sip:answer@192.0.2.1" }).response.status_code)
    assert.equal(1, stage.proxy:census().sessions)
  end)

  it("names its setting `contact` in Record-Route, and knows itself by it (16.6.4)", function()
    stage:finish()
    stage = Relayed.new({ settings = { contact = "sip:proxy.example.com:5070" } })
    stage.plan = function(request)
      stage:forward(request, "sip:bob@192.0.2.4", { record_route = true })
    end
    stage:answers(stage.bob, 486)
    stage:ring({ headers = { "Route: <sip:Proxy.Example.COM:5070;lr>" } })
    assert.is_not_nil(stage.bob.latest:header("Record-Route")
      :find("^<sip:%w+@proxy%.example%.com:5070;lr>$"))
    assert.is_nil(stage.bob.latest:header("Route"))
  end)

  it("refuses what its limit of transactions does not allow, as ever", function()
    stage:finish()
    stage = Relayed.new({ settings = { ["limits.transactions"] = 16 } })
    stage:answers(stage.bob, 180)
    local calls = {}
    for i = 1, 20 do calls[i] = stage.alice:invite({ to = stage.proxy }) end
    stage.net:settle()
    local refused = 0
    for _, call in ipairs(calls) do
      if call.response and call.response.status_code == 503 then refused = refused + 1 end
    end
    assert.is_true(refused >= 4)
    for _, call in ipairs(calls) do
      if not call.response then call:cancel({ now = true }) end
    end
    stage.net:run(1)
  end)
end)

describe("a restart", function()
  -- A call is set up past one proxy; another takes its place, then BYE.
  local function bye_after(settings)
    local stage = Relayed.new({ settings = settings })
    stage.plan = function(request)
      stage:forward(request, "sip:bob@192.0.2.4", { record_route = true })
    end
    stage:answers(stage.bob, 200)
    local call = stage:ring()
    stage.proxy:close()
    stage.net.at[stage.proxy.address] = nil
    settings = settings or {}
    settings.proxy = true
    stage.proxy = stage.net:agent({
      name = "again", address = stage.proxy.address, settings = settings, delegate = {},
    })
    local bye = call:bye()
    stage.net:settle()
    stage:finish()
    return bye:status()
  end

  it("of a proxy with a secret ends no call: its Record-Route is still good", function()
    assert.equal(200, bye_after({ ["proxy.secret"] = "open sesame" }))
  end)

  it("of one without loses the way of calls", function()
    assert.equal(481, bye_after())
  end)
end)

describe("a reload", function()
  it("lets a proxied call that rings go on in the old code, new ones in the new", function()
    local path = os.tmpname() .. ".lua"
    local function write(target)
      local file <close> = assert(io.open(path, "w"))
      file:write(([[
        local sip = require "moonsip"
        local script = { settings = { proxy = true } }
        function script.on_invite(request)
          sip.proxy.forward(request, { "sip:bob@192.0.2.4", %q })
        end
        return script]]):format(target))
    end
    finally(function() os.remove(path) end)
    write("sip:old@192.0.2.5")
    local net = sim.network()
    local alice = net:phone({ name = "alice", address = "192.0.2.9:5060" })
    local proxy = net:agent({ name = "proxy", address = "192.0.2.1:5060", script = path })
    local bob = net:phone({ name = "bob", address = "192.0.2.4:5060" })
    local carol = net:phone({ name = "carol", address = "192.0.2.5:5060" })
    Relayed.answers(nil, bob, 180)
    Relayed.answers(nil, carol, 486)
    local call = alice:invite({ to = proxy })
    net:settle()
    write("sip:new@192.0.2.5")
    assert(proxy:reload())
    bob:respond(bob.ringing, { status_code = 486 })
    net:settle()
    assert.equal(486, call.response.status_code)
    assert.equal("sip:old@192.0.2.5", carol.latest.ruri)
    Relayed.answers(nil, bob, 486)
    alice:invite({ to = proxy })
    net:settle()
    assert.equal("sip:new@192.0.2.5", carol.latest.ruri)
    net:run(100)
    assert.equal(0, proxy:census().requests + proxy:census().tasks)
    proxy:close()
  end)
end)
