--- One subscription to the `reg` event of an address (RFC 3680 4).
---
--- The first NOTIFY and one after each refresh say all there is, those between
--- what changed.  Changes that come quickly share a NOTIFY.
local bindings = require("moonsip.registrar.bindings")
local library = require("moonsip.library")
local reginfo = require("moonsip.registrar.reginfo")
local sip = require("moonsip")

---@class moonsip.registrar.Watcher
local Watcher = {}
Watcher.__index = Watcher

-- RFC 3680 4.10: seconds between two NOTIFYs.
local PAUSE <const> = 5

local function readable(message)
  if not message:has("Accept") then return true end
  for _, value in ipairs(message:headers("Accept")) do
    local kind = value:match("^[^;%s]+"):lower()
    if kind == reginfo.content_type or kind == "application/*" or kind == "*/*" then return true end
  end
  return false
end

--- Why a SUBSCRIBE cannot be served: options of reject(), or nil.
---@param message moonsip.Message
---@return moonsip.ResponseOptions? refusal
function Watcher.refusal(message)
  local event = (message:header("Event") or ""):match("^[^;%s]*")
  if event ~= "reg" then return { status_code = 489 } end
  if not readable(message) then return { status_code = 406 } end
end

local function send(self, body)
  self.version = self.version + 1
  self.sent_at = sip.now()
  self.changes, self.places = {}, {}
  return self.subscription:notify({
    body = { content = body, content_type = reginfo.content_type },
  })
end

--- Answers a SUBSCRIBE, and says all there is.
---@param request moonsip.IncomingRequest
---@return moonsip.Response? response
---@return moonsip.Error? err
function Watcher:answer(request)
  local list, now = self.location:read(self.aor)
  if not list then return request:reject({ status_code = 500 }) end
  local response, err = request:accept()
  if not response then return nil, err end
  self.subscription = response.subscription or self.subscription
  send(self, reginfo.full(self.version, self.aor, bindings.list(list, now)))
  return response
end

local function follow(self)
  self.subscription.delegate = {
    on_refresh = function(request) self:answer(request) end,
    on_terminated = function() self:leave() end,
  }
end

--- Answers the SUBSCRIBE of somebody who wants to know of `aor`.
---@param location moonsip.registrar.Location
---@param aor string
---@param request moonsip.IncomingRequest
---@return moonsip.Response? response
---@return moonsip.Error? err
function Watcher.begin(location, aor, request)
  local self = setmetatable({ location = location, aor = aor, version = 0 }, Watcher)
  local response, err = self:answer(request)
  if not self.subscription then return response, err end
  follow(self)
  location.watchers[aor] = location.watchers[aor] or {}
  location.watchers[aor][self] = true
  return response
end

--- Hears no more.
function Watcher:leave()
  local all = self.location.watchers
  if self.timer then self.timer:cancel() end
  self.timer = nil
  if all[self.aor] then
    all[self.aor][self] = nil
    if not next(all[self.aor]) then all[self.aor] = nil end
  end
end

-- Of one contact the latest word counts.
local function note(self, change)
  local id = change.binding.id
  local place = self.places[id] or #self.changes + 1
  self.places[id], self.changes[place] = place, change
end

local function flush(self)
  self.timer = nil
  if #self.changes == 0 then return end -- a refresh has said it
  local _, err = send(self, reginfo.changes(self.version, self.aor, self.current, self.changes))
  if err then self:leave() end
end

--- Something changed: says so, now or in a few seconds.
---@param current moonsip.Binding[]
---@param changes { event: moonsip.RegistrarEvent, binding: moonsip.Binding }[]
function Watcher:hear(current, changes)
  local now = sip.now()
  self.current = current
  for _, change in ipairs(changes) do note(self, change) end
  local due = self.sent_at + PAUSE
  if due <= now then
    if self.timer then self.timer:cancel() end
    flush(self)
  elseif not self.timer then
    self.timer = library.after(due - now, flush, self)
  end
end

return Watcher
