--- The moonsip binary with a script, on a port of its own.
local process = require("spec.interop.support.process")
local uv = require("luv")

local server = {}

local function binary()
  return (os.getenv("MOONSIP_BUILD") or "build/dev") .. "/moonsip"
end

--- A UDP port on 127.0.0.1 that nobody uses.
function server.free_port()
  local socket = uv.new_udp()
  assert(socket:bind("127.0.0.1", 0))
  local port = socket:getsockname().port
  socket:close()
  uv.run("nowait")
  return port
end

--- Starts `script` and waits until it listens.  The process, and the port; more
--- command line options follow the script.
function server.start(script, ...)
  return server.start_with({}, script, ...)
end

--- The same with further variables ("NAME=VALUE") in its environment.
function server.start_with(variables, script, ...)
  local port = server.free_port()
  local command = {
    "env", binary(), "run", script, "--listen", "udp:127.0.0.1:" .. port, "--admin", "none",
    "--log-level", "info", ...,
  }
  for _, variable in ipairs(variables) do table.insert(command, 2, variable) end
  local running = process.start(command)
  local ready, why = running:await("listening on udp:127%.0%.0%.1:" .. port)
  if not ready then
    running:stop()
    error(("%s does not start: %s"):format(script, why), 2)
  end
  return running, port
end

--- Runs another command of the binary to its end: exit status, standard output,
--- standard error.
function server.command(...)
  local running = process.start({ binary(), ... })
  local status = running:wait(10)
  return status, running:output()
end

return server
