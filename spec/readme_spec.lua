-- What README.md and docs/ print is run as it is printed.
local BUILD <const> = os.getenv("MOONSIP_BUILD") or "build/dev"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local function output(command)
  local pipe <close> = assert(io.popen(command .. " 2>&1"))
  return pipe:read("a"), pipe:close()
end

describe("README.md", function()
  local text = read("README.md")
  local folder

  setup(function()
    folder = output("mktemp -d"):gsub("%s+$", "")
    for block in text:gmatch("```lua\n(.-)```") do
      local name = assert(block:match("^%-%- ([%w_]+%.lua)"), "a block without a name")
      write(folder .. "/" .. name, block)
    end
  end)

  teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  -- In the folder of the blocks, with the module and nothing else of ours.
  local function lua(arguments)
    local here = output("pwd"):gsub("%s+$", "")
    return output(("cd '%s' && LUA_PATH=';;' LUA_CPATH='%s/%s/?.so;;' lua5.4 %s"):format(folder,
      here, BUILD, arguments))
  end

  it("shows a script without a mistake", function()
    assert(require("moonsip").check(folder .. "/my.lua"))
  end)

  it("shows a spec that passes", function()
    assert.equal("", (lua("my_spec.lua")))
  end)

  it("shows a script that answers changes and refuses video", function()
    local stage = require("spec.support.stage")
    local on = stage.new({ script = folder .. "/my.lua" })
    local call = on:ring()
    on.net:run(2)
    assert.equal("confirmed", call.state)
    local held = on:change(call, { body = on.phone:sdp({ version = 2, direction = "sendonly" }) })
    assert.equal("recvonly", stage.description(held).media[1].direction)
    local video = on.phone:sdp({ version = 3 }) .. "m=video 9 RTP/AVP 31\r\n"
    assert.equal(488, on:change(call, { body = video }).status_code)
    on:finish()
  end)

  it("shows a server that listens", function()
    local path = folder .. "/server.lua"
    write(path, (read(path):gsub(":5060", ":0"):gsub("engine:run%(%)",
      "print(engine:listening()[1]) engine:close()")))
    assert.matches("udp:127%.0%.0%.1:%d+\n$", (lua("server.lua")))
  end)

  it("names commands that exist", function()
    local dev = read("dev")
    for command in text:gmatch("%./dev (%l+)") do
      assert.matches("\ndev_" .. command .. "%(%)", dev)
    end
    local known = read("bindings/cli.c")
    for command in text:gmatch("release/moonsip (%l+)") do
      assert.truthy(known:find('"  ' .. command .. " ", 1, true), command)
    end
  end)
end)

describe("docs/SCRIPTING.md", function()
  it("begins with a script without a mistake", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    write(path, read("docs/SCRIPTING.md"):match("```lua\n(.-)```"))
    assert(require("moonsip").check(path))
  end)
end)

describe("docs/TESTING.md", function()
  local blocks = {}
  for block in read("docs/TESTING.md"):gmatch("```lua\n(.-)```") do
    blocks[#blocks + 1] = block
  end

  assert(load(blocks[1], "=docs/TESTING.md", "t", _ENV))()

  it("shows a request that is answered between two runs", function()
    local around = [[
      local sim = require "moonsip.sim"
      local net = sim.network()
      local phone = net:phone { name = "alice", address = "192.0.2.9:5060" }
    ]]
    assert(load(around .. blocks[2], "=docs/TESTING.md", "t", _ENV))()
  end)

  it("shows a script that calls out", function()
    assert(load(blocks[3], "=docs/TESTING.md", "t", _ENV))()
  end)
end)
