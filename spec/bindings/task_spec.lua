local Rig = require("spec.support.rig")
local sip = require("moonsip")

describe("a callback", function()
  local rig
  after_each(function() rig:finish() end)

  local function start(on_invite, settings)
    rig = Rig.new({ delegate = { on_invite = on_invite }, settings = settings })
  end

  local function errors()
    local found = {}
    for _, line in ipairs(rig.agent.log) do
      if line.level == "error" then found[#found + 1] = line end
    end
    return found
  end

  it("may sleep while others are answered", function()
    start(function(request)
      sip.sleep(2)
      request:reject({ status_code = 486 })
    end)
    local first = rig:ring()
    rig.net:run(1)
    local second = rig.phone:invite({ to = rig.agent })
    rig.net:run(1.5)
    assert.equal(486, first.invite:status())
    rig.net:run(1)
    assert.equal(486, second.invite:status())
  end)

  it("that raises costs its request a 500 and one line with file, line and Call-ID", function()
    start(function() error("boom") end)
    local call = rig:ring()
    assert.equal(500, call.invite:status())
    local told = errors()
    assert.equal(1, #told)
    assert.truthy(told[1].text:find("task_spec%.lua:%d+: boom"))
    assert.equal(call.call_id, told[1].call_id)
    assert.equal(1, rig.agent:counters().script_errors)
  end)

  it("that raises after a wait is answered 500, too", function()
    start(function() sip.sleep(1) error({ "no text" }) end)
    local call = rig:ring()
    rig.net:run(2)
    assert.equal(500, call.invite:status())
  end)

  it("is closed with its <close> variables when the call it waits for is cancelled", function()
    local closed, went_on = 0, false
    start(function(request)
      local _ <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
      request:progress()
      sip.sleep(60)
      went_on = true
    end)
    local call = rig:ring()
    rig.net:run(1)
    call:cancel()
    rig.net:run(100)
    assert.equal(1, closed)
    assert.is_false(went_on)
    assert.equal(0, rig.agent:census().tasks)
  end)

  it("that waits in a call is closed when the call ends", function()
    local closed = 0
    start(function(request)
      local _ <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
      request:accept({ body = Rig.sdp })
      sip.sleep(1000)
    end)
    local call = rig:ring()
    rig.net:run(1)
    call:bye()
    rig.net:run(1)
    assert.equal(1, closed)
  end)

  it("may wait inside coroutines of its own, wrapped or resumed", function()
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write([[
      local sip = require("moonsip")
      local s = {}
      function s.on_invite(request)
        local seen = ""
        for n in coroutine.wrap(function()
          for i = 1, 3 do sip.sleep(1) coroutine.yield(i) end
        end) do
          seen = seen .. n
        end
        local co = coroutine.create(function(a) sip.sleep(1) return a, coroutine.yield("y") end)
        local inner = coroutine.wrap(function() return coroutine.resume(co, "a") end)
        seen = seen .. select(2, inner())
        local _, a, b = coroutine.resume(co, "b")
        request:reject({ reason_phrase = seen .. a .. b .. coroutine.status(co) })
      end
      return s]])
    file:close()
    rig = Rig.new({ script = path })
    local call = rig:ring()
    rig.net:run(3.9)
    assert.is_nil(call.invite:status())
    rig.net:run(1)
    os.remove(path)
    assert.truthy(call.invite.response.text:find("486 123yabdead", 1, true))
  end)

  it("spawns and delays tasks that end with the call; a delayed one can be cancelled", function()
    local ran = {}
    start(function(request)
      request:accept({ body = Rig.sdp })
      sip.spawn(function(x) sip.sleep(1) ran[#ran + 1] = x end, "spawned")
      local never = sip.after(1, function() ran[#ran + 1] = "never" end)
      sip.after(2, function(x) ran[#ran + 1] = x end, "after")
      sip.after(50, function() ran[#ran + 1] = "too late" end)
      assert(never:cancel())
      assert(not never:cancel())
    end)
    local call = rig:ring()
    rig.net:run(5)
    call:bye()
    rig.net:run(100)
    assert.same({ "spawned", "after" }, ran)
  end)

  it("that yields to nobody is told so", function()
    start(function() coroutine.yield(1) end)
    local call = rig:ring()
    assert.equal(500, call.invite:status())
    assert.truthy(errors()[1].text:find("sip.sleep", 1, true))
  end)

  it("beyond limits.tasks costs its caller a 503", function()
    start(function() sip.sleep(10) end, { ["limits.tasks"] = 16 })
    local calls = {}
    for i = 1, 17 do calls[i] = rig.phone:invite({ to = rig.agent }) end
    rig.net:run(1)
    assert.equal(503, calls[17].invite:status())
    assert.equal(16, rig.agent:census().tasks)
  end)

  it("that returns without an answer nobody can give any more is answered 480", function()
    start(function() end)
    local call = rig:ring()
    collectgarbage()
    collectgarbage()
    rig.net:run(1)
    assert.equal(480, call.invite:status())
  end)
end)

describe("waiting", function()
  it("outside of a callback is the author's mistake", function()
    assert.has_error(function() sip.sleep(1) end, "cannot wait here")
  end)
end)
