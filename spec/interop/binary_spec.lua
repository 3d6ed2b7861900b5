local process = require("spec.interop.support.process")
local socket = require("socket")
local uv = require("luv")

local BINARY <const> = (os.getenv("MOONSIP_BUILD") or "build/dev") .. "/moonsip"
local BUSY <const> = "return { on_invite = function(r) r:reject { status_code = %d } end }"

local folder, script, admin, running

local function write(path, text)
  local file = assert(io.open(path .. ".new", "w"))
  file:write(text)
  file:close()
  assert(os.rename(path .. ".new", path))
end

--- Runs a command to its end: status, standard output, standard error.
local function moonsip(...)
  local command = process.start({ BINARY, ... })
  local status = command:wait(10)
  local out, err = command:output()
  return status, out, err
end

--- Starts an engine on a free port and waits until it listens; the port.
local function start(...)
  running = process.start({
    BINARY, "run", script, "--listen", "udp:127.0.0.1:0", "--admin", admin, ...,
  })
  local port, why = running:await("listening on udp:127%.0%.0%.1:(%d+)")
  return tonumber(assert(port, why))
end

local serial = 0

--- Sends one request and gives its final response, or nil.
local function ask(port, method)
  local peer = socket.udp4()
  peer:settimeout(2)
  peer:setpeername("127.0.0.1", port)
  local _, mine = peer:getsockname()
  serial = serial + 1
  peer:send(table.concat({
    ("%s sip:bob@127.0.0.1:%d SIP/2.0"):format(method, port),
    ("Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%d"):format(mine, serial),
    "Max-Forwards: 70",
    "From: <sip:alice@example.com>;tag=" .. serial,
    "To: <sip:bob@example.com>",
    ("Call-ID: %d-%d"):format(serial, mine),
    "CSeq: 1 " .. method,
    ("Contact: <sip:alice@127.0.0.1:%d>"):format(mine),
    "Content-Length: 0", "", "",
  }, "\r\n"))
  local response
  repeat
    response = peer:receive()
    local status = response and tonumber(response:match("^SIP/2%.0 (%d+)"))
  until not status or status >= 200
  if response and method == "INVITE" then
    peer:send(table.concat({
      ("ACK sip:bob@127.0.0.1:%d SIP/2.0"):format(port),
      ("Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%d"):format(mine, serial),
      "Max-Forwards: 70",
      "From: <sip:alice@example.com>;tag=" .. serial,
      response:match("(To: [^\r]+)"),
      ("Call-ID: %d-%d"):format(serial, mine),
      "CSeq: 1 ACK", "Content-Length: 0", "", "",
    }, "\r\n"))
  end
  peer:close()
  return response
end

local function status_of(port)
  local response = ask(port, "INVITE")
  return response and tonumber(response:match("^SIP/2%.0 (%d+)"))
end

--- True once `check()` is; asks again for five seconds.
local function soon(check)
  for _ = 1, 100 do
    if check() then return true end
    process.sleep(0.05)
  end
  return false
end

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(uv.fs_mkdir(folder, 448))
  script = folder .. "/call.lua"
  admin = "unix:" .. folder .. "/admin.sock"
  write(script, BUSY:format(486))
end)

after_each(function()
  if running then
    running:kill("sigkill")
    running:wait(5)
    running = nil
  end
  os.execute("rm -r " .. folder)
end)

describe("the command line", function()
  for _, row in ipairs({
    { {}, 'a command is missing; try "moonsip --help"' },
    { { "rum", "x.lua" }, 'unknown command "rum"; did you mean "run"?' },
    { { "run" }, '"moonsip run" needs a script' },
    { { "run", "x.lua", "--lisen", "y" }, 'unknown option "--lisen"; did you mean "--listen"?' },
    { { "run", "x.lua", "--listen" }, "--listen needs a value" },
    { { "run", "x.lua", "y.lua" }, 'unexpected "y.lua"' },
    { { "run", "x.lua", "--set", "timers.t9=1" },
      'no setting is called "timers.t9"; did you mean "timers.t1"?' },
    { { "run", "x.lua", "--set=rel100" }, '--set needs NAME=VALUE, not "rel100"' },
    { { "run", "x.lua", "--workers", "4" }, "--workers 4: this engine runs one worker; give 1" },
    { { "run", "x.lua", "--log-level", "wran" }, 'unknown log level "wran"; did you mean "warn"?' },
    { { "run", "x.lua", "--log-format=xml" }, 'unknown log format "xml"' },
    { { "status", "--listen", "x" }, '--listen is no option of "moonsip status"' },
  }) do
    it("refuses moonsip " .. table.concat(row[1], " "), function()
      local status, out, err = moonsip(table.unpack(row[1]))
      assert.equal("moonsip: " .. row[2] .. "\n", err)
      assert.equal("", out)
      assert.equal(2, status)
    end)
  end

  it("shows help, version and settings", function()
    local status, out = moonsip("--help")
    assert.equal(0, status)
    assert.matches("^usage: moonsip COMMAND\n", out)
    status, out = moonsip("--version")
    assert.equal(0, status)
    assert.matches("^moonsip %d+%.%d+%.%d+, Lua 5%.4%.%d+, libuv 1%.%d+%.%d+\n$", out)
    status, out = moonsip("settings")
    assert.equal(0, status)
    assert.matches("timers%.t1%s+0%.5%s+RFC 3261 T1", out)
  end)

  it("checks a script without running it", function()
    local status, out = moonsip("check", script)
    assert.equal(0, status)
    assert.equal(script .. ": no mistake found\n", out)
    write(script, "return {\n  on_invite = = 1\n}")
    local err
    status, out, err = moonsip("check", script)
    assert.equal(1, status)
    assert.equal("", out)
    assert.matches("^moonsip: [^\n]*call%.lua:2: [^\n]+\n$", err)
  end)

  it("says in one line that no engine answers", function()
    for _, command in ipairs({ "status", "reload", "drain", "stop" }) do
      local status, _, err = moonsip(command, "--admin", admin)
      assert.equal(1, status)
      assert.equal(("moonsip: no engine answers at %s: No such file or directory\n"):format(admin),
        err)
    end
  end)
end)

describe("moonsip run", function()
  it("answers as its script decides", function()
    assert.equal(486, status_of(start()))
  end)

  it("takes settings from the command line", function()
    local port = start("--set", "user_agent=Example/1.0")
    assert.matches("\r\nServer: Example/1.0\r\n", ask(port, "OPTIONS"))
  end)

  for name, text in pairs({
    ["does not compile"] = "return {\n  on_invite = = 1\n}",
    ["raises"] = "local a\nlocal b = a.b\nreturn {}",
  }) do
    it(("does not start with a script that %s, and says where"):format(name), function()
      write(script, text)
      local status, _, err = moonsip("run", script, "--listen", "udp:127.0.0.1:0", "--admin", admin)
      assert.equal(1, status)
      assert.matches("^moonsip: [^\n]*call%.lua:2: [^\n]+\n$", err)
    end)
  end

  it("does not start on a port that is in use", function()
    local port = start()
    local status, _, err = moonsip("run", script, "--listen", "udp:127.0.0.1:" .. port, "--admin",
      "none")
    assert.equal(1, status)
    assert.equal(("moonsip: cannot listen on udp:127.0.0.1:%d: address already in use\n")
      :format(port), err)
  end)

  it("does not take the admin socket of a running engine", function()
    start()
    local status, _, err = moonsip("run", script, "--listen", "udp:127.0.0.1:0", "--admin", admin)
    assert.equal(1, status)
    assert.matches("is in use, perhaps by another engine; give %-%-admin another address, or none",
      err)
    assert.equal(0, (moonsip("status", "--admin", admin)))
  end)

  it("replaces the admin socket of an engine that died", function()
    start()
    running:kill("sigkill")
    running:wait(5)
    start()
    assert.equal(0, (moonsip("status", "--admin", admin)))
  end)

  it("keeps its admin socket to its owner, and removes it at the end", function()
    start()
    local path = admin:match("^unix:(.*)")
    assert.equal(tonumber("600", 8), uv.fs_stat(path).mode & 511)
    running:stop()
    assert.is_nil(uv.fs_stat(path))
  end)

  it("tells the service manager when it is ready and when it stops", function()
    local path = folder .. "/notify"
    local manager = require("socket.unix").dgram()
    assert(manager:bind(path))
    manager:settimeout(5)
    running = process.start({
      "NOTIFY_SOCKET=" .. path, BINARY, "run", script, "--listen", "udp:127.0.0.1:0",
      "--admin", "none",
    })
    assert.equal("READY=1", manager:receive())
    running:kill("sighup")
    assert.matches("^RELOADING=1\nMONOTONIC_USEC=%d+$", manager:receive())
    assert.equal("READY=1", manager:receive())
    running:kill("sigterm")
    assert.equal("STOPPING=1", manager:receive())
    manager:close()
  end)
end)

describe("a running engine", function()
  it("follows an edit of its script", function()
    local port = start()
    write(script, BUSY:format(603))
    assert.is_true(soon(function() return status_of(port) == 603 end))
  end)

  it("keeps the script it has when an edit is broken", function()
    local port = start()
    write(script, "return {\n  on_invite = = 1\n}")
    assert(running:await("call%.lua:2: "))
    assert.equal(486, status_of(port))
  end)

  it("reloads on SIGHUP and on request, with watching off", function()
    local port = start("--set", "reload.watch=no")
    write(script, BUSY:format(480))
    running:kill("sighup")
    assert.is_true(soon(function() return status_of(port) == 480 end))
    write(script, BUSY:format(603))
    local status, out = moonsip("reload", "--admin", admin)
    assert.equal("reloaded: yes\n", out)
    assert.equal(0, status)
    assert.equal(603, status_of(port))
  end)

  it("tells whoever asked for a reload why it failed", function()
    local port = start("--set", "reload.watch=no")
    write(script, "return {\n  on_invite = = 1\n}")
    local status, out, err = moonsip("reload", "--admin", admin)
    assert.equal("", out)
    assert.matches("^moonsip: [^\n]*call%.lua:2: [^\n]+\n$", err)
    assert.equal(1, status)
    assert.equal(486, status_of(port))
  end)

  it("reports what it does", function()
    local port = start()
    assert.equal(486, status_of(port))
    local status, out = moonsip("status", "--admin", admin)
    assert.equal(0, status)
    assert.matches("draining: no\n", out)
    assert.matches("uri: udp:127%.0%.0%.1:" .. port, out)
    assert.matches("calls: 1\n", out)
  end)

  it("stops with status 0 when asked, on SIGINT and on SIGTERM", function()
    for _, stop in ipairs({
      function() assert.equal(0, (moonsip("stop", "--admin", admin))) end,
      function() assert.equal(0, (moonsip("drain", "--admin", admin))) end,
      function() running:kill("sigint") end,
      function() running:kill("sigterm") end,
    }) do
      start()
      stop()
      assert.equal(0, running:wait(5))
    end
  end)

  it("refuses new calls while it drains, and a second SIGTERM ends that", function()
    write(script, "local sip = require 'moonsip'\n"
      .. "return { on_invite = function(r) sip.sleep(60) r:reject() end }")
    local port = start()
    local waiting = socket.udp4()
    waiting:setpeername("127.0.0.1", port)
    local _, mine = waiting:getsockname()
    waiting:send(("INVITE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;"
      .. "branch=z9hG4bKwait\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=w\r\nTo: <sip:c@d>\r\n"
      .. "Call-ID: wait\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:%d>\r\n"
      .. "Content-Length: 0\r\n\r\n"):format(mine, mine))
    waiting:settimeout(5)
    assert.matches("^SIP/2%.0 100 ", waiting:receive())
    running:kill("sigterm")
    assert(running:await("draining"))
    local response = ask(port, "INVITE")
    assert.matches("^SIP/2%.0 503 ", response)
    assert.matches("\r\nRetry%-After: 30\r\n", response)
    assert.is_true(running:is_running())
    running:kill("sigterm")
    assert.equal(0, running:wait(5))
    waiting:close()
  end)
end)

describe("the admin endpoint", function()
  --- Sends a raw HTTP request; status line number and body.
  local function http(port, head)
    local client = socket.tcp4()
    client:settimeout(5)
    assert(client:connect("127.0.0.1", port))
    client:send(head .. "Connection: close\r\n\r\n")
    local all = client:receive("*a")
    client:close()
    return tonumber(all:match("^HTTP/1.1 (%d+)")), all
  end

  local port

  before_each(function()
    local taken = socket.bind("127.0.0.1", 0)
    port = select(2, taken:getsockname())
    taken:close()
    admin = "127.0.0.1:" .. port
    start()
  end)

  for head, status in pairs({
    ["GET /status HTTP/1.1\r\nHost: localhost\r\n"] = 200,
    ["GET /settings HTTP/1.1\r\nHost: 127.0.0.1:8060\r\n"] = 200,
    ["GET / HTTP/1.1\r\nHost: localhost\r\n"] = 404,
    ["GET /stop HTTP/1.1\r\nHost: localhost\r\n"] = 405,
    ["POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"] = 405,
    ["POST /stop HTTP/1.1\r\nHost: localhost\r\nOrigin: https://example.com\r\n"] = 403,
    ["POST /stop HTTP/1.1\r\nHost: rebound.example.com\r\n"] = 403,
    ["POST /drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n"] = 413,
    ["POST /drain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"] = 413,
  }) do
    it(("answers %d to %s"):format(status, head:gsub("\r\n", "; ")), function()
      assert.equal(status, (http(port, head)))
      assert.is_true(running:is_running())
    end)
  end

  it("says which method a path wants", function()
    local _, all = http(port, "GET /reload HTTP/1.1\r\nHost: localhost\r\n")
    assert.matches("\r\nAllow: POST\r\n", all)
  end)
end)
