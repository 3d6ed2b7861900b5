--- A client of digest authentication for specs.
local testing = require("moonsip_testing")

local digest = {}

--- The challenges of a response: list of { realm, nonce, algorithm, stale, qop }.
function digest.challenges(response, name)
  local list = {}
  for i, row in ipairs(response:headers(name or "WWW-Authenticate")) do
    list[i] = {
      realm = row:match('realm="([^"]*)"'), nonce = row:match('nonce="([^"]*)"'),
      algorithm = row:match("algorithm=([%w-]+)"), qop = row:match('qop="([^"]*)"'),
      stale = row:match("stale=(%a+)"), text = row,
    }
  end
  return list
end

--- The value of Authorization for { challenge =, user =, password =, method =, uri = }; `nc`,
--- `qop`, `nonce` and others may be given too.
function digest.answer(who)
  local challenge = who.challenge
  local algorithm = who.algorithm or challenge.algorithm
  local given = {
    algorithm = algorithm, qop = who.qop or "auth", method = who.method, uri = who.uri,
    nonce = who.nonce or challenge.nonce, nc = ("%08x"):format(who.nc or 1),
    cnonce = who.cnonce or "0a4f113b", body = who.body or "",
    ha1 = who.ha1 or testing.ha1(who.user, challenge.realm, who.password, algorithm),
  }
  return ('Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", '
    .. 'algorithm=%s, cnonce="%s", qop=%s, nc=%s'):format(who.user, challenge.realm, given.nonce,
    given.uri, who.response or testing.digest(given), algorithm, given.cnonce, given.qop, given.nc)
end

--- The parameters of credentials, by name.
function digest.read(value)
  local params = {}
  for name, text in value:gmatch('([%w*]+)="([^"]*)"') do params[name] = text end
  for name, text in value:gmatch("([%w*]+)=([^\",%s]+)") do params[name] = text end
  return params
end

--- The credentials in a message for a realm, or nil.
function digest.credentials(message, realm, name)
  for _, row in ipairs(message:headers(name or "Authorization")) do
    local params = digest.read(row)
    if params.realm == realm then return params end
  end
end

local Server = {}
Server.__index = Server

--- Makes a phone ask for credentials: { realm =, user =, password = }, or a list of such.  A realm
--- may have `proxy = true`, `algorithms`, `qop` (text, or false for none), `opaque`, and `more`
--- (further parameters).  `server.asks(message)` says whom to ask; `server.answer(message, call)`
--- is the phone's on_request otherwise.
function digest.server(phone, realms)
  local self = setmetatable({
    realms = realms.realm and { realms } or realms, nonces = 0, counts = {}, passed = {}, seen = {},
  }, Server)
  phone.on_request = function(message, call)
    if message.method == "ACK" or message.method == "CANCEL" then return end
    self.seen[#self.seen + 1] = message
    if not self.asks or self.asks(message) then
      local refusal = self:challenge(message)
      if refusal then return refusal end
    end
    self.passed[#self.passed + 1] = message
    if self.answer then return self.answer(message, call) end
    if message.method ~= "INVITE" and message.method ~= "UPDATE" then
      return { status_code = 200 }
    end
  end
  return self
end

--- From now on all nonces that were given out are forgotten.
function Server:forget() self.counts = {} end

function Server:is_right(message, realm)
  local given = digest.credentials(message, realm.realm,
    realm.proxy and "Proxy-Authorization" or "Authorization")
  if not given then return false end
  local count = tonumber(given.nc or "0", 16)
  local known = self.counts[given.nonce]
  local right = given.uri == message.ruri and given.username == (realm.name or realm.user)
    and given.response == testing.digest({
      algorithm = given.algorithm, qop = given.qop, method = message.method, uri = given.uri,
      ha1 = testing.ha1(realm.user, realm.realm, realm.password, given.algorithm),
      nonce = given.nonce, nc = given.nc, cnonce = given.cnonce, body = message.body,
    })
  if not right then return false end
  if not known or given.qop and count <= known then return false, realm.stale ~= false end
  self.counts[given.nonce] = count
  return true
end

function Server:rows(realm, stale)
  self.nonces = self.nonces + 1
  local nonce = realm.nonce or ("nonce%d"):format(self.nonces)
  self.counts[nonce] = 0
  local rows = {}
  for i, algorithm in ipairs(realm.algorithms or { "SHA-256" }) do
    rows[i] = ('%s: Digest realm="%s", nonce="%s", algorithm=%s%s%s%s%s'):format(
      realm.proxy and "Proxy-Authenticate" or "WWW-Authenticate", realm.realm, nonce, algorithm,
      realm.qop == false and "" or (', qop="%s"'):format(realm.qop or "auth"),
      stale and ", stale=true" or "",
      realm.opaque and (', opaque="%s"'):format(realm.opaque) or "", realm.more or "")
  end
  return rows
end

--- nil when the credentials are right, else the options of a 401 or 407.
function Server:challenge(message)
  local headers, proxy
  for _, realm in ipairs(self.realms) do
    local right, stale = self:is_right(message, realm)
    if not right then
      headers = headers or {}
      table.move(self:rows(realm, stale), 1, 10, #headers + 1, headers)
      proxy = proxy or realm.proxy
    end
  end
  return headers and { status_code = proxy and 407 or 401, headers = headers }
end

return digest
