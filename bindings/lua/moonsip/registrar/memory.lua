--- The store of bindings that lives in memory, and the interface that any other
--- store keeps too.
---
--- A store keeps a list of records (moonsip.registrar.Record, plain data) under
--- an address-of-record.  Every call may wait, so two tasks may be at the same
--- address: a list is written only over the version it was made from.  A call
--- that fails returns nil and an error.
local bindings = require("moonsip.registrar.bindings")
local sip = require("moonsip")

-- Seconds that one look for the next expiry goes ahead.
local FAR <const> = 10000

---@class moonsip.registrar.Store
local Memory = {}
Memory.__index = Memory

--- `limit`: how many addresses may have bindings (1000000).
---@param options? { limit: integer? }
---@return moonsip.registrar.Store
function Memory.new(options)
  return setmetatable({
    limit = options and options.limit or 1000000,
    count = 0,
    versions = 0,
    lists = {}, -- by AOR
    version = {}, -- by AOR
    second = {}, -- by AOR: of its first expiry
    seconds = {}, -- second: { count =, aors = { [aor] = true } }
    first = math.huge, -- nothing expires before it
    last = 0, -- nor after it
  }, Memory)
end

--- Seconds on the clock of its records' times.
---@return number
function Memory:now() -- luacheck: no self
  return sip.now()
end

--- The list under an AOR and its version; an empty one and 0 when there is none.
---@param aor string
---@return moonsip.registrar.Record[]? list
---@return integer|moonsip.Error version
function Memory:get(aor)
  local list = self.lists[aor]
  if not list then return {}, 0 end
  return list, self.version[aor]
end

local function leave(self, aor)
  local at = self.second[aor]
  local bucket = at and self.seconds[at]
  if not bucket then return end
  self.second[aor] = nil
  bucket.aors[aor] = nil
  bucket.count = bucket.count - 1
  if bucket.count == 0 then self.seconds[at] = nil end
end

local function enter(self, aor, at)
  local bucket = self.seconds[at]
  if not bucket then
    bucket = { count = 0, aors = {} }
    self.seconds[at] = bucket
  end
  bucket.aors[aor] = true
  bucket.count = bucket.count + 1
  self.second[aor] = at
  self.first = math.min(self.first, at)
  self.last = math.max(self.last, at)
end

local function forget(self, aor)
  if self.lists[aor] then
    self.count = self.count - 1
    self.lists[aor], self.version[aor] = nil, nil
    leave(self, aor)
  end
  return true
end

--- Writes a list (an empty one removes it) where `version` is still what get()
--- gave: true.  False when somebody was faster.
---@param aor string
---@param list moonsip.registrar.Record[]
---@param version integer
---@return boolean? done
---@return moonsip.Error? err
function Memory:put(aor, list, version)
  if (self.version[aor] or 0) ~= version then return false end
  if #list == 0 then return forget(self, aor) end
  if not self.lists[aor] then
    if self.count >= self.limit then
      return nil, { code = "ETOOBIG", message = "the store is full" }
    end
    self.count = self.count + 1
  end
  self.versions = self.versions + 1
  self.lists[aor], self.version[aor] = list, self.versions
  local at = math.ceil(bindings.first_expiry(list))
  if self.second[aor] ~= at then
    leave(self, aor)
    enter(self, aor, at)
  end
  return true
end

-- Moves `first` on to a second that something expires in, or as far as one look
-- goes.
local function seek(self)
  local stop = math.min(self.first + FAR, self.last + 1)
  while self.first < stop and not self.seconds[self.first] do self.first = self.first + 1 end
  if self.first > self.last then self.first, self.last = math.huge, 0 end
  return self.first
end

--- When to look for what has expired: when the next binding does, or before.  Nil
--- when none will.
---@return number? time
function Memory:next_expiry()
  local at = seek(self)
  return at < math.huge and at or nil
end

local function take(list, bucket, most)
  for aor in pairs(bucket and bucket.aors or {}) do
    if #list == most then return end
    list[#list + 1] = aor
  end
end

--- Addresses of which a binding has expired at `now`, at most so many.  They are
--- given again until their lists are written without it.
---@param now number
---@param most integer
---@return string[] aors
function Memory:expired(now, most)
  local list, at = {}, seek(self)
  local stop = math.min(now, self.last)
  while at <= stop and #list < most do
    take(list, self.seconds[at], most)
    at = at + 1
  end
  return list
end

--- Walks all: for aor, list in store:each() do.
function Memory:each()
  return next, self.lists
end

return Memory
