--- Alice, a proxy and phones behind it: the stage of specs about sip.proxy.
---
--- `stage.plan` is what the proxy does with a request outside dialogs: a function
--- of the request.  What sip.proxy.forward returns is kept in `stage.result` and
--- `stage.err`.  `stage:answers(phone, ...)` says what a phone answers to INVITEs.
local Message = require("moonsip.sim.message")
local sim = require("moonsip.sim")
local sip = require("moonsip")

local relayed = {}
relayed.__index = relayed

local hosts = { alice = 9, bob = 4, carol = 5, dave = 6 }

local function delegate(self)
  local function forward(request) self.plan(request) end
  return {
    on_invite = forward, on_message = forward, on_options = forward, on_register = forward,
    on_subscribe = forward, on_request = forward, on_publish = forward,
  }
end

---@param options? { net: table?, settings: table?, phones: string[]?, delegate: table? }
function relayed.new(options)
  options = options or {}
  local self = setmetatable({}, relayed)
  local settings = { proxy = true }
  for name, value in pairs(options.settings or {}) do settings[name] = value end
  self.net = sim.network(options.net)
  self.phones = {}
  self.alice = self:phone("alice")
  self.proxy = self.net:agent({
    name = "proxy", address = "192.0.2.1:5060", settings = settings,
    delegate = options.delegate or delegate(self),
  })
  for _, name in ipairs(options.phones or { "bob" }) do self[name] = self:phone(name) end
  self.plan = function(request) return self:forward(request, "sip:bob@192.0.2.4") end
  return self
end

function relayed:phone(name)
  local phone = self.net:phone({ name = name, address = ("192.0.2.%d:5060"):format(hosts[name]) })
  phone.numbers = 100 * hosts[name] -- its tags are its own
  self.phones[#self.phones + 1] = phone
  return phone
end

--- sip.proxy.forward, its results kept.
function relayed:forward(request, targets, options)
  self.request = request
  self.done = false
  self.result, self.err = sip.proxy.forward(request, targets, options)
  self.done = true
  return self.result, self.err
end

local function answer_of(phone, status)
  return { status_code = status, body = status // 100 == 2 and phone:sdp() or nil }
end

--- To each INVITE outside a call: these statuses at once; a table is the options
--- of an answer, a function is asked.  Without a final one the phone rings on, and a
--- CANCEL ends that with 487.
function relayed.answers(_, phone, ...)
  local statuses = { ... }
  phone.on_request = function(message, call)
    if message.method == "CANCEL" then
      phone:respond(message, { status_code = 200 })
      if phone.ringing then
        phone:respond(phone.ringing, { status_code = 487 })
        phone.ringing = nil
      end
      return false
    end
    if message.method ~= "INVITE" or message.to_tag then return nil end
    phone.ringing = message
    phone.latest = message
    for _, status in ipairs(statuses) do
      local given = type(status) == "table" and status or answer_of(phone, status)
      phone:respond(message, given)
      if given.status_code >= 200 then phone.ringing = nil end
    end
    if call then phone.call = call end
    return false
  end
end

--- A phone that rings picks up, or refuses.
function relayed:pick_up(phone, status)
  local message = assert(phone.ringing, phone.name .. " does not ring")
  phone.ringing = nil
  phone:respond(message, answer_of(phone, status or 200))
  self.net:settle()
end

--- Alice calls.
function relayed:ring(options)
  local given = { to = self.proxy }
  for name, value in pairs(options or {}) do given[name] = value end
  self.call = self.alice:invite(given)
  self.net:settle()
  return self.call
end

--- Packets from one to another with this label, in order, as messages.
function relayed:seen(from, to, label)
  local list = {}
  for _, packet in ipairs(self.net.log) do
    local message = Message.new(packet.text)
    if packet.from == from.address and packet.to == to.address
      and (not label or message.label == label) then
      message.time = packet.time / 1000
      list[#list + 1] = message
    end
  end
  return list
end

--- Loses packets with this label between two.
function relayed:lose(from, to, label, count)
  count = count or math.huge
  self.net.filter = function(packet)
    if packet.from == from.address and packet.to == to.address and count > 0
      and Message.new(packet.text).label == label then
      count = count - 1
      return false
    end
  end
end

--- Hangs up, lets all timers run out, and raises when anything stays behind.
function relayed:finish(options)
  self.net.filter = nil
  for _, phone in ipairs(self.phones) do phone.on_request = nil end
  if self.call and self.call.state == "confirmed" then self.call:bye() end
  self.net:run(400)
  local census = self.proxy:census()
  for what in ("sessions ending requests outgoing transactions timers tasks"):gmatch("%a+") do
    if census[what] ~= 0 then
      error(("%d %s left behind\n%s"):format(census[what], what, self.net:ladder()), 2)
    end
  end
  if not (options and options.errors) and self.proxy:counters().script_errors > 0 then
    local lines = {}
    for i, line in ipairs(self.proxy.log) do lines[i] = line.text end
    error("the script raised\n" .. table.concat(lines, "\n"), 2)
  end
  self.proxy:close()
end

return relayed
