local Rig = require("spec.support.rig")

describe("a callback that runs too long", function()
  local rig, path

  local function start(body)
    path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write("local sip = require('moonsip') local s = {} "
      .. "s.settings = { ['limits.script_time'] = 0.05, ['limits.script_memory'] = 64 } "
      .. "function s.on_invite(r) " .. body .. " end "
      .. "function s.on_message(r) r:accept() end return s")
    file:close()
    rig = Rig.new({ script = path })
  end

  local function message()
    local request = rig.phone:request({ method = "MESSAGE", to = rig.agent })
    rig.net:run(1)
    return request:status()
  end

  after_each(function()
    rig:finish()
    os.remove(path)
  end)

  for what, body in pairs({
    ["loops"] = "while true do end",
    ["loops after a wait"] = "sip.sleep(1) while true do end",
    ["swallows errors"] = "while true do pcall(function() while true do end end) end",
    ["loops in a coroutine of its own"] = "coroutine.wrap(function() while true do end end)()",
    ["loops in a coroutine inside a pcall"] =
      "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    ["loops in a sort"] = "table.sort({ 3, 2, 1 }, function() while true do end end)",
    ["loops in a gsub"] = "('x'):gsub('.', function() while true do end end)",
    ["loops in a metamethod"] =
      "local x = setmetatable({}, { __index = function() while true do end end }).y",
  }) do
    it("because it " .. what .. " costs its request a 500, and nothing else", function()
      start(body)
      local call = rig.phone:invite({ to = rig.agent })
      rig.net:run(2)
      assert.equal(500, call.invite:status())
      assert.equal(1, rig.agent:counters().script_overruns)
      local told = 0
      for _, line in ipairs(rig.agent.log) do
        if line.text:find("limits.script_time", 1, true) then told = told + 1 end
      end
      assert.equal(1, told)
      assert.equal(200, message())
      assert.equal(0, rig.agent:census().tasks)
    end)
  end

  it("closes its <close> variables", function()
    local closed = 0
    _G.CLOSE = function() closed = closed + 1 end
    start("local x <close> = setmetatable({}, { __close = CLOSE }) while true do end")
    local call = rig.phone:invite({ to = rig.agent })
    rig.net:run(2)
    _G.CLOSE = nil
    assert.equal(500, call.invite:status())
    assert.equal(1, closed)
  end)

  it("is not one that waits long", function()
    start("sip.sleep(5) r:reject{ status_code = 486 }")
    local call = rig.phone:invite({ to = rig.agent })
    rig.net:run(10)
    assert.equal(486, call.invite:status())
  end)

  it("and one that takes too much memory are told apart", function()
    start("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(2^20) .. i end")
    local call = rig.phone:invite({ to = rig.agent })
    rig.net:run(2)
    assert.equal(500, call.invite:status())
    assert.equal(1, rig.agent:counters().script_errors + rig.agent:counters().script_overruns)
    assert.equal(200, message())
  end)
end)
