--- One phone that calls a script of scripts/, run unchanged in virtual time.
local sdp = require("moonsip").sdp
local sim = require("moonsip.sim")

local stage = {}
stage.__index = stage

--- `options` of the agent: `script` or `delegate`.
function stage.new(options)
  local net = sim.network()
  local agent = net:agent({
    name = "bob", address = "192.0.2.1:5060",
    script = options.script, delegate = options.delegate,
  })
  local phone = net:phone({ name = "alice", address = "192.0.2.9:5060" })
  return setmetatable({ net = net, agent = agent, phone = phone }, stage)
end

--- A call, and what was answered to it at once.
function stage:ring(options)
  local given = { to = self.agent }
  for name, value in pairs(options or {}) do given[name] = value end
  local call = self.phone:invite(given)
  self.net:settle()
  return call
end

--- A confirmed call; the drawing starts after it.
function stage:establish(options)
  local call = self:ring(options)
  assert(call.state == "confirmed", call.state)
  self.net:clear()
  return call
end

--- The response to a re-INVITE, or to another request.
function stage:change(call, options, method)
  local request = call[method or "reinvite"](call, options)
  self.net:settle()
  return request.response
end

--- The session description of a message.
function stage.description(message)
  return assert(sdp.parse(message.body))
end

--- The phone hangs up; raises when anything stays behind in the agent.
function stage:finish()
  for _, call in pairs(self.phone.calls) do
    if call.state == "confirmed" then call:bye() end
  end
  self.net:run(100)
  local census = self.agent:census()
  for what in ("sessions ending requests outgoing transactions timers tasks"):gmatch("%a+") do
    assert(census[what] == 0, census[what] .. " " .. what .. " left behind")
  end
  assert(self.agent:counters().script_errors == 0, "the script raised")
  self.agent:close()
end

return stage
