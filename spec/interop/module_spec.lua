local process = require("spec.interop.support.process")
local server = require("spec.interop.support.server")
local sipp = require("spec.interop.support.sipp")

local FOLDER <const> = os.getenv("MOONSIP_BUILD") or "build/dev"

--- Plain lua5.4 that finds the module and nothing else of ours.
local function lua(...)
  return process.start({
    "LUA_PATH=;;", "LUA_CPATH=./" .. FOLDER .. "/?.so;;", "lua5.4", ...,
  })
end

local function output(...)
  local running = process.start({ ... })
  assert.equal(0, running:wait(10))
  return (running:output())
end

describe("the module", function()
  it("loads in plain Lua, with all its parts", function()
    local running = lua("-e", [[
      local sip = require "moonsip"
      assert(sip.engine and sip.sdp and sip.sleep)
      assert(require "moonsip.sim".network)
      io.stderr:write("loaded")
    ]])
    assert.equal(0, running:wait(10), (select(2, running:output())))
    assert.equal("loaded", (select(2, running:output())))
  end)

  for name, where in pairs({
    alone = "in its own loop", luv = "inside luv", cqueues = "inside cqueues",
  }) do
    it("answers calls " .. where, function()
      local port = server.free_port()
      local running = lua(("spec/interop/modules/%s.lua"):format(name), port)
      finally(function() running:stop() end)
      assert(running:await("listening on udp:127%.0%.0%.1:" .. port))
      local result = sipp.run(port, { calls = 100, rate = 200, seconds = 30 })
      assert.equal(100, result.successful, result.log)
      assert.equal(0, result.status, result.log)
      if name ~= "alone" then
        assert(running:await("the loop turns"))
      end
    end)
  end

  it("shows the world its door and nothing else", function()
    local symbols = output("nm", "-D", "--defined-only", FOLDER .. "/moonsip.so")
    local names = {}
    for name in symbols:gmatch(" [A-Z] ([^\n]+)") do
      names[#names + 1] = name:match("^luaopen_") or name
    end
    assert.is_true(#names >= 1)
    for _, name in ipairs(names) do
      assert.equal("luaopen_", name)
    end
  end)

  it("takes Lua from the program that loads it", function()
    local libraries = output("readelf", "-d", FOLDER .. "/moonsip.so")
    assert.matches("NEEDED[^\n]*libuv", libraries)
    assert.not_matches("NEEDED[^\n]*liblua", libraries)
  end)
end)
