--- A user agent in a simulation: the real engine, the user's real script, on
--- the network's clock.
require("moonsip") -- brings moonsip.sim.core
local core = require("moonsip.sim.core")

---@class moonsip.sim.Agent
---@field address string
---@field engine userdata what C has of it
local Agent = {}
Agent.__index = Agent

local known = {
  address = true, name = true, script = true, delegate = true, settings = true, log = true,
}

function Agent.new(net, options)
  for name in pairs(options) do
    if not known[name] then
      error(("an agent has no option '%s'"):format(name), 3)
    end
  end
  local address = assert(options.address, "an agent needs an address")
  local self = setmetatable({ address = address, name = options.name or net:name("agent") }, Agent)
  self.log = {}
  self.core = assert(core.agent({
    address = address,
    script = options.script,
    delegate = options.delegate,
    settings = options.settings,
    seed = net.random:next(),
    now = net.clock,
    log = options.log or function(level, call_id, text)
      self.log[#self.log + 1] = { level = level, call_id = call_id, text = text }
    end,
  }))
  net:add(self)
  self:follow()
  return self
end

local function wake(alarm)
  local self = alarm.agent
  if self.alarm == alarm then
    self.alarm = nil
    self.core:advance(self.net.clock)
    self:follow()
  end
end

local function transmit(self)
  local text, to = self.core:take()
  while text do
    self.net:transmit(self.address, to, text)
    text, to = self.core:take()
  end
end

-- Sends what the engine wants sent and sets the alarm it asks for.
function Agent:follow()
  local engine, net = self.core, self.net
  transmit(self)
  local due = engine:deadline()
  local alarm = self.alarm
  if not due then
    self.alarm = nil
  elseif not alarm or due < alarm.time then
    alarm = { agent = self, time = math.max(due, net.clock), fn = wake }
    alarm.argument = alarm
    self.alarm = alarm
    net.queue:push(alarm)
  end
end

--- Tells the engine the time and sends what a spec made it say.
function Agent:sync()
  if self.core then
    self.core:advance(self.net.clock)
    self:follow()
  end
end

function Agent:receive(text, from)
  if not self.core then
    return
  end
  self.core:receive(text, from, self.net.clock)
  self:follow()
end

--- Loads the script again: true, or nil and why not.
function Agent:reload()
  local ok, why = self.core:reload()
  self:follow()
  return ok, why
end

--- What lives: sessions, requests, outgoing, transactions, timers, tasks.
function Agent:census()
  return self.core:census()
end

--- What happened so far, by name.
function Agent:counters()
  return self.core:counters()
end

--- While true nothing can be sent: every attempt is a transport error.
function Agent:link_down(down)
  self.core:link_down(down)
end

--- The n-th allocation from now fails; 0 means none.  Returns how many were left
--- before the one asked for earlier: 0 when that failed.
function Agent:fail_after(n)
  return self.core:fail_after(n)
end

--- Ends it without a word to anybody but what on_stop sends.
function Agent:close()
  self.alarm = nil
  self.core:close()
  transmit(self)
  self.core = nil
end

return Agent
