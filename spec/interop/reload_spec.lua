local process = require("spec.interop.support.process")
local server = require("spec.interop.support.server")
local sipp = require("spec.interop.support.sipp")
local uv = require("luv")
local wire = require("spec.interop.support.wire")

-- Answers everything with the number of its generation and that of its module; a
-- MESSAGE makes it load itself again.
local MAIN <const> = [[
local sip = require "moonsip"
local part = require "part"
local script = { call = {} }

local function answer(request)
  return request:accept {
    body = sip.sdp.answer(request.message.body),
    extra_headers = { "X-Main: %d", "X-Part: " .. part.number },
  }
end

function script.on_invite(request)
  request:progress { status_code = 180 }
  local response = answer(request)
  if response then
    response.session.delegate = script.call
  end
end

function script.on_message(request)
  local done, err = sip.engine():reload()
  request:accept { extra_headers = { "X-Main: %d", "X-Reload: " .. tostring(done or err) } }
end

script.call.on_invite = answer
return script
]]

local PART <const> = "return { number = %d }\n"

local folder, admin, running, phone, port, call, load

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
end

local function replace(name, text)
  write(name .. ".new", text)
  assert(os.rename(folder .. "/" .. name .. ".new", folder .. "/" .. name))
end

local function main(number)
  return (MAIN:gsub("%%d", number))
end

local function part(number)
  return PART:format(number)
end

local function start(...)
  running, port = server.start(folder .. "/main.lua", "--admin", admin, ...)
  phone = wire.phone()
  call = phone:invite({ to = "sip:bob@127.0.0.1:" .. port })
  assert(wire.final(call.invite).status_code == 200)
end

--- What answers a re-INVITE of the long call: the numbers of script and module.
local function generation()
  local response = assert(wire.final(call:reinvite()), "no answer to a re-INVITE")
  assert.equal(200, response.status_code)
  return tonumber(response:header("X-Main")), tonumber(response:header("X-Part"))
end

--- Waits until the long call is answered by these.
local function await(wanted_main, wanted_part)
  local got_main, got_part
  for _ = 1, 100 do
    got_main, got_part = generation()
    if got_main == wanted_main and got_part == wanted_part then
      return
    end
    process.sleep(0.05)
  end
  assert.same({ wanted_main, wanted_part }, { got_main, got_part })
end

local function status()
  local _, out = server.command("status", "--admin", admin)
  return function(name)
    return tonumber(out:match("%f[%w_]" .. name .. ": (%d+)"))
  end
end

--- 200 calls per second with two re-INVITEs each, for so many seconds.
local function call_on(seconds)
  load = sipp.start(port, { scenario = "uac_reinvite_hold", calls = 200 * seconds, rate = 200 })
end

local function expect_no_call_lost()
  local result = load:finish()
  load = nil
  assert.equal(0, result.failed, result.log)
  assert.equal(0, result.status, result.log)
  assert.is_true(running:is_running())
end

local function complaints()
  local _, err = running:output()
  return select(2, err:gsub("reload failed", ""))
end

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(uv.fs_mkdir(folder, 448))
  admin = "unix:" .. folder .. "/admin.sock"
  write("main.lua", main(1))
  write("part.lua", part(1))
end)

after_each(function()
  if load then load.process:stop() end
  if phone then phone.net:close() end
  if running then
    running:kill("sigkill")
    running:wait(5)
  end
  load, phone, running = nil, nil, nil
  os.execute("rm -r " .. folder)
end)

describe("reloads while calls go on:", function()
  it("twenty edits of a script and its module, in place and by rename", function()
    start()
    call_on(7)
    local mains, parts = 1, 1
    for round = 1, 20 do
      local put = round % 2 == 0 and write or replace
      if round % 4 < 2 then
        mains = mains + 1
        put("main.lua", main(mains))
      else
        parts = parts + 1
        put("part.lua", part(parts))
      end
      await(mains, parts)
    end
    assert.is_nil(load.process.code, "the calls ended before the reloads")
    expect_no_call_lost()
    assert.equal(20, status()("reloads"))
    assert.equal(0, status()("reloads_failed"))
    assert.equal(0, complaints())
  end)

  it("SIGHUP, moonsip reload and engine:reload(), with watching off", function()
    start("--set", "reload.watch=no")
    call_on(3)
    for round = 2, 10, 3 do
      write("main.lua", main(round))
      running:kill("sighup")
      await(round, 1)

      write("main.lua", main(round + 1))
      local code, out = server.command("reload", "--admin", admin)
      assert.same({ 0, "reloaded: yes\n" }, { code, out })
      assert.equal(round + 1, (generation()))

      write("main.lua", main(round + 2))
      local message = phone:request({ to = "sip:bob@127.0.0.1:" .. port, method = "MESSAGE" })
      local response = assert(wire.final(message))
      assert.equal("true", response:header("X-Reload"))
      assert.equal(round + 1, tonumber(response:header("X-Main"))) -- it ends where it began
      assert.equal(round + 2, (generation()))
    end
    expect_no_call_lost()
    assert.equal(9, status()("reloads"))
  end)
end)

describe("a broken edit changes nothing:", function()
  for what, row in pairs({
    ["a mistake in the syntax"] = { "main.lua", "local script = {}\nscript.on_invite = = 1\n",
      "main%.lua:2: unexpected symbol near '='" },
    ["an error while it loads"] = { "main.lua", "local none\nreturn none.on_invite\n",
      "main%.lua:2: attempt to index a nil value" },
    ["the wrong shape"] = { "main.lua", "return { on_invit = print }\n",
      "main%.lua: .*'on_invit'.*'on_invite'" },
    ["a mistake in a module"] = { "part.lua", "return {\n  number = = 2 }\n",
      "part%.lua:2: unexpected symbol near '='" },
  }) do
    local name, text, cause = table.unpack(row)

    it(what .. ", seen by the watch", function()
      start()
      call_on(1)
      replace(name, text)
      assert(running:await("reload failed, nothing changed: [^\n]*" .. cause))
      assert.same({ 1, 1 }, { generation() })
      expect_no_call_lost()
      assert.equal(1, complaints()) -- once, not with each call
      assert.equal(1, status()("reloads_failed"))
      assert.equal(0, status()("reloads"))
      replace("part.lua", part(2))
      replace("main.lua", main(2))
      await(2, 2)
    end)

    it(what .. ", told to who asks", function()
      start("--set", "reload.watch=no")
      write(name, text)
      local code, out, err = server.command("reload", "--admin", admin)
      assert.equal("", out)
      assert.matches("^moonsip: [^\n]*" .. cause .. "[^\n]*\n$", err)
      assert.equal(1, code)
      local message = phone:request({ to = "sip:bob@127.0.0.1:" .. port, method = "MESSAGE" })
      assert.matches(cause, wire.final(message):header("X-Reload"))
      running:kill("sighup")
      process.run_until(5, function() return complaints() == 3 end)
      assert.equal(3, status()("reloads_failed"))
      assert.same({ 1, 1 }, { generation() })
    end)
  end
end)
