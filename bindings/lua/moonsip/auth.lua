--- Who sent a request: digest authentication as a server (RFC 3261 22,
--- RFC 7616, RFC 8760).  Clients have the option `auth` of their requests.
---
--- What an engine remembers (the key of its nonces, counts, wrong answers)
--- survives reloads and has a bound; the settings auth.* say which.
local core = require("moonsip.auth.core")
local sip = require("moonsip")

local auth = {}

local ALGORITHMS <const> = { "SHA-512-256", "SHA-256", "MD5" }
local QOPS <const> = { "auth", "auth-int" }
local QUIET <const> = 60 -- seconds between two lines in the log

local guards = setmetatable({}, { __mode = "k" }) -- by engine
local proven = setmetatable({}, { __mode = "k" }) -- by request: what it passed with

local function guard_here()
  local engine = assert(sip.engine())
  local guard = guards[engine]
  if not guard then
    guard = { core = core.guard(), quiet_until = 0, untold = 0 }
    guards[engine] = guard
  end
  return guard
end

-- The value of an option, of this type when it is given.
local function option(options, name, wanted)
  local value = options[name]
  if value ~= nil and type(value) ~= wanted then
    error(("option '%s': %s expected, got %s"):format(name, wanted, type(value)), 4)
  end
  return value
end

local function unknown(name, value, wanted)
  error(("option '%s': %s expected, got %s"):format(name, wanted, tostring(value)), 5)
end

-- The algorithms that are offered, strongest first (RFC 8760 2.3).
local function algorithms_of(options)
  local algorithms = {}
  for i, name in ipairs(option(options, "algorithms", "table") or ALGORITHMS) do
    local proper, rank, base
    if type(name) == "string" then proper, rank, base = core.algorithm(name) end
    if not proper then unknown("algorithms", name, "MD5, SHA-256 or SHA-512-256") end
    algorithms[i] = { name = proper, rank = rank, base = base }
    algorithms[proper] = algorithms[i]
  end
  if #algorithms == 0 then unknown("algorithms", "none", "at least one") end
  table.sort(algorithms, function(a, b) return a.rank < b.rank end)
  return algorithms
end

local function qops_of(options)
  local qops = {}
  for _, name in ipairs(option(options, "qop", "table") or QOPS) do
    if name ~= "auth" and name ~= "auth-int" then unknown("qop", name, "auth or auth-int") end
    qops[name] = true
  end
  if not next(qops) then unknown("qop", "none", "auth or auth-int") end
  return qops
end

local function life_of(options)
  local life = option(options, "nonce_expires", "number")
  if life and not (life > 0 and life <= 86400) then
    unknown("nonce_expires", life, "0 to 86400 seconds")
  end
  return life
end

-- What this request is measured by; nil when it is over.
local function rule_of(request, options)
  options = options or {}
  core.options(options)
  local realm, life = core.defaults(request)
  if not realm then return nil end
  local proxy = option(options, "proxy", "boolean")
  return {
    realm = option(options, "realm", "string") or realm,
    life = life_of(options) or life,
    algorithms = algorithms_of(options),
    qops = qops_of(options),
    check_uri = option(options, "check_uri", "boolean") ~= false,
    status = proxy and 407 or 401,
    asks = proxy and "Proxy-Authenticate: " or "WWW-Authenticate: ",
    answers = proxy and "Proxy-Authorization" or "Authorization",
    informs = proxy and "Proxy-Authentication-Info: " or "Authentication-Info: ",
  }
end

-- The credentials for our realm; those for others are left alone (RFC 3261
-- 22.3).  nil, text: malformed; nil: none.
local function find_credentials(request, rule)
  local found
  for _, value in ipairs(request.message:headers(rule.answers)) do
    local credentials, err = core.credentials(value)
    if err and err.code == "ESYNTAX" then
      return nil, err.message
    elseif credentials and credentials.realm == rule.realm then
      if found then return nil, "two for one realm" end
      found = credentials
    end
  end
  return found
end

local function challenge(request, guard, rule, stale)
  local nonce = guard.core:nonce(rule.realm)
  local headers = {}
  for i, algorithm in ipairs(rule.algorithms) do
    headers[i] = rule.asks
      .. guard.core:challenge(rule.realm, algorithm.name, rule.qops, stale or false, nonce)
  end
  request:reject({ status_code = rule.status, extra_headers = headers })
end

-- One line, then one a minute with how many there were.
local function tell(guard, what, request, credentials)
  local now = sip.now()
  if now < guard.quiet_until then
    guard.untold = guard.untold + 1
    return
  end
  local fields = {
    source = request.message.source.address, user = credentials.username,
    realm = credentials.realm,
  }
  if guard.untold > 0 then fields.untold = guard.untold end
  guard.quiet_until, guard.untold = now + QUIET, 0
  sip.log:warn(what, fields)
end

-- The HA1 a lookup's result stands for, and whether there was one.  A user whom
-- nobody knows costs the same work.
local function secret_of(found, credentials, base)
  local password, known = "", found ~= nil and found ~= false
  local ha1
  if type(found) == "table" then
    password = found.password
    if type(password) ~= "string" then
      error("lookup: HA1 text or { password = text } expected", 0)
    end
  elseif known then
    if type(found) ~= "string" then
      error("lookup: HA1 text or { password = text } expected, got " .. type(found), 0)
    end
    ha1 = found
  end
  local computed = core.ha1(credentials.username, credentials.realm, password, base)
  return ha1 or computed, known
end

-- True when the answer is right.
local function is_right(request, credentials, lookup, base)
  local message = request.message
  local found
  if not credentials.userhash then -- we never offer it
    found = lookup(credentials.username, credentials.realm, base)
  end
  local ha1, known = secret_of(found, credentials, base)
  local same = core.matches(credentials, ha1, message.method, message.body or "")
  return same and known, ha1
end

-- What comes of right credentials: the user, or another challenge when their
-- nonce is spent.
local function pass(request, guard, rule, credentials, ha1)
  local state, age = guard.core:check(credentials.nonce, rule.realm, rule.life)
  local message = request.message
  guard.core:passed(message.source.address, rule.realm, credentials.username)
  if state ~= "good"
    or not guard.core:count(credentials.nonce, rule.realm, rule.life, credentials.count) then
    return challenge(request, guard, rule, true)
  end
  proven[request] = proven[request] or {}
  proven[request][rule.answers .. rule.realm] = credentials.username
  proven[request].latest = {
    credentials = credentials, ha1 = ha1, guard = guard, informs = rule.informs,
    renew = age * 2 >= rule.life,
  }
  return credentials.username
end

-- Credentials that could be right: an algorithm and a qop that we offered, and a
-- nonce that we made.
local function is_ours(guard, rule, credentials)
  return credentials and rule.algorithms[credentials.algorithm] and rule.qops[credentials.qop]
    and guard.core:check(credentials.nonce, rule.realm, rule.life) ~= "foreign"
end

-- True when too many were wrong: it is answered.
local function is_blocked(request, guard, rule, credentials)
  local wait = guard.core:wait(request.message.source.address, rule.realm, credentials.username)
  if not wait then return false end
  tell(guard, "too many wrong passwords", request, credentials)
  request:reject({
    status_code = 403, reason_phrase = "Too Many Wrong Passwords",
    extra_headers = { ("Retry-After: %d"):format(math.ceil(wait)) },
  })
  return true
end

local function verify(request, guard, rule, credentials, lookup)
  if rule.check_uri and not core.same_target(credentials.uri, tostring(request.message.ruri)) then
    request:reject({ status_code = 400, reason_phrase = "Credentials For Another URI" })
    return
  end
  if is_blocked(request, guard, rule, credentials) then return end
  local base = rule.algorithms[credentials.algorithm].base
  local right, ha1 = is_right(request, credentials, lookup, base)
  -- The lookup may have waited, and others have guessed meanwhile.
  if is_blocked(request, guard, rule, credentials) then return end
  if right then return pass(request, guard, rule, credentials, ha1) end
  guard.core:failed(request.message.source.address, rule.realm, credentials.username)
  tell(guard, "wrong user or password", request, credentials)
  challenge(request, guard, rule)
end

-- Contracts: bindings/lua/moonsip/_meta/auth.lua.

function auth.require(request, lookup, options)
  if type(lookup) ~= "function" then
    error("bad argument #2 to 'require' (function expected, got " .. type(lookup) .. ")", 2)
  end
  if type(request) ~= "userdata" then
    error("bad argument #1 to 'require' (request expected, got " .. type(request) .. ")", 2)
  end
  local rule = rule_of(request, options)
  if not rule then return nil end
  local user = proven[request] and proven[request][rule.answers .. rule.realm]
  if user then return user end
  local guard = guard_here()
  local credentials, why = find_credentials(request, rule)
  if why then
    request:reject({
      status_code = 400, reason_phrase = ("Broken %s: %s"):format(rule.answers, why),
    })
    return nil
  end
  if not is_ours(guard, rule, credentials) then
    challenge(request, guard, rule)
    return nil
  end
  return verify(request, guard, rule, credentials, lookup)
end

function auth.info(request, body)
  local latest = (proven[request] or {}).latest
  if not latest then return nil end
  local credentials = latest.credentials
  local parts = {
    ('qop=%s'):format(credentials.qop),
    ('rspauth="%s"'):format(core.rspauth(credentials, latest.ha1, "", body or "")),
    ('cnonce="%s"'):format(credentials.cnonce:gsub('[\\"]', "\\%0")),
    ('nc=%s'):format(credentials.nc),
  }
  if latest.renew then
    parts[#parts + 1] = ('nextnonce="%s"'):format(latest.guard.core:nonce(credentials.realm))
  end
  return latest.informs .. table.concat(parts, ", ")
end

function auth.ha1(user, realm, password, algorithm)
  return core.ha1(user, realm, password, algorithm or "SHA-256")
end

return auth
