--- A phone's subscription: the SUBSCRIBE or REFER that makes it, the NOTIFYs
--- that come of it.
local Call = require("moonsip.sim.call")

---@class moonsip.sim.Watcher: moonsip.sim.Call
---@field latest moonsip.sim.Request the latest SUBSCRIBE (or the REFER)
---@field notifies moonsip.sim.Message[] in the order they came
---@field on_notify? fun(message: moonsip.sim.Message): table|false|nil
local Watcher = setmetatable({}, { __index = Call })
Watcher.__index = Watcher

-- The To tag, target and routes of the dialog, from whatever comes first.
local function learn(self, message, tag)
  if not self.remote_tag then
    self.remote_tag = tag
    self:learn({}, message)
  end
  self.remote_target = message.contact or self.remote_target
end

local function receive(message, self)
  if message.method ~= "NOTIFY" then
    return { status_code = 481 }
  end
  learn(self, message, message.from_tag)
  self.notifies[#self.notifies + 1] = message
  local answer = self.on_notify and self.on_notify(message)
  if answer == nil then
    answer = { status_code = 200 }
  end
  return answer
end

--- Nothing is sent yet.
function Watcher.new(phone, target, destination, options)
  local self = setmetatable(Call.new(phone, target, destination), Watcher)
  self.call_id = options.call_id or self.call_id
  self.event = options.event
  self.notifies = {}
  self.on_request = receive
  self.on_notify = options.on_notify
  phone.calls[self.call_id] = self
  return self
end

--- Sends SUBSCRIBE (or `method`), for the first time or again.
function Watcher:subscribe(options)
  local given = { method = "SUBSCRIBE" }
  for name, value in pairs(options or {}) do
    given[name] = value
  end
  local headers = { table.unpack(given.headers or {}) }
  if given.method == "SUBSCRIBE" and self.event then
    headers[#headers + 1] = "Event: " .. self.event
  end
  if given.expires then
    headers[#headers + 1] = "Expires: " .. given.expires
  end
  given.headers = headers
  self.latest = Call.request(self, given)
  return self.latest
end

function Watcher:receive_final(request, message)
  if message.status_code < 300 and message.to_tag then
    learn(self, message, message.to_tag)
  end
  Call.receive_final(self, request, message)
end

--- SUBSCRIBE with Expires: 0.
function Watcher:unsubscribe(options)
  local given = { expires = 0 }
  for name, value in pairs(options or {}) do
    given[name] = value
  end
  return self:subscribe(given)
end
Watcher.bye = Watcher.unsubscribe

--- The value of Subscription-State in the latest NOTIFY.
function Watcher:substate()
  local last = self.notifies[#self.notifies]
  return last and last:header("Subscription-State")
end

return Watcher
