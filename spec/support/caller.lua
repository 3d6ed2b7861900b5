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

-- A request's delegate that keeps what the engine made of the call.
local function watch(self)
  return {
    on_progress = function(response)
      self.session = response.session
      self.session.delegate = self.call
    end,
    on_accept = function(response)
      self.session = response.session
      self.session.delegate = self.call
    end,
    on_reject = function(response, err)
      self.refusal, self.failure = response, err
    end,
  }
end

--- Calls; the phone says `status_code` (180; false: nothing) and holds the INVITE,
--- which comes back with the phone's side of the call.
---@param options? table of engine:invite, and `status_code`
function caller:ring(options)
  local given = { delegate = watch(self), status_code = 180 }
  for name, value in pairs(options or {}) do given[name] = value end
  local status = given.status_code
  given.status_code = nil
  local held
  self.phone.on_request = function(message)
    if message.method == "INVITE" then
      held = message
      return status and { status_code = status } or false
    end
  end
  local request = assert(self:invite(given))
  self.phone.on_request = nil
  return request, self.phone.calls[held.call_id], held
end

--- The phone answers an INVITE it holds, with a session description when that is
--- due.
---@param options? moonsip.sim.AnswerOptions
function caller:answer(held, options)
  local given = { status_code = 200, body = self.phone:sdp() }
  for name, value in pairs(options or {}) do given[name] = value end
  if given.body == false or given.status_code >= 300 then given.body = nil end
  self.phone:respond(held, given)
end

--- A confirmed call that the agent began: the session, and the phone's side.
function caller:establish(options)
  local given = { delegate = watch(self) }
  for name, value in pairs(options or {}) do given[name] = value end
  local request = assert(self:invite(given))
  self.net:settle()
  self.net:clear()
  return self.session, self.phone.calls[request.message.call_id], request
end

function caller:finish()
  for _, note in ipairs(self.notes) do
    if note.name == "spawn" and note[1].ok == false then error(note[1].err, 2) end
  end
  rig.finish(self)
end

return caller
