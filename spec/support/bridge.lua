--- Alice calls, moonsip bridges, Bob (and Carol, and who else) answers: the stage
--- of specs of sip.b2bua.
---
--- `bridge.targets` and `bridge.options` are what the script bridges to; hooks
--- that a spec sets in `bridge.hooks` are heard.  `bridge:played(drawing)` compares
--- what crossed since the latest clear.
local sip = require("moonsip")
local rig = require("spec.support.rig")
local sim = require("moonsip.sim")

local bridge = setmetatable({}, { __index = rig })
bridge.__index = bridge

bridge.host = "192.0.2.1:5060"

---@param options? { net: table?, settings: table? }
function bridge.new(options)
  options = options or {}
  local self = setmetatable({ notes = {}, hooks = {}, options = {}, phones = {} }, bridge)
  self.net = sim.network(options.net)
  self.alice = self:add("alice", 2)
  self.agent = self.net:agent({
    name = "b2bua", address = bridge.host, settings = options.settings,
    delegate = { on_invite = function(request) self:on_invite(request) end },
  })
  self.bob = self:add("bob", 3)
  self.phone = self.alice
  self.targets = self.bob.uri
  return self
end

--- A further phone at 192.0.2.HOST.
function bridge:add(name, host)
  local phone = self.net:phone({ name = name, address = ("192.0.2.%d:5060"):format(host) })
  table.insert(self.phones, phone)
  return phone
end

function bridge:on_invite(request)
  local options = {}
  for name, value in pairs(self.options) do options[name] = value end
  options.delegate = self.hooks
  self.request = request
  self.call, self.err = sip.b2bua.bridge(request, self.targets, options)
  if self.after then self.after(request) end
end

--- Alice calls; her side of it.
function bridge:dial(options)
  local given = { to = self.agent }
  for name, value in pairs(options or {}) do given[name] = value end
  local call = self.alice:invite(given)
  self.net:settle()
  self.a = call
  return call
end

--- The INVITE that a phone got last.
function bridge.invited(_, phone)
  for i = #phone.received, 1, -1 do
    local message = phone.received[i]
    if message.method == "INVITE" and message.is_request and not message.to_tag then
      return message
    end
  end
end

--- The phone's side of the call that moonsip began.
function bridge:leg(phone)
  local invite = self:invited(phone or self.bob)
  return invite and (phone or self.bob).calls[invite.call_id]
end

--- A bridged call: Alice's side, Bob's side.
function bridge:connect(options)
  local a = self:dial(options)
  self.net:settle()
  local b = self:leg()
  self.net:clear()
  return a, b
end

--- The phone holds every INVITE: what it answers is up to the spec.
function bridge:hold(phone)
  phone.on_request = function(message)
    if message.method == "INVITE" then return false end
    if message.method == "CANCEL" then
      phone:respond(message, { status_code = 200 })
      phone:respond(self:invited(phone), { status_code = 487 })
      return false
    end
  end
end

--- The phone answers the INVITE that it holds.
function bridge:answer(phone, options)
  phone:respond(self:invited(phone), options)
  self.net:settle()
end

function bridge:played(drawing)
  self.net:expect(drawing)
end

--- Requests and responses a phone got with this label, since ever.
function bridge.got(_, phone, label)
  local list = {}
  for _, message in ipairs(phone.received) do
    if message.label == label then list[#list + 1] = message end
  end
  return list
end

function bridge:finish()
  self.net.filter = nil
  self.net:settle()
  for _, phone in ipairs(self.phones) do
    phone.on_request = nil
    for _, call in pairs(phone.calls) do
      call.on_request = nil
      if call.remote_tag and (call.state == "confirmed" or call.state == "early") then
        call:bye()
      end
    end
  end
  self.net:run(300)
  local census = self.agent:census()
  for what in ("sessions ending requests outgoing transactions timers tasks"):gmatch("%a+") do
    if census[what] ~= 0 then
      error(("%d %s left behind\n%s"):format(census[what], what, self.net:ladder()), 2)
    end
  end
  for _, line in ipairs(self.agent.log) do
    if line.level == "error" then error(line.text, 2) end
  end
  self.agent:close()
end

return bridge
