--- Starts programs and watches them: a server that specs call, a peer that calls
--- us.  Waits on a libuv loop of luv's, in real time.
local uv = require("luv")

local process = {}
process.__index = process

--- Runs the loop until `done()` or until `seconds` are over; what `done()` says.
function process.run_until(seconds, done)
  local late = false
  local timer = uv.new_timer()
  timer:start(math.floor(seconds * 1000), 0, function() late = true end)
  while not done() and not late do
    uv.run("once")
  end
  timer:close()
  uv.run("nowait")
  return done()
end

local function collect(pipe, parts)
  pipe:read_start(function(_, bytes)
    if bytes then
      parts[#parts + 1] = bytes
    else
      pipe:close()
    end
  end)
end

--- Starts `command`, a list.  `options`: cpu, the core it may use; cwd; env, a list
--- of "NAME=VALUE".  A program that does not exist ends at once, with status 127.
function process.start(command, options)
  options = options or {}
  local full = { "env", table.unpack(command) }
  if options.cpu then
    full = { "taskset", "-c", tostring(options.cpu), table.unpack(command) }
  end
  local self = setmetatable({ command = command, out = {}, err = {} }, process)
  local out, err = uv.new_pipe(false), uv.new_pipe(false)
  self.handle, self.pid = uv.spawn(full[1], {
    args = { table.unpack(full, 2) },
    stdio = { nil, out, err },
    cwd = options.cwd,
    env = options.env,
  }, function(code, signal)
    self.code, self.signal = code, signal
    self.handle:close()
  end)
  assert(self.handle, self.pid)
  collect(out, self.out)
  collect(err, self.err)
  return self
end

function process:is_running()
  return self.code == nil
end

--- What it wrote to standard output and to standard error so far.
function process:output()
  return table.concat(self.out), table.concat(self.err)
end

--- Waits until standard error holds `pattern`; its captures, or nil and all that
--- was written when the program ended first or `seconds` (10) went by.
function process:await(pattern, seconds)
  local function found()
    return select(2, self:output()):match(pattern)
  end
  process.run_until(seconds or 10, function()
    return found() or not self:is_running()
  end)
  if found() then
    return select(2, self:output()):match(pattern)
  end
  return nil, table.concat({ self:output() })
end

--- Waits for the end: exit status and signal, or nil when it still runs.
function process:wait(seconds)
  process.run_until(seconds or 60, function()
    return not self:is_running()
  end)
  return self.code, self.signal
end

function process:kill(signal)
  if self:is_running() then
    self.handle:kill(signal or "sigterm")
  end
end

--- Ends it, by force after `seconds` (5).  Exit status and signal.
function process:stop(seconds)
  self:kill("sigterm")
  if not self:wait(seconds or 5) then
    self:kill("sigkill")
    self:wait(5)
  end
  return self.code, self.signal
end

--- CPU time of all its threads, in seconds.
function process:cpu_seconds()
  local sum = 0
  local tasks = io.popen(("cat /proc/%d/task/*/schedstat 2>/dev/null"):format(self.pid))
  for line in tasks:lines() do
    sum = sum + tonumber(line:match("^%d+"))
  end
  tasks:close()
  return sum / 1e9
end

--- Resident memory in bytes.
function process:memory()
  for line in io.lines(("/proc/%d/status"):format(self.pid)) do
    local kilobytes = line:match("^VmRSS:%s*(%d+) kB")
    if kilobytes then
      return tonumber(kilobytes) * 1024
    end
  end
end

--- Lets `seconds` of real time go by.
function process.sleep(seconds)
  process.run_until(seconds, function() return false end)
end

return process
