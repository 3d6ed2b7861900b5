--- The rig of the flow specs with real sockets and a real clock: one phone and
--- one engine on the loopback, in this process, with timers of RFC 3261 made 25
--- times shorter (T1 is 20 ms, 64*T1 1.28 s).
---
--- What takes time is waited for, and never measured: no spec depends on how fast
--- the machine is.
local Rig = require("spec.support.rig")
local process = require("spec.interop.support.process")
local sip = require("moonsip")
local uv = require("luv")
local wire = require("spec.interop.support.wire")

local live = setmetatable({}, { __index = Rig })
live.__index = live

local PATIENCE <const> = 10 -- seconds
local QUIET <const> = 0.25 -- seconds; three times T2, so a repeat would show

---@param options? { delegate: table?, settings: table? }
function live.new(options)
  options = options or {}
  local self = setmetatable({ notes = {}, invites = {} }, live)
  local settings = { ["timers.t1"] = 0.02, ["timers.t2"] = 0.08, ["timers.t4"] = 0.1 }
  for name, value in pairs(options.settings or {}) do settings[name] = value end
  local own = Rig.delegates(self)
  self.engine = assert(sip.engine({
    listen = { "udp:127.0.0.1:0" }, delegate = options.delegate or own, settings = settings,
    log = function() end,
  }))
  self.address = self.engine:listening()[1]:match("([%d.]+:%d+)$")
  self.uri = "sip:bob@" .. self.address
  self.guest = self.engine:attach(uv)
  self.phone = wire.phone("alice")
  self.phone.net.record = true
  return self
end

--- Another URI of the same phone.
function live:elsewhere()
  return "sip:elsewhere@" .. self.phone.address
end

--- Waits until `done()`, and raises when that takes too long.
function live.wait(_, done)
  local result = process.run_until(PATIENCE, done)
  return result or error("waited in vain", 2)
end

--- Lets all that is under way arrive: two requests of the phone go behind it, one
--- to the engine and back, so nothing that was sent before them is missing.
function live:settle()
  for _ = 1, 2 do
    local fence = self.phone:request({ to = self.uri, method = "OPTIONS" })
    self:wait(function() return fence.response end)
  end
end

--- The final response to a request.
function live:final(request)
  self:wait(function() return request.response end)
  self:settle()
  return request.response
end

--- The first response to a request with this status.
function live:response(request, status)
  return self:wait(function()
    for _, message in ipairs(request.responses) do
      if message.status_code == status then return message end
    end
  end)
end

--- Waits until so many messages with this label came from the engine.
function live:await(label, count)
  self:wait(function() return #self:sent(label) >= (count or 1) end)
  return self:sent(label)
end

--- Waits until a callback ran so many times.
function live:await_told(name, count)
  self:wait(function() return self:told(name) >= (count or 1) end)
end

--- Whether nothing more comes with this label once what is on its way has come.
function live:is_quiet(label)
  self:settle()
  local before = #self:sent(label)
  process.sleep(QUIET)
  return #self:sent(label) == before
end

--- Calls and stops where the script holds the INVITE, or where it was answered.
function live:ring(options)
  local given = { to = self.uri }
  for name, value in pairs(options or {}) do given[name] = value end
  local before = #self.invites
  local call = self.phone:invite(given)
  self:wait(function() return #self.invites > before or call.invite.response end)
  return call, self.invite
end

--- A confirmed call.
function live:establish(options)
  local call = self:ring(options)
  self:accept(self.invite)
  self:wait(function() return self.session.session_state == "confirmed" end)
  self:settle()
  self.phone.received = {}
  return call, self.session
end

--- Sends a re-INVITE and stops where the script holds it.
function live:change(call, options)
  self.reinvite = nil
  local request = call:reinvite(options)
  self:wait(function() return self.reinvite or request.response end)
  return request, self.reinvite
end

--- Sends a request in the call ("info", "update", "bye"): its final response.
function live:ask(call, method, options)
  return self:final(call[method](call, options))
end

--- Messages the engine sent with this label ("200 INVITE", "BYE"), repeats too.
function live:sent(label)
  local list = {}
  for _, message in ipairs(self.phone.received) do
    if message.label == label then list[#list + 1] = message end
  end
  return list
end

--- Hangs up what is left, waits until no session is, and closes everything.
function live:finish()
  self.phone.on_request = nil
  for _, request in ipairs(self.invites) do request:reject() end
  if self.reinvite then self.reinvite:reject() end
  for _, call in pairs(self.phone.calls) do
    call.on_request = nil
    if call.remote_tag and call.state == "confirmed" then call:bye() end
  end
  local idle = process.run_until(PATIENCE, function() return self.engine:status().sessions == 0 end)
  self.guest.detach()
  self.engine:close()
  self.phone.net:close()
  if not idle then error("a session is left behind", 2) end
end

return live
