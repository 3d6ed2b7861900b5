--- An agent that calls, and phones that answer: the stage of specs about what
--- moonsip sends.
---
--- `caller:spawn(fn)` runs fn(engine) as a callback of the agent, so it may wait;
--- what it raises fails the spec.  `caller.call` is a session delegate that
--- writes its callbacks down.
local sim = require("moonsip.sim")
local sip = require("moonsip")
local rig = require("spec.support.rig")

local caller = setmetatable({}, { __index = rig })
caller.__index = caller

---@param options? { net: table?, settings: table?, delegate: table? }
function caller.new(options)
  options = options or {}
  local self = setmetatable({ notes = {}, invites = {} }, caller)
  self.net = sim.network(options.net)
  self.phone = self.net:phone({ name = "bob", address = "192.0.2.9:5060" })
  self.delegate = options.delegate or rig.delegates(self)
  self.delegate.on_start = function(engine) self.engine = engine end
  self.agent = self.net:agent({
    name = "alice", address = "192.0.2.1:5060", delegate = self.delegate,
    settings = options.settings,
  })
  self.net:settle()
  return self
end

--- A further phone at 192.0.2.HOST.
function caller:another(name, host)
  return self.net:phone({ name = name, address = ("192.0.2.%d:5060"):format(host) })
end

function caller:spawn(fn)
  local box = {}
  sip.spawn(function()
    box.ok, box.err = xpcall(fn, debug.traceback, self.engine)
  end)
  self.net:settle()
  table.insert(self.notes, { name = "spawn", box })
  return box
end

--- Calls the phone; the options of engine:invite count.
function caller:invite(options)
  local given = { to = self.phone.uri, from = "sip:alice@192.0.2.1", body = rig.sdp }
  for name, value in pairs(options or {}) do given[name] = value end
  if given.body == false then given.body = nil end
  local request, err = self.engine:invite(given)
  self.net:settle()
  return request, err
end

--- A confirmed call that the agent began: the session, and the phone's side.
function caller:establish(options)
  local session
  local request = assert(self:invite({
    delegate = { on_accept = function(response)
      session = response.session
      session.delegate = self.call
    end },
    table.unpack(options or {}),
  }))
  self.net:settle()
  self.net:clear()
  return session, self.phone.calls[request.message.call_id], request
end

function caller:finish()
  for _, note in ipairs(self.notes) do
    if note.name == "spawn" and note[1].ok == false then error(note[1].err, 2) end
  end
  rig.finish(self)
end

return caller
