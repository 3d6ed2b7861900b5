-- Every limit has a setting, a status, a counter and one line in the log.
local Rig = require("spec.support.rig")
local sip = require("moonsip")

describe("the limit", function()
  local rig

  after_each(function()
    if rig then rig:finish() end
    rig = nil
  end)

  local function start(settings, delegate)
    rig = Rig.new({ settings = settings, delegate = delegate })
  end

  local function ask(options)
    local given = { method = "OPTIONS", to = rig.agent, retransmit = false }
    for name, value in pairs(options or {}) do given[name] = value end
    local request = rig.phone:request(given)
    rig.net:settle()
    return request
  end

  -- How many lines of this level speak of `text`.
  local function lines(level, text)
    local n = 0
    for _, line in ipairs(rig.agent.log) do
      if line.level == level and line.text:find(text, 1, true) then n = n + 1 end
    end
    return n
  end

  local padding = { "X-Padding: " .. ("x"):rep(2000) }
  local many = {}
  for i = 1, 40 do many[i] = "X-" .. i .. ": 1" end

  for name, case in pairs({
    ["limits.message by all of the message: 513"] =
      { { ["limits.message"] = 1000 }, { headers = padding }, 513, "refused_message" },
    ["limits.message by the body alone: 413 (RFC 3261 21.4.11)"] =
      { { ["limits.message"] = 1000 }, { body = ("x"):rep(1500), content_type = "text/plain" },
        413, "refused_message" },
    ["limits.header_line: 400"] =
      { { ["limits.header_line"] = 500 }, { headers = padding }, 400, "refused_header_line" },
    ["limits.headers: 400"] =
      { { ["limits.headers"] = 16 }, { headers = many }, 400, "refused_headers" },
    ["limits.uri: 414 (RFC 3261 21.4.12)"] =
      { { ["limits.uri"] = 64 }, { ruri = "sip:" .. ("x"):rep(80) .. "@192.0.2.1" }, 414,
        "refused_uri" },
  }) do
    it(name, function()
      start(case[1])
      local setting = next(case[1])
      assert.equal(200, ask():status())
      assert.equal(case[3], ask(case[2]):status())
      assert.equal(1, rig.agent:counters()[case[4]])
      assert.equal(0, rig.agent:counters().refused_malformed)
      assert.equal(case[3], ask(case[2]):status())
      assert.equal(2, rig.agent:counters()[case[4]])
      assert.equal(1, lines("warn", setting .. " is reached: a request from 192.0.2.9:5060"))
      rig.net:run(61)
      ask(case[2])
      assert.equal(2, lines("warn", setting))
    end)
  end

  it("limits.message by a Content-Length beyond it: 413, whatever came", function()
    start({ ["limits.message"] = 1000 })
    rig.phone:send("OPTIONS sip:b@192.0.2.1 SIP/2.0\r\n"
      .. "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKl\r\n"
      .. "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: l\r\nCSeq: 1 OPTIONS\r\n"
      .. "Content-Length: 1001\r\n\r\n", rig.agent)
    rig.net:settle()
    assert.equal(413, rig.phone.received[1].status_code)
  end)

  it("limits.dialogs: 503 with Retry-After to new calls, calls that exist go on", function()
    start({ ["limits.dialogs"] = 1 })
    local call = rig:ring()
    rig:accept(rig.invite)
    rig.net:settle()
    local second = rig:ring()
    assert.equal(503, second.invite:status())
    assert.equal("30", second.response:header("Retry-After"))
    assert.equal(1, rig.agent:counters().refused_dialogs)
    assert.equal(1, lines("warn", "limits.dialogs is reached"))
    assert.equal(200, ask():status())
    call:bye()
    rig.net:run(40)
    assert.is_nil(rig:ring().response)
    rig.invite:reject()
  end)

  it("limits.dialogs: 503 to new subscriptions, in calls as well", function()
    start({ ["limits.dialogs"] = 1 })
    rig.call.on_refer = function(request) request:accept() end
    local call = rig:establish()
    local refer = { method = "REFER", headers = { "Refer-To: <sip:carol@192.0.2.7>" } }
    local first = call:request(refer)
    rig.net:settle()
    local second = call:request(refer)
    local third = call:request({ method = "SUBSCRIBE", headers = { "Event: dialog" } })
    rig.net:settle()
    assert.same({ 202, 503, 503 }, { first:status(), second:status(), third:status() })
    assert.equal(1, rig.agent:census().subscriptions)
    assert.equal(2, rig.agent:counters().refused_dialogs)
    call:bye()
  end)

  it("limits.transactions: 503 with Retry-After, but a CANCEL and a BYE still end calls", function()
    start({ ["limits.transactions"] = 16 })
    local up = rig:establish()
    rig.net:run(40)
    local calls = {}
    for i = 1, 16 do calls[i] = rig:ring() end
    local late = ask()
    assert.equal(503, late:status())
    assert.equal("30", late.response:header("Retry-After"))
    assert.equal(1, rig.agent:counters().refused_transactions)
    assert.equal(1, lines("warn", "limits.transactions is reached"))
    calls[1]:cancel({ now = true })
    local bye = up:bye()
    rig.net:settle()
    assert.equal(487, calls[1].invite:status())
    assert.equal(200, bye:status())
    for _, request in ipairs(rig.invites) do request:reject() end
  end)

  it("limits.transactions holds after a reload that changes it", function()
    local path = os.tmpname()
    local function write(max)
      local file <close> = assert(io.open(path, "w"))
      file:write(("return { settings = { ['limits.transactions'] = %d }, "
        .. "on_invite = function(r) require('moonsip').sleep(5) r:reject() end }"):format(max))
    end
    write(16)
    rig = Rig.new({ script = path })
    write(20)
    assert(rig.agent:reload())
    os.remove(path)
    for _ = 1, 21 do rig:ring() end
    assert.equal(1, rig.agent:counters().refused_transactions)
    rig.net:run(10)
  end)

  it("limits.source_rate: 503 with Retry-After, and room again a second later", function()
    start({ ["limits.source_rate"] = 2 })
    assert.same({ 200, 200, 503 }, { ask():status(), ask():status(), ask():status() })
    assert.equal(1, rig.agent:counters().refused_rate)
    assert.equal(1, lines("warn", "limits.source_rate is reached"))
    rig.net:run(1)
    assert.equal(200, ask():status())
  end)

  it("limits.tasks: 503", function()
    start({ ["limits.tasks"] = 16 }, { on_invite = function(request)
      sip.sleep(5)
      request:reject()
    end })
    local calls = {}
    for i = 1, 17 do calls[i] = rig:ring() end
    assert.equal(503, calls[17].invite:status())
    assert.equal(1, rig.agent:counters().refused_tasks)
    assert.equal(1, lines("warn", "limits.tasks is reached"))
    rig.net:run(10)
  end)

  it("limits.answer_time: 480 to what the script holds, and a line that says so", function()
    start({ ["limits.answer_time"] = 2 })
    local call = rig:ring()
    rig.net:run(1.9)
    assert.is_nil(call.invite:status())
    rig.net:run(0.2)
    assert.equal(480, call.invite:status())
    assert.equal(1, rig.agent:counters().unanswered)
    assert.equal(1, lines("warn", "left a new INVITE unanswered: limits.answer_time is over"))
  end)

  it("limits.script_memory: 500, and a line that names it", function()
    local path = os.tmpname()
    do
      local file <close> = assert(io.open(path, "w"))
      file:write("return { settings = { ['limits.script_memory'] = 64, "
        .. "['limits.script_time'] = 60 }, on_options = function() "
        .. "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e5) .. i end end }")
    end
    rig = Rig.new({ script = path })
    os.remove(path)
    assert.equal(500, ask():status())
    assert.equal(1, rig.agent:counters().script_out_of_memory)
    assert.equal(1, lines("error", "limits.script_memory is 64 MiB"))
  end)

  it("while draining is none: 503 has a counter of its own (OPT-002)", function()
    local engine
    start(nil, { on_start = function(e) engine = e end })
    assert(engine:drain())
    local late = ask()
    assert.equal(503, late:status())
    assert.equal("30", late.response:header("Retry-After"))
    assert.equal(1, rig.agent:counters().refused_draining)
  end)
end)
