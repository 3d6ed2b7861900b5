local Rig = require("spec.support.rig")

describe("a reload", function()
  local folder, rig

  local function write(name, text)
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
  end

  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
  end)
  after_each(function()
    if rig then rig:finish() end
    rig = nil
    os.execute("rm -r " .. folder)
  end)

  local function start()
    rig = Rig.new({ script = folder .. "/main.lua" })
  end

  local function status()
    local call = rig.phone:invite({ to = rig.agent })
    rig.net:run(1)
    return call.invite:status(), call
  end

  local function info(call)
    local request = call:request({ method = "INFO" })
    rig.net:run(1)
    return request:status()
  end

  local function rejecting(code)
    return "local s = {} function s.on_invite(r) r:reject{ status_code = " .. code
      .. " } end return s"
  end

  it("takes effect on the next request", function()
    write("main.lua", rejecting(486))
    start()
    assert.equal(486, (status()))
    write("main.lua", rejecting(603))
    assert.is_true(rig.agent.core:reload())
    assert.equal(603, (status()))
    assert.equal(1, rig.agent:counters().reloads)
  end)

  local broken = {
    ["does not compile"] = { "local s = {", "main%.lua:1:" },
    ["raises"] = { "error('boom')", "main%.lua:1: boom" },
    ["returns nothing"] = { "local x = 1", "must return a table" },
    ["has a callback that is no function"] = { "return { on_invite = 1 }",
      "on_invite must be a function" },
    ["misspells a callback"] = { "return { on_invit = print }", "did you mean 'on_invite'" },
    ["misspells one of an exported table"] = {
      "return { call = { on_by = print } }", "did you mean 'on_bye'" },
    ["misspells a setting"] = { "return { settings = { ['timers.t3'] = 1 } }", "timers%.t" },
    ["waits"] = { "require('moonsip').sleep(1) return {}", "cannot wait" },
    ["runs for ever"] = { "while true do end", "limits.script_time" },
    ["runs for ever in a pcall"] = { "while true do pcall(function() while true do end end) end",
      "limits.script_time" },
    ["requires what raises"] = { "require('part')", "part%.lua:2: bad" },
  }
  for what, case in pairs(broken) do
    it("of a script that " .. what .. " changes nothing and says why", function()
      write("main.lua", rejecting(486):gsub("{}",
        "{ settings = { ['limits.script_time'] = 0.05 } }", 1))
      write("part.lua", "\nerror('bad')")
      start()
      write("main.lua", case[1])
      local done, why = rig.agent.core:reload()
      assert.is_nil(done)
      assert.truthy(why:find(case[2]), why)
      assert.equal(486, (status()))
      assert.equal(1, rig.agent:counters().reloads_failed)
      local told = 0
      for _, line in ipairs(rig.agent.log) do
        if line.text:find("reload failed", 1, true) then told = told + 1 end
      end
      assert.equal(1, told)
    end)
  end

  local with_call = [[
    local s = { call = {} }
    function s.on_invite(r)
      r:accept{ body = %q }.session.delegate = s.call
    end
    function s.call.on_info(r) r:accept{ status_code = %d } end
    return s]]

  it("moves live calls to the new table of the same name", function()
    write("main.lua", with_call:format(Rig.sdp, 200))
    start()
    local _, call = status()
    assert.equal(200, info(call))
    write("main.lua", with_call:format(Rig.sdp, 202))
    assert.is_true(rig.agent.core:reload())
    assert.equal(202, info(call))
  end)

  it("that drops the name leaves the old table in use, and warns once", function()
    write("main.lua", with_call:format(Rig.sdp, 202))
    start()
    local _, call = status()
    write("main.lua", rejecting(486))
    assert.is_true(rig.agent.core:reload())
    assert.equal(202, info(call))
    assert.equal(202, info(call))
    local warned = 0
    for _, line in ipairs(rig.agent.log) do
      if line.level == "warn" and line.text:find("'call'", 1, true) then warned = warned + 1 end
    end
    assert.equal(1, warned)
  end)

  it("lets a waiting callback finish in the code it began in; its table binds by name", function()
    local text = [[
      local sip = require("moonsip")
      local s = { call = {} }
      function s.on_invite(r)
        sip.sleep(2)
        r:accept{ body = %q, reason_phrase = "%s" }.session.delegate = s.call
      end
      function s.call.on_info(r) r:accept{ status_code = %d } end
      return s]]
    write("main.lua", text:format(Rig.sdp, "old", 200))
    start()
    local _, call = status()
    write("main.lua", text:format(Rig.sdp, "new", 202))
    assert.is_true(rig.agent.core:reload())
    rig.net:run(3)
    assert.truthy(call.invite.response.text:find("SIP/2.0 200 old", 1, true))
    assert.equal(202, info(call))
  end)

  it("loads the script's modules anew, each once", function()
    write("main.lua",
      "local code = require('code').code assert(require('code') == require('code')) "
      .. "return { on_invite = function(r) r:reject{ status_code = code } end }")
    write("code.lua", "return { code = 486 }")
    start()
    assert.equal(486, (status()))
    write("code.lua", "return { code = 603 }")
    assert.is_true(rig.agent.core:reload())
    assert.equal(603, (status()))
  end)

  it("gives each generation globals of its own", function()
    write("main.lua", "count = (count or 0) + 1 local n = count "
      .. "return { on_invite = function(r) r:reject{ status_code = 480 + n } end }")
    start()
    assert.equal(481, (status()))
    assert.is_true(rig.agent.core:reload())
    assert.equal(481, (status()))
    assert.is_nil(rawget(_G, "count"))
  end)

  it("calls on_reload of the new code with the engine, and on_start never again", function()
    local text = "return { on_start = function() TRACE('start %d') end, "
      .. "on_reload = function(engine) TRACE('reload %d ' .. engine:status().generation) end }"
    local seen = {}
    _G.TRACE = function(what) seen[#seen + 1] = what end
    write("main.lua", text:format(1, 1))
    start()
    write("main.lua", text:format(2, 2))
    assert.is_true(rig.agent.core:reload())
    _G.TRACE = nil
    assert.same({ "start 1", "reload 2 2" }, seen)
  end)

  it("takes over settings of the script", function()
    write("main.lua", "return { settings = { user_agent = 'one' } }")
    start()
    status()
    assert.truthy(rig.net:ladder())
    write("main.lua", "return { settings = { user_agent = 'two' } }")
    assert.is_true(rig.agent.core:reload())
    local _, call = status()
    assert.truthy(call.invite.response.text:find("Server: two", 1, true))
  end)

  it("frees a generation that nothing holds", function()
    write("main.lua", "return { on_start = function(engine) ENGINE = engine end, "
      .. "on_reload = function(engine) PROBE(engine) end }")
    local engine
    _G.PROBE = function(e) engine = e end
    start()
    for _ = 1, 5 do assert.is_true(rig.agent.core:reload()) end
    _G.PROBE = nil
    collectgarbage()
    collectgarbage()
    assert.equal(1, engine:status().generations)
  end)
end)
