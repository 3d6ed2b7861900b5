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

return digest
