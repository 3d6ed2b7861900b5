--- Calls a server with SIPp and counts.
local process = require("spec.interop.support.process")
local server = require("spec.interop.support.server")

local sipp = {}
sipp.__index = sipp

local SCENARIOS <const> = "spec/interop/sipp/"
local LOG_SHOWN <const> = 4000 -- bytes

local function read(path)
  local file <close> = io.open(path)
  return file and file:read("a") or ""
end

--- The last line of SIPp's statistics, by column.
local function last_row(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    lines[#lines + 1] = line
  end
  local row, index = {}, 0
  local values = {}
  for value in (lines[#lines] or ""):gmatch("([^;]*);?") do
    values[#values + 1] = value
  end
  for name in (lines[1] or ""):gmatch("([^;]*);?") do
    index = index + 1
    row[name] = values[index]
  end
  return row
end

local function command_line(port, stem, options)
  local command = { "sipp", "127.0.0.1:" .. port }

  local function add(...)
    for _, word in ipairs({ ... }) do
      command[#command + 1] = tostring(word)
    end
  end

  if options.scenario then
    add("-sf", SCENARIOS .. options.scenario .. ".xml")
  else
    add("-sn", "uac", "-d", 0)
  end
  local calls = options.calls or 1000
  add("-i", "127.0.0.1", "-p", server.free_port(), "-m", calls, "-r", options.rate or 200)
  add("-l", options.in_flight or calls, "-s", options.service or "service")
  add("-nostdin", "-buff_size", 1048576)
  add("-trace_stat", "-stf", stem .. ".csv", "-fd", 1)
  add("-trace_err", "-error_file", stem .. ".err")
  if (options.lost or 0) > 0 then
    -- SIPp gives up after six INVITEs, and at 10 % one of 20,000 gets that far.
    add("-lost", options.lost, "-max_invite_retrans", 10)
  end
  return command
end

--- Starts a scenario against 127.0.0.1:`port`.
---
--- `options`: scenario, a name under spec/interop/sipp, or nil for SIPp's own uac;
--- calls (1000), rate per second (200), in_flight (limit of simultaneous calls),
--- lost (percent, in both directions), service (user part that is called).
function sipp.start(port, options)
  local stem = os.tmpname()
  local running = process.start(command_line(port, stem, options))
  return setmetatable({ process = running, stem = stem }, sipp)
end

--- Waits for its end, at most so many seconds (300).
---
--- Returns { successful =, failed =, status =, log = }; `status` is SIPp's exit
--- status, 0 when no call failed, nil when it had to be stopped; `log` is the
--- beginning of what it complained about.
function sipp:finish(seconds)
  local status = self.process:wait(seconds or 300)
  if not status then
    self.process:stop()
  end
  local row = last_row(read(self.stem .. ".csv"))
  local log = read(self.stem .. ".err")
  for _, ending in ipairs({ "", ".csv", ".err" }) do
    os.remove(self.stem .. ending)
  end
  return {
    successful = tonumber(row["SuccessfulCall(C)"]) or 0,
    failed = tonumber(row["FailedCall(C)"]) or 0,
    status = status,
    log = log:sub(1, LOG_SHOWN),
  }
end

--- Starts a scenario and waits for its end; `options.seconds` as for finish.
function sipp.run(port, options)
  return sipp.start(port, options):finish(options.seconds)
end

return sipp
