--- One phone, one agent, a network between them: the stage of most flow specs.
---
--- The agent's delegate holds every INVITE and re-INVITE for the spec to answer
--- (`rig.invite`, `rig.reinvite`) and writes down every other callback, so that
--- `rig:told("on_ack")` counts them.  A spec that wants more sets
--- `rig.on_invite` or functions of `rig.call`, the session delegate.
local sim = require("moonsip.sim")
local Message = require("moonsip.sim.message")

local rig = {}
rig.__index = rig

local function sdp(version, port)
  return ("v=0\r\no=agent 1 %d IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    .. "m=audio %d RTP/AVP 0\r\n"):format(version, port)
end

--- The agent's session descriptions: three versions of one session.
rig.sdp = sdp(1, 30000)
rig.sdp2 = sdp(2, 30000)
rig.sdp3 = sdp(3, 30002)

local function note(self, name, ...)
  table.insert(self.notes, { name = name, ... })
end

--- Makes self.call and self.request_delegate; the agent's own delegate.
function rig.delegates(self)
  self.request_delegate = {
    on_cancel = function(message) note(self, "on_cancel", message) end,
    on_transport_error = function(err) note(self, "on_transport_error", err) end,
  }
  self.call = {
    on_invite = function(request)
      note(self, "on_invite", request)
      request.delegate = self.request_delegate
      self.reinvite = request
    end,
    on_ack = function(ack) note(self, "on_ack", ack) end,
    on_refresh_failed = function(_, err) note(self, "on_refresh_failed", err) end,
    on_terminated = function(_, reason) note(self, "on_terminated", reason) end,
  }
  return {
    on_start = function(engine) self.engine = engine end,
    on_invite = function(request)
      table.insert(self.invites, request)
      self.invite = request
      request.delegate = self.request_delegate
      if self.on_invite then self.on_invite(request) end
    end,
  }
end

---@param options? { net: table?, delegate: table?, settings: table?, script: string? }
function rig.new(options)
  options = options or {}
  local self = setmetatable({ notes = {}, invites = {} }, rig)
  self.net = sim.network(options.net)
  self.phone = self.net:phone({ name = "alice", address = "192.0.2.9:5060" })
  local delegate = rig.delegates(self)
  self.agent = self.net:agent({
    name = "bob", address = "192.0.2.1:5060", script = options.script,
    delegate = not options.script and (options.delegate or delegate) or nil,
    settings = options.settings,
  })
  return self
end

--- How often a callback ran.
function rig:told(name)
  local n = 0
  for _, entry in ipairs(self.notes) do n = n + (entry.name == name and 1 or 0) end
  return n
end

--- The arguments of the latest run of a callback.
function rig:last(name)
  for i = #self.notes, 1, -1 do
    if self.notes[i].name == name then return self.notes[i] end
  end
end

--- Calls and stops where the script holds the INVITE.
function rig:ring(options)
  local given = { to = self.agent }
  for name, value in pairs(options or {}) do given[name] = value end
  local call = self.phone:invite(given)
  self.net:settle()
  return call, self.invite
end

--- Answers with 2xx and makes the session tell the rig.
function rig:accept(request, options)
  local response = assert(request:accept(options or { body = rig.sdp }))
  response.session.delegate = self.call
  self.session = response.session
  return response
end

--- Answers provisionally, likewise.
function rig:progress(request, options)
  local response = assert(request:progress(options))
  response.session.delegate = self.call
  self.session = response.session
  return response
end

--- A confirmed call.
function rig:establish(options)
  local call = self:ring(options)
  self:accept(self.invite)
  self.net:settle()
  self.net:clear()
  return call, self.session
end

--- Sends a re-INVITE and stops where the script holds it.
function rig:change(call, options)
  self.reinvite = nil
  local request = call:reinvite(options)
  self.net:settle()
  return request, self.reinvite
end

--- Messages the agent sent since the latest clear, with this label ("200 INVITE",
--- "BYE"), repeats included.  Each has its `time` in seconds.
function rig:sent(label)
  local list = {}
  for _, packet in ipairs(self.net.log) do
    if packet.from == self.agent.address then
      local message = Message.new(packet.text)
      message.time = packet.time / 1000
      if not label or message.label == label then list[#list + 1] = message end
    end
  end
  return list
end

--- Seconds between the first of these and each.
function rig:rhythm(label)
  local list = self:sent(label)
  local times = {}
  for i, message in ipairs(list) do
    times[i] = math.floor((message.time - list[1].time) * 1000 + 0.5) / 1000
  end
  return times
end

--- Loses what the agent sends with this label, `count` times or for ever.
function rig:lose(label, count)
  count = count or math.huge
  self.net.filter = function(packet)
    if Message.new(packet.text).label == label and count > 0 then
      count = count - 1
      return false
    end
  end
end

--- Hangs up whatever is left, lets all timers run out, and raises when anything
--- stays behind in the agent.
function rig:finish()
  self.net.filter = nil
  self.phone.on_request = nil
  self.net:settle()
  for _, call in pairs(self.phone.calls) do
    call.on_request = nil
    if call.remote_tag and call.state ~= "ended" and call.state ~= "failed" then call:bye() end
  end
  self.net:run(300)
  local census = self.agent:census()
  local all = "sessions ending subscriptions dialogs requests outgoing transactions timers tasks"
  for what in all:gmatch("%a+") do
    if census[what] ~= 0 then
      error(("%d %s left behind\n%s"):format(census[what], what, self.net:ladder()), 2)
    end
  end
  self.agent:close()
end

return rig
