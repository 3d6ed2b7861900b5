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

--- Instructions of a server's whole life that answers `count` calls.
local function count_instructions(count, port, profile)
  local server = process.start {
    "valgrind", "--tool=callgrind", "--callgrind-out-file=" .. profile,
    "build/release/moonsip", "run", "scripts/answer.lua",
    "--listen", "udp:127.0.0.1:" .. port, "--admin", "none",
  }
  assert(server:await("listening on", 60))
  local load = process.start {
    "build/release/bench/bench_load", "--calls", tostring(count), "--in-flight", "32",
    tostring(port),
  }
  assert(load:wait(300) == 0, "calls failed")
  assert(load:output():find("repeated=0", 1, true), "the machine is too slow: repeats count")
  server:stop(30)
  local _, report = server:output()
  return assert(tonumber(report:match("Collected%s*:%s*(%d+)")), report)
end

local short = count_instructions(FIRST, PORT, "/dev/null")
local long = count_instructions(FIRST + calls, PORT + 2, arg[2] or "/dev/null")
print(("%d user instructions per call"):format((long - short) // calls))
