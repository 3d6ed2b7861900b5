local sip = require("moonsip")
local socket = require("socket")

local options_request = table.concat({
  "OPTIONS sip:moonsip@127.0.0.1 SIP/2.0",
  "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%d;rport",
  "Max-Forwards: 70",
  "From: <sip:a@127.0.0.1>;tag=1",
  "To: <sip:moonsip@127.0.0.1>",
  "Call-ID: %d@127.0.0.1",
  "CSeq: 1 OPTIONS",
  "Content-Length: 0",
  "", "",
}, "\r\n")

describe("an engine", function()
  local engine, peer, count

  before_each(function()
    peer = assert(socket.udp())
    assert(peer:setsockname("127.0.0.1", 0))
    peer:settimeout(0)
    count = 0
  end)
  after_each(function()
    if engine then engine:close() end
    engine = nil
    peer:close()
  end)

  local function start(options)
    options.listen = options.listen or { "udp:127.0.0.1:0" }
    options.log = options.log or function() end
    engine = assert(sip.engine(options))
    return engine
  end

  local function port()
    return tonumber(engine:listening()[1]:match("^udp:127%.0%.0%.1:(%d+)$"))
  end

  -- Sends OPTIONS and turns the loop until the answer is there.
  local function ask(turn)
    count = count + 1
    local _, own = peer:getsockname()
    peer:sendto(options_request:format(own, count, count), "127.0.0.1", port())
    local deadline = socket.gettime() + 5
    repeat
      turn()
      local answer = peer:receive()
      if answer then return tonumber(answer:match("^SIP/2%.0 (%d+)")) end
    until socket.gettime() > deadline
  end

  it("listens, answers and closes inside a plain program", function()
    start({ delegate = {
      on_options = function(request) request:accept({ status_code = 202 }) end,
    } })
    assert.equal(202, ask(function() engine:step() end))
    assert.equal(1, engine:status().counters.requests_in)
    engine:close()
    local status, err = engine:status()
    assert.is_nil(status)
    assert.equal("EGONE", err.code)
  end)

  it("calls on_start once and on_stop at the end, and is what sip.engine() returns", function()
    local seen = {}
    start({ delegate = {
      on_start = function(e) seen[#seen + 1] = { "start", e == engine, e == sip.engine() } end,
      on_stop = function(e) seen[#seen + 1] = { "stop", e == engine } end,
    } })
    engine:step()
    engine:step()
    engine:close()
    assert.same({ { "start", true, true }, { "stop", true } }, seen)
  end)

  it("runs until it is stopped", function()
    start({ delegate = { on_start = function(e)
      sip.after(0.02, function() e:stop() end)
    end } })
    local began = socket.gettime()
    assert.is_true(engine:run())
    assert.is_true(socket.gettime() - began >= 0.015)
  end)

  it("can be polled through its descriptor by another loop", function()
    start({ delegate = {} })
    engine:step()
    assert.is_true(engine:fd() > 2)
    assert.equal(engine:fd(), engine:pollfd())
    assert.equal("r", engine:events())
    local turns = 0
    local handle = { getfd = function() return engine:fd() end }
    assert.equal(200, ask(function()
      turns = turns + 1
      socket.select({ handle }, nil, engine:timeout() or 1)
      engine:step()
    end))
    assert.is_true(turns < 10)
  end)

  it("cannot be run, stepped or closed from its own callbacks", function()
    local refused = {}
    start({ delegate = { on_start = function(e)
      for _, name in ipairs({ "run", "step", "close" }) do
        refused[#refused + 1] = not pcall(e[name], e)
      end
    end } })
    engine:step()
    assert.same({ true, true, true }, refused)
  end)

  it("that cannot bind says why", function()
    start({ delegate = {} })
    local second, err = sip.engine({ listen = { engine:listening()[1] }, delegate = {},
      log = print })
    assert.is_nil(second)
    assert.equal("ESYSTEM", err.code)
    second, err = sip.engine({ listen = { "carrier:1" }, delegate = {} })
    assert.is_nil(second)
    assert.equal("EINVALID", err.code)
  end)

  it("whose script does not load says file, line and cause", function()
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write("local x = \n")
    file:close()
    local none, err = sip.engine({ script = path, listen = { "udp:127.0.0.1:0" } })
    os.remove(path)
    assert.is_nil(none)
    assert.equal("ESCRIPT", err.code)
    assert.truthy(tostring(err):find(path .. ":", 1, true))
  end)

  it("refuses options it does not know with the nearest name", function()
    assert.has_error(function() sip.engine({ lisen = {}, delegate = {} }) end,
      "unknown option 'lisen': did you mean 'listen'?")
    assert.has_error(function() sip.engine({}) end, "option 'script' or 'delegate' expected")
    assert.has_error(function() sip.engine({ delegate = {}, settings = { ["timers.t5"] = 1 } }) end)
  end)

  it("prefers the program's settings to the script's", function()
    start({ delegate = { settings = { user_agent = "script", ["timers.t1"] = 0.3 } },
      settings = { user_agent = "program" } })
    local _, own = peer:getsockname()
    peer:sendto(options_request:format(own, 99, 99), "127.0.0.1", port())
    local answer
    for _ = 1, 100 do
      engine:step()
      answer = peer:receive()
      if answer then break end
      socket.sleep(0.01)
    end
    assert.truthy(answer:find("Server: program", 1, true))
  end)

  it("reloads by itself when a file of the script changes", function()
    local path = os.tmpname()
    local function write(code)
      local file <close> = assert(io.open(path, "w"))
      file:write("return { on_options = function(r) r:accept{ status_code = ", code, " } end }")
    end
    write(201)
    start({ script = path })
    assert.equal(201, ask(function() engine:step() end))
    write(202)
    local deadline = socket.gettime() + 5
    repeat
      engine:step()
      socket.sleep(0.01)
    until engine:status().generation == 2 or socket.gettime() > deadline
    assert.equal(202, ask(function() engine:step() end))
    os.remove(path)
  end)

  it("writes one line of text or JSON per log call, peers' text escaped (MSG-034)", function()
    local command = [[lua5.4 -e 'package.cpath = "%s"
      local sip = require("moonsip")
      local e = sip.engine{ listen = { "udp:127.0.0.1:0" }, log_format = "%s", log_level = "warn",
        delegate = { on_start = function() sip.log.warn(sip.log, "a\nb", { n = 1 }) end } }
      e:step() e:close()' 2>&1]]
    local function output(format)
      local pipe <close> = io.popen(command:format(package.cpath, format))
      return pipe:read("a")
    end
    local day, clock = "%d+%-%d+%-%d+", "%d+:%d+:%d+%.%d%d%d"
    assert.truthy(output("text"):find("^" .. day .. "T" .. clock .. "Z WARN %- a\\x0[aA]b n=1\n$"))
    assert.truthy(output("json"):find(
      '^{"time":"[^"]+","level":"warn","text":"a\\\\x0[aA]b n=1"}\n$'))
  end)
end)

describe("sip.check", function()
  it("accepts a script that loads, without starting it", function()
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write("return { on_start = function() error('started') end }")
    file:close()
    assert.is_true(sip.check(path))
    local none, err = sip.check(path .. ".missing")
    os.remove(path)
    assert.is_nil(none)
    assert.equal("ESCRIPT", err.code)
  end)
end)
