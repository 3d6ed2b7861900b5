--- A store at work: changes made whole, one timer for all that expires, and
--- those who hear of changes.
---
--- There is one location for each store, whatever number of registrars use it, so
--- a script that is reloaded finds the bindings where they were.
local bindings = require("moonsip.registrar.bindings")
local delegates = require("moonsip.delegates")
local library = require("moonsip.library")
local memory = require("moonsip.registrar.memory")
local sip = require("moonsip")

---@class moonsip.registrar.Location
---@field store moonsip.registrar.Store
---@field held any the delegate that hears of changes
---@field watchers table sets of moonsip.registrar.Watcher by AOR
local Location = {}
Location.__index = Location

-- How often a change starts anew because the list changed meanwhile.
local ATTEMPTS <const> = 10
-- Addresses between two pauses of the sweep.
local BATCH <const> = 200
-- Seconds until a sweep whose store failed begins again.
local AGAIN <const> = 5
local DAY <const> = 86400

local by_store = setmetatable({}, { __mode = "k" })
local by_engine = setmetatable({}, { __mode = "k" }) -- stores in memory, by name

--- The location of a store.
---@param store moonsip.registrar.Store
---@return moonsip.registrar.Location
function Location.of(store)
  local location = by_store[store]
  if not location then
    location = setmetatable({ store = store, watchers = {} }, Location)
    by_store[store] = location
  end
  return location
end

--- The location in memory of this name, in the engine that runs this code.
---@param name string
---@return moonsip.registrar.Location
function Location.named(name)
  local engine = assert(sip.engine())
  local stores = by_engine[engine]
  if not stores then
    stores = {}
    by_engine[engine] = stores
  end
  stores[name] = stores[name] or memory.new()
  return Location.of(stores[name])
end

--- The list under an AOR now; nil and an error when the store fails.
---@param aor string
---@return moonsip.registrar.Record[]? list
---@return number|moonsip.Error now
function Location:read(aor)
  local list, err = self.store:get(aor)
  if not list then return nil, err end
  return list, self.store:now()
end

local function commit(self, aor, list, version, changes)
  if #changes == 0 then return true end
  local done, err = self.store:put(aor, list, version)
  if done then self:arm(bindings.first_expiry(list)) end
  return done, err
end

--- Replaces the list under an AOR by what change(list, now) makes of it: the new
--- list and the changes.  When that gives nil and a refusal, these are returned;
--- a store that fails is a refusal, too.
---@param aor string
---@param change fun(list: moonsip.registrar.Record[], now: number): table?, table
---@return moonsip.registrar.Record[]? list
---@return table changes or the options of reject()
function Location:update(aor, change)
  for _ = 1, ATTEMPTS do
    local list, version = self.store:get(aor)
    if not list then return self:failed(aor, version) end
    local new, changes = change(list, self.store:now())
    if not new then return nil, changes end
    local done, err = commit(self, aor, new, version, changes)
    if done then return new, changes end
    if done == nil then return self:failed(aor, err) end
  end
  return self:failed(aor, "the list changed all the time")
end

function Location:failed(aor, err) -- luacheck: no self
  sip.log:error("location store: " .. tostring(err and err.message or err), { aor = aor })
  return nil, { status_code = 500, reason_phrase = "Location Store Failed" }
end

--- From now on this delegate hears of changes; one that the script exports is
--- followed by its name, so a timer that was set before a reload finds the new one.
---@param delegate moonsip.RegistrarDelegate?
function Location:hear(delegate)
  self.held = delegates.hold(delegate)
end

-- Once for each kind of change.
local function tell_delegate(on_change, aor, current, changes)
  local events, changed = {}, {}
  for _, change in ipairs(changes) do
    local event = change.event
    if not changed[event] then
      changed[event] = {}
      events[#events + 1] = event
    end
    table.insert(changed[event], change.binding)
  end
  for _, event in ipairs(events) do on_change(aor, current, event, changed[event]) end
end

--- Tells those who subscribed, then the delegate.
---@param aor string
---@param list moonsip.registrar.Record[]
---@param changes table
function Location:tell(aor, list, changes)
  local on_change = delegates.find(self.held, "on_change")
  local watchers = self.watchers[aor]
  if not on_change and not watchers or #changes == 0 then return end
  local now, shown = self.store:now(), {}
  for i, change in ipairs(changes) do
    shown[i] = { event = change.event, binding = bindings.show(change.binding, now) }
  end
  local current = bindings.list(list, now)
  local all = {}
  for watcher in pairs(watchers or {}) do all[#all + 1] = watcher end
  for _, watcher in ipairs(all) do watcher:hear(current, shown) end
  if on_change then tell_delegate(on_change, aor, current, shown) end
end

local function wake(self)
  self.timer, self.due = nil, nil
  self:sweep()
end

--- Sees to it that the sweep runs at `time`, or before.
---@param time number?
function Location:arm(time)
  if not time then return end
  local now = self.store:now()
  if self.due and self.due <= time then return end
  if self.timer then self.timer:cancel() end
  self.due = math.min(time, now + DAY)
  self.timer = library.after(math.max(self.due - now, 0), wake, self)
end

local function expire(self, aor)
  local list, changes = self:update(aor, bindings.drop_expired)
  if list and #changes > 0 then sip.spawn(Location.tell, self, aor, list, changes) end
  return list ~= nil
end

--- Drops what has expired.
function Location:sweep()
  local store, fine = self.store, true
  local aors
  repeat
    if aors then sip.sleep(0) end
    aors = store:expired(store:now(), BATCH)
    for _, aor in ipairs(aors or {}) do fine = expire(self, aor) and fine end
  until not fine or not aors or #aors < BATCH
  if fine and aors then
    self:arm(store:next_expiry())
  else
    self:arm(store:now() + AGAIN)
  end
end

return Location
