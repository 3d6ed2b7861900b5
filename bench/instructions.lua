--- Counts the user instructions one re-INVITE call costs, with callgrind: two runs
--- of different length are subtracted, so that start and end do not count.
---
--- `lua5.4 bench/instructions.lua [CALLS [FILE]]`
---
--- What a noisy machine does to seconds it cannot do to these.  With FILE the
--- profile of the longer run is kept there, for callgrind_annotate.
local process = require("spec.interop.support.process")

local calls <const> = math.tointeger(tonumber(arg[1] or 1000))
local FIRST <const> = 500
local PORT <const> = 17300

--- Instructions of a server's whole life that answers, or bridges, `count` calls.
local function count_instructions(script, count, port, profile)
  local callee = process.start { "build/release/bench/bench_floor", tostring(port + 1) }
  assert(callee:await("listening on"))
  local server = process.start {
    "env", "BRIDGE_TO=" .. port + 1,
    "valgrind", "--tool=callgrind", "--callgrind-out-file=" .. profile,
    "build/release/moonsip", "run", script,
    "--listen", "udp:127.0.0.1:" .. port, "--admin", "none",
  }
  assert(server:await("listening on", 60))
  local load = process.start {
    "build/release/bench/bench_load", "--calls", tostring(count), "--in-flight", "8",
    tostring(port),
  }
  assert(load:wait(300) == 0, "calls failed")
  assert(load:output():find("repeated=0", 1, true), "the machine is too slow: repeats count")
  server:stop(90)
  callee:stop()
  local _, report = server:output()
  return assert(tonumber(report:match("Collected%s*:%s*(%d+)")), report)
end

local port = PORT

--- What one call costs.
local function weigh(script, profile)
  local short = count_instructions(script, FIRST, port, "/dev/null")
  local long = count_instructions(script, FIRST + calls, port + 2, profile)
  port = port + 4
  return (long - short) // calls
end

local call = weigh("scripts/answer.lua", arg[2] or "/dev/null")
print(("%d user instructions per call"):format(call))
local bridged = weigh("spec/interop/scripts/bridge.lua", arg[3] or "/dev/null")
print(("%d per bridged call, %.2f times as many"):format(bridged, bridged / call))
