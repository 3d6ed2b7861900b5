--- The phone of moonsip.sim on a real socket and in real time: to the phone this is
--- a network like any other.
local Phone = require("moonsip.sim.phone")
local process = require("spec.interop.support.process")
local uv = require("luv")

local wire = {}
wire.__index = wire

--- A phone on a port of its own; phone.net:close() when done.
function wire.phone(name)
  local socket = uv.new_udp()
  assert(socket:bind("127.0.0.1", 0))
  local self = setmetatable({ socket = socket, timers = {}, record = false }, wire)
  local address = "127.0.0.1:" .. socket:getsockname().port
  local phone = Phone.new(self, { name = name or "alice", address = address })
  socket:recv_start(function(_, text, from)
    if text then
      phone:receive(text, ("%s:%d"):format(from.ip, from.port))
    end
  end)
  return phone
end

function wire:add(node)
  node.net = self
  return node
end

function wire:transmit(_, to, text)
  local host, port = to:match("^(.*):(%d+)$")
  self.socket:send(text, host, tonumber(port))
end

function wire:after_ms(delay, fn, argument)
  local timer = uv.new_timer()
  self.timers[timer] = true
  timer:start(delay, 0, function()
    timer:close()
    self.timers[timer] = nil
    fn(argument)
  end)
end

--- Waits for the final response to a request, at most ten seconds.
---@param request moonsip.sim.Request
---@return moonsip.sim.Message?
function wire.final(request)
  process.run_until(10, function() return request.response end)
  return request.response
end

function wire:close()
  self.socket:close()
  for timer in pairs(self.timers) do
    timer:close()
  end
  uv.run("nowait")
end

return wire
