--- sip.registration: keeps an address registered at somebody else's registrar
--- (RFC 3261 10.2): refreshes in time, tries again after failures, takes the
--- expiry it is told.
---
--- There is one for each address and registrar in an engine, so a script that is
--- reloaded and says again what it wants goes on with the one it has.
local delegates = require("moonsip.delegates")
local library = require("moonsip.library")
local options = require("moonsip.options")
local sip = require("moonsip")

local registration = {}

---@class moonsip.Registration
local Registration = {}
Registration.__index = Registration

-- RFC 5626 4.5: waits after failures in a row, in seconds.
local FIRST_WAIT <const> = 30
local LONGEST_WAIT <const> = 1800
-- A refresh that gets no answer takes so long to fail (64*T1), and some more.
local ONE_TRY <const> = 40
local DAY <const> = 86400
-- CSeq numbers that a request still on its way may use up by its own retries.
local MARGIN <const> = 8

local known = {
  registrar = "string", address = "string", expires = "number", contact = "string", auth = "table",
  route = "table", extra_headers = "table", delegate = "table", call_id = "string",
}

local by_engine = setmetatable({}, { __mode = "k" })

-- The number of a header, or nil: seconds, mostly.
local function number_of(message, header)
  local text = message:header(header)
  return text and tonumber(text:match("^%d+"))
end

local function in_engine(engine)
  by_engine[engine] = by_engine[engine] or {}
  return by_engine[engine]
end

-- Whether another registration is wanted than there is.
local function differs(a, b)
  for name in pairs(known) do
    local x, y = a[name], b[name]
    if name == "auth" and x and y then
      if x.username ~= y.username or x.password ~= y.password or x.ha1 ~= y.ha1 then return true end
    elseif type(x) ~= "table" and x ~= y then
      return true
    end
  end
  return false
end

local function tell(self, state, response, err)
  self.state, self.response, self.err = state, response, err
  local on_change = delegates.find(self.held, "on_change")
  if on_change then sip.spawn(on_change, self, state) end
end

local function send(self, expires)
  local wanted = self.wanted
  local request, err = self.engine:register({
    uri = wanted.registrar,
    from = wanted.address,
    contact = wanted.contact,
    route = wanted.route,
    auth = wanted.auth,
    extra_headers = wanted.extra_headers,
    call_id = self.call_id,
    cseq = self.cseq,
    expires = expires,
  })
  self.cseq = self.cseq + MARGIN
  return request, err
end

-- RFC 3261 10.2.4: what the registrar made of it.  The Contact is ours when its
-- URI is; a registrar that rewrites it leaves the shortest to be believed.
local function granted(request, response, asked)
  local mine, shortest = request.message.contact.uri, nil
  for _, text in ipairs(response.message:headers("Contact")) do
    local contact = sip.uri.nameaddr(text)
    local expires = contact and tonumber(contact.params.expires)
    if expires and contact.uri == mine then return expires end
    shortest = expires and math.min(expires, shortest or expires) or shortest
  end
  return shortest or number_of(response.message, "Expires") or asked
end

-- Early enough for one try that fails, at most after nine tenths, or a day.
local function refresh_after(expires)
  local wait = expires - math.max(expires / 10, math.min(expires / 2, ONE_TRY))
  return math.max(math.min(wait, DAY), 1)
end

-- RFC 5626 4.5: at random from the half of it on.
local function wait_after(failures)
  local longest = math.min(LONGEST_WAIT, FIRST_WAIT * 2 ^ math.min(failures, 10))
  return sip.random(math.floor(longest * 500), math.floor(longest * 1000)) / 1000
end

local function again(self, seconds)
  if self.state == "ended" then return end
  if self.timer then self.timer:cancel() end
  self.timer = library.after(seconds, self.step, self)
end

local function succeed(self, response, expires)
  self.failures = 0
  self.expires = expires
  self.service_route = response.message:headers("Service-Route")
  again(self, refresh_after(expires))
  tell(self, "registered", response)
end

local function retry_after(response)
  local seconds = response and number_of(response.message, "Retry-After")
  return seconds and math.min(seconds, DAY)
end

local function fail(self, response, err)
  local after = retry_after(response)
  self.failures = self.failures + 1
  again(self, after or wait_after(self.failures))
  tell(self, "failed", response, err)
end

-- RFC 3261 10.2.8
local function asks_for_more(self, response)
  if response.status_code ~= 423 then return false end
  local least = number_of(response.message, "Min-Expires")
  if not least or least <= self.asked then return false end
  self.asked = least
  return true
end

local function finish(self, request, response, err)
  if response and response.status_code < 300 then
    local expires = granted(request, response, self.asked)
    if expires > 0 then return succeed(self, response, expires) end
  elseif response and asks_for_more(self, response) then
    return self:step()
  end
  fail(self, response, err)
end

--- One REGISTER and what comes of it.
function Registration:step()
  local turn = self.turn + 1
  local request, err = send(self, self.asked)
  local response
  self.timer, self.turn = nil, turn
  if request then response, err = request:wait() end
  if self.turn ~= turn then return end -- renewed or ended meanwhile
  if response then self.cseq = response.message.cseq.number + 1 end
  finish(self, request, response, err)
end

--- Registers now, whatever is due.
function Registration:renew()
  if self.state == "ended" then return nil end
  self.asked = self.wanted.expires or 600
  again(self, 0)
  return true
end

--- Ends it: takes the registration back without waiting for an answer.
function Registration:stop()
  if self.state == "ended" then return nil end
  if self.timer then self.timer:cancel() end
  in_engine(self.engine)[self.key] = nil
  self.turn = self.turn + 1
  local request, err = send(self, 0)
  tell(self, "ended")
  return request and true, err
end

--- Keeps an address registered.
function registration.keep(given)
  options.check("registration.keep", given, known)
  options.need("registration.keep", given, { "registrar", "address" })
  local engine = assert(sip.engine())
  local key = given.address .. " " .. given.registrar
  local all = in_engine(engine)
  local self = all[key]
  local old = self and self.wanted
  local wanted = {}
  for name, value in pairs(given) do wanted[name] = value end
  if not self then
    self = setmetatable({
      engine = engine, key = key, state = "registering", failures = 0, turn = 0, cseq = 1,
      call_id = given.call_id or sip.random(24),
    }, Registration)
    all[key] = self
  end
  self.held = delegates.hold(given.delegate)
  wanted.delegate = nil
  self.wanted = wanted
  if not old or differs(old, wanted) then self:renew() end
  return self
end

return registration
