--- Keeps the subscribers of resources and tells them all when one changes.
---
--- Subscribers belong to the engine, by the notifier's name: a script that is
--- reloaded and makes its notifier anew finds them there.  Each is told one thing
--- at a time; what changes meanwhile is told together.
local library = require("moonsip.library")
local options = require("moonsip.options")
local sip = require("moonsip")

local notifier = {}

---@class moonsip.events.Notifier
local Notifier = {}
Notifier.__index = Notifier

-- Type and default of each option.
local known = {
  event = "string",
  content_type = "string",
  body = "function",
  name = "string",
  allow = "function",
  min_expires = { "number", 60 },
  max_expires = { "number", 3600 },
}

local by_engine = setmetatable({}, { __mode = "k" })

-- What the engine that runs this code keeps under a name: lists of subscriptions
-- by resource, the notifier that decides, and the one that will.
local function state_at(name)
  local engine = assert(sip.engine())
  local states = by_engine[engine]
  if not states then
    states = {}
    by_engine[engine] = states
  end
  states[name] = states[name] or { lists = {}, count = 0 }
  return states[name]
end

-- The notifier made last, once the version of the script that made it has taken
-- over: a reload that fails changes nothing.
local function owner_of(state)
  local _, current = library.version()
  local heir = state.heir
  if heir and heir.version == current then state.owner, state.heir = heir, nil end
  return state.owner
end

local function claim(self)
  if not sip.engine() then return end
  local state = state_at(self.name)
  owner_of(state)
  state.heir = self
end

local function state_of(self)
  local state = state_at(self.name)
  if not owner_of(state) then state.owner = self end
  return state
end

--- Makes a notifier.
---@param given moonsip.events.NotifierOptions
---@return moonsip.events.Notifier
function notifier.new(given)
  local self = options.read("events.notifier", given, known)
  options.need("events.notifier", self, { "event", "content_type", "body" })
  self.name = self.name or self.event
  self.version = library.version()
  setmetatable(self, Notifier)
  claim(self)
  return self
end

local function enter(state, resource, subscription)
  local list = state.lists[resource]
  if not list then
    list = {}
    state.lists[resource] = list
  end
  list[#list + 1] = subscription
  state.count = state.count + 1
  subscription.data.place = #list
end

local function leave(state, subscription)
  local data = subscription.data
  local list = state.lists[data.resource]
  local place = data.place
  if not list or not place or list[place] ~= subscription then return end
  list[place] = list[#list]
  list[place].data.place = place
  list[#list] = nil
  state.count = state.count - 1
  data.place = nil
  if #list == 0 then state.lists[data.resource] = nil end
end

local tell

-- The NOTIFY before is answered: what changed meanwhile is due.
local function told(subscription)
  local data = subscription.data
  data.busy = nil
  if data.changed then tell(subscription) end
end

-- Sends what there is to say; only an approved subscriber hears of it.
function tell(subscription)
  local data = subscription.data
  if data.busy then
    data.changed = true
    return
  end
  local owner = owner_of(data.state)
  local body = false
  if not data.pending then
    data.sent = (data.sent or -1) + 1
    local content, content_type = owner.body(data.resource, subscription, data.sent)
    body = content and {
      content = content, content_type = content_type or owner.content_type,
    } or false
  end
  data.changed = nil
  local function settled() told(subscription) end
  data.busy = subscription:notify({
    body = body, state = data.pending and "pending" or "active",
    delegate = { on_accept = settled, on_reject = settled },
  })
end

local watcher = {}

-- Seconds to grant; nil when it was refused: too short (RFC 6665 4.2.1.1).
local function grant(owner, request)
  local asked = tonumber((request.message:header("Expires")))
  if asked and asked > 0 and asked < owner.min_expires and asked < 3600 then
    request:reject({ status_code = 423, min_expires = math.ceil(owner.min_expires) })
    return nil
  end
  return math.floor(math.min(asked or owner.max_expires, owner.max_expires))
end

function watcher.on_refresh(request, subscription)
  local expires = grant(owner_of(subscription.data.state), request)
  if expires and request:accept({ expires = expires }) then
    subscription.data.busy = nil -- a NOTIFY must follow, whatever waits
    tell(subscription)
  end
end

function watcher.on_terminated(_, subscription)
  leave(subscription.data.state, subscription)
end

-- RFC 6665 4.1.2.1: Accept lists what the subscriber understands.
local function understands(message, content_type)
  if not message:has("Accept") then return true end
  local main = content_type:match("^[^/]+")
  for _, value in ipairs(message:headers("Accept")) do
    local type_of = value:match("^[^;%s]+")
    type_of = type_of and type_of:lower()
    if type_of == content_type or type_of == main .. "/*" or type_of == "*/*" then return true end
  end
  return false
end

-- The options of a refusal, or nil.
local function unfit(self, message)
  local event = message:header("Event")
  if not event or event:match("^[^;%s]+") ~= self.event then
    return { status_code = 489, extra_headers = { "Allow-Events: " .. self.event } }
  end
  if not understands(message, self.content_type) then
    return { status_code = 406, extra_headers = { "Accept: " .. self.content_type } }
  end
end

-- true, "pending", or nil when it was refused.
local function ask(self, request, resource)
  if not self.allow then return true end
  local answer = self.allow(resource, request)
  if answer == true or answer == "pending" then return answer end
  if not request.cancelled then
    request:reject({ status_code = math.type(answer) == "integer" and answer or 403 })
  end
end

--- Answers a SUBSCRIBE outside a subscription; later ones are answered by itself.
function Notifier:handle(request, resource)
  local message = request.message
  local refusal = unfit(self, message)
  if refusal then return request:reject(refusal) end
  local expires = grant(self, request)
  if not expires then return nil end
  resource = resource or require("moonsip.events").resource(message.ruri)
  local allowed = ask(self, request, resource)
  if not allowed then return nil end
  local state = state_of(self)
  local response, err = request:accept({ expires = expires })
  if not response then return nil, err end
  local subscription = response.subscription
  local data = subscription.data
  data.resource, data.state, data.pending = resource, state, allowed == "pending" or nil
  subscription.delegate = watcher
  enter(state, resource, subscription)
  tell(subscription)
  return subscription
end

--- Tells all subscribers of a resource what it is like now.
function Notifier:changed(resource)
  local list = state_of(self).lists[resource] or {}
  for _, subscription in ipairs(table.move(list, 1, #list, 1, {})) do
    if not subscription.data.pending then tell(subscription) end
  end
end

--- A pending subscriber may hear of it now.
function Notifier:approve(subscription) -- luacheck: no self
  subscription.data.pending = nil
  tell(subscription)
end

--- Ends all subscriptions of a resource.
function Notifier:terminate(resource, reason)
  local list = state_of(self).lists[resource] or {}
  for _, subscription in ipairs(table.move(list, 1, #list, 1, {})) do
    subscription:terminate(reason or "noresource")
  end
end

--- The subscriptions of a resource.
function Notifier:subscribers(resource)
  local list = state_of(self).lists[resource] or {}
  return table.move(list, 1, #list, 1, {})
end

return setmetatable(notifier, { __call = function(_, given) return notifier.new(given) end })
