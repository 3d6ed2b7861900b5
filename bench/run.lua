--- Holds servers against each other on the re-INVITE call: CPU per call as a ratio
--- to the bare libuv floor, in one run, on one machine.
---
--- `lua5.4 bench/run.lua [--rounds N] [--calls N] [--held N] [--only NAME,...]`
---
--- The server has one core to itself, the load another.  The servers take turns
--- in every round, so a noisy machine is noisy for all of them; medians count.
local process = require("spec.interop.support.process")

local BUILD <const> = "build/release/bench/"
local SERVER_CPU <const> = 1
local LOAD_CPU <const> = 0
local LINGER <const> = 34 -- seconds: transactions of ended requests are gone

local settings = { rounds = 5, calls = 30000, held = 10000, only = "" }
for index = 1, #arg, 2 do
  local name = arg[index]:match("^%-%-(%a+)$")
  assert(name and settings[name] and arg[index + 1], "bench: what is " .. arg[index] .. "?")
  settings[name] = tonumber(arg[index + 1]) or arg[index + 1]
end

local function exists(path)
  local file = io.open(path)
  return file and file:close()
end

-- Each: its name, how to start it on a port, what it says when it is ready.
local servers = {
  {
    name = "floor",
    keeps = "nothing",
    command = function(port) return { BUILD .. "bench_floor", tostring(port) } end,
    ready = "listening on",
  },
  {
    name = "moonsip",
    keeps = "all, a Lua script decides",
    command = function(port)
      return {
        "build/release/moonsip", "run", "scripts/answer.lua",
        "--listen", "udp:127.0.0.1:" .. port, "--admin", "none",
      }
    end,
    ready = "listening on",
  },
  {
    name = "bridge",
    keeps = "both legs of a B2BUA, a Lua script",
    command = function(port)
      return {
        "env", "BRIDGE_TO=" .. port + 1, "build/release/moonsip", "run",
        "spec/interop/scripts/bridge.lua", "--listen", "udp:127.0.0.1:" .. port, "--admin", "none",
      }
    end,
    ready = "listening on",
    -- Who answers the other leg; on the core of the load.
    behind = function(port) return { BUILD .. "bench_floor", tostring(port + 1) } end,
  },
  {
    name = "sipp",
    keeps = "calls, no transactions",
    command = function(port)
      return {
        "sipp", "-sf", "spec/interop/sipp/uas_bench.xml", "-i", "127.0.0.1",
        "-p", tostring(port), "-nostdin", "-buff_size", "1048576",
      }
    end,
  },
}

local function is_wanted(server)
  if settings.only ~= "" then
    return ("," .. settings.only .. ","):find("," .. server.name .. ",", 1, true)
  end
  return server.name ~= "moonsip" and server.name ~= "bridge" or exists("build/release/moonsip")
end

local next_port = 17100

local function start(server)
  local port = next_port
  next_port = next_port + 2
  local callee = server.behind and process.start(server.behind(port), { cpu = LOAD_CPU })
  if callee then assert(callee:await("listening on")) end
  local running = process.start(server.command(port), { cpu = SERVER_CPU })
  if server.ready then
    assert(running:await(server.ready))
  else
    process.sleep(1)
  end
  if not running:is_running() then
    error(("%s did not start: %s%s"):format(server.name, running:output()))
  end
  return running, port, callee
end

local function stop(running, callee)
  running:stop()
  if callee then callee:stop() end
end

--- Runs the load; its NAME=VALUE results as a table of numbers.
local function load(port, calls, ...)
  local command = { BUILD .. "bench_load", "--calls", tostring(calls), ... }
  command[#command + 1] = tostring(port)
  local running = process.start(command, { cpu = LOAD_CPU })
  assert(running:wait(600), "the load does not end")
  local result = {}
  local out, err = running:output()
  for name, value in out:gmatch("([%w_]+)=([%d.]+)") do
    result[name] = tonumber(value)
  end
  assert(result.calls, err)
  return result
end

local function median(values)
  local sorted = { table.unpack(values) }
  table.sort(sorted)
  return sorted[(#sorted + 1) // 2]
end

--- One round: microseconds of CPU per call, and what the load saw.
local function measure(server)
  local running, port, callee = start(server)
  load(port, math.max(64, settings.calls // 10)) -- warm
  local before = running:cpu_seconds()
  local seen = load(port, settings.calls)
  local used = running:cpu_seconds() - before
  stop(running, callee)
  return used / settings.calls * 1e6, seen
end

local function compare(wanted)
  local results = {}
  for _, server in ipairs(wanted) do
    results[server.name] = { cpu = {}, rate = {}, p50 = {}, p99 = {}, ratio = {}, failed = 0 }
  end
  for round = 1, settings.rounds do
    for _, server in ipairs(wanted) do
      local result = results[server.name]
      local cpu, seen = measure(server)
      result.cpu[round], result.rate[round] = cpu, seen.rate
      result.p50[round], result.p99[round] = seen.p50_us, seen.p99_us
      result.failed = result.failed + seen.failed
      result.ratio[round] = cpu / results[wanted[1].name].cpu[round]
    end
    io.stderr:write(("round %d of %d\n"):format(round, settings.rounds))
  end
  return results
end

local function print_table(wanted, results)

if results.moonsip and results.bridge then
  local ratio = {}
  for round = 1, settings.rounds do
    ratio[round] = results.bridge.cpu[round] / results.moonsip.cpu[round]
  end
  print(("\na bridged call, two legs of nine messages each, costs %.2f times a call"):format(
    median(ratio)))
end
  print(("%-10s %-27s %12s %9s %9s %9s %9s %7s"):format("server", "keeps",
    "us CPU/call", "x " .. wanted[1].name, "calls/s", "p50 us", "p99 us", "failed"))
  for _, server in ipairs(wanted) do
    local result = results[server.name]
    print(("%-10s %-27s %12.1f %9.2f %9.0f %9.0f %9.0f %7d"):format(server.name,
      server.keeps, median(result.cpu), median(result.ratio), median(result.rate),
      median(result.p50), median(result.p99), result.failed))
  end
end

--- Bytes per held call.  The first calls leave transactions behind; once those
--- are gone, their memory serves the second calls, and what the process then grows
--- by is what calls weigh.
local function weigh(server)
  local running, port, callee = start(server)
  local empty = running:memory()
  assert(load(port, settings.held, "--hold").failed == 0)
  local first = running:memory()
  process.sleep(LINGER)
  local second_began = running:memory()
  assert(load(port, settings.held, "--hold").failed == 0)
  local second = running:memory()
  stop(running, callee)
  return (second - second_began) / settings.held, (first - empty) / settings.held
end

local wanted = {}
for _, server in ipairs(servers) do
  if is_wanted(server) then
    wanted[#wanted + 1] = server
  end
end

local results = compare(wanted)
print_table(wanted, results)

if settings.held > 0 then
  print("")
  for _, server in ipairs(wanted) do
    if server.name ~= "floor" then
      local held, fresh = weigh(server)
      print(("%-10s %6.0f bytes per held call, %.0f while its transactions linger"):format(
        server.name, held, fresh))
    end
  end
end

if exists(BUILD .. "bench_parse") then
  print("")
  local race = process.start({ BUILD .. "bench_parse" }, { cpu = SERVER_CPU })
  assert(race:wait(120) == 0, (select(2, race:output())))
  local osip, ours, ratio, index = race:output():match(
    "osip_ns=(%d+) moonsip_ns=(%d+) ratio=([%d.]+) index_ns=(%d+)")
  print(("a 780-byte INVITE: libosip2 %s ns, moonsip %s ns: %s times as fast (index alone %s ns)")
    :format(osip, ours, ratio, index))
end

local is_linear = true
if exists(BUILD .. "bench_linear") then
  print("")
  local readings = process.start({ BUILD .. "bench_linear" }, { cpu = SERVER_CPU })
  is_linear = readings:wait(120) == 0
  io.write((readings:output()))
end

-- A rival that loses calls is its own affair.
os.exit(is_linear and (not results.moonsip or results.moonsip.failed == 0), true)
