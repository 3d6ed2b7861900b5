local sim = require("moonsip.sim")
local Rig = require("spec.support.rig")

-- A call on a bad network, as a drawing.
local function story(seed)
  local rig = Rig.new({
    net = { seed = seed, loss = 0.3, duplicate = 0.1, reorder = 0.2, latency = { 0.01, 0.2 } },
  })
  rig.on_invite = function(request) rig:accept(request) end
  local call = rig.phone:invite({ to = rig.agent })
  rig.net:run(10)
  if call.state == "confirmed" then call:bye() end
  rig.net:run(40)
  return rig.net:ladder()
end

describe("a simulated agent", function()
  it("does the same again for the same seed, byte for byte on the ladder", function()
    assert.equal(story(5), story(5))
    assert.not_equal(story(5), story(6))
  end)

  it("has the same tags and branches again for the same seed", function()
    local function tag()
      local rig = Rig.new({ net = { seed = 9 } })
      local call = rig:establish()
      return call.response.to_tag
    end
    assert.equal(tag(), tag())
  end)

  it("runs a script file unchanged", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write([[
      local sip = require "moonsip"
      local script = {}
      function script.on_invite(request)
        request:progress()
        sip.sleep(2)
        request:reject { status_code = 486 }
      end
      return script
    ]])
    file:close()
    local rig = Rig.new({ script = path })
    rig.phone:invite({ to = rig.agent })
    rig.net:run(10)
    rig.net:expect([[
      alice      bob
        INVITE -->  @0
               <-- 180 @0.01
               <-- 486 @2.01
        ACK    -->
    ]])
    rig:finish()
    os.remove(path)
  end)

  it("reloads its script under live calls", function()
    local path = os.tmpname()
    local function write(status)
      local file = assert(io.open(path, "w"))
      file:write("return { on_invite = function(r) r:reject { status_code = ", status, " } end }")
      file:close()
    end
    write(486)
    local rig = Rig.new({ script = path })
    local call = rig:ring()
    assert.equal(486, call.response.status_code)
    write(603)
    assert.is_true(rig.agent:reload())
    assert.equal(603, rig:ring().response.status_code)
    write("oops(")
    local ok, why = rig.agent:reload()
    assert.is_nil(ok)
    assert.is_string(why)
    assert.equal(603, rig:ring().response.status_code)
    rig:finish()
    os.remove(path)
  end)

  it("raises when its script cannot be loaded", function()
    local net = sim.network()
    assert.has_error(function()
      net:agent({ address = "192.0.2.1:5060", script = "/nowhere/script.lua" })
    end)
  end)

  it("raises on options it does not know", function()
    local net = sim.network()
    assert.has_error(function() net:agent({ address = "192.0.2.1:5060", skript = "x" }) end,
      "an agent has no option 'skript'")
    assert.has_error(function()
      net:agent({ address = "192.0.2.1:5060", delegate = {}, settings = { ["timers.t9"] = 1 } })
    end)
  end)

  it("sleeps in the network's time", function()
    local sip = require("moonsip")
    local rig = Rig.new()
    local woke
    rig.on_invite = function(request)
      local before = rig.net:now()
      sip.sleep(100)
      woke = rig.net:now() - before
      request:reject()
    end
    rig:ring()
    rig.net:run(101)
    assert.equal(100, woke)
    rig:finish()
  end)

  it("cannot be driven from inside a callback", function()
    local rig = Rig.new()
    local ok, why
    rig.on_invite = function(request)
      ok, why = pcall(rig.net.run, rig.net, 1)
      request:reject()
    end
    rig:ring()
    assert.is_false(ok)
    assert.truthy(tostring(why):find("cannot run inside a callback", 1, true))
    rig:finish()
  end)

  it("is silent once it is closed", function()
    local rig = Rig.new()
    rig.agent:close()
    rig.phone:invite({ to = rig.agent })
    rig.net:run(40)
    assert.same({}, rig:sent())
  end)

  it("lives beside others on one network", function()
    local net = sim.network()
    local agents = {}
    for i = 1, 3 do
      agents[i] = net:agent({
        address = ("192.0.2.%d:5060"):format(i),
        delegate = { on_invite = function(r) r:reject({ status_code = 480 + i }) end },
      })
    end
    local phone = net:phone({ address = "192.0.2.9:5060" })
    for i = 1, 3 do
      local call = phone:invite({ to = agents[i] })
      net:settle()
      assert.equal(480 + i, call.response.status_code)
    end
  end)
end)
