--- A telephone exchange: users register with a password and call each other.  Where
--- a phone is busy or nobody answers the call goes on to whom its user names.
local sip = require "moonsip"
local script = {}

local REALM = "pbx.example"
local users = {
  alice = { password = "wonderland", busy = "carol", silent = "carol" },
  bob = { password = "builder" },
  carol = { password = "christmas" },
}

local registrar = sip.registrar.new { realm = REALM }

local function user_of(request, proxy) -- nil: it was asked for a password
  return sip.auth.require(request, function(name) return users[name] end,
    { realm = REALM, proxy = proxy, algorithms = { "MD5" } }) -- older phones know no other
end

function script.on_register(request)
  local user = user_of(request)
  if user then registrar:handle(request, user) end
end

function script.on_invite(request)
  local caller = user_of(request, true)
  local name, status, tried = request.message.ruri.user or "", 404, {}
  while caller and users[name] and not tried[name] do
    local targets = registrar:targets("sip:" .. name .. "@" .. REALM) or {}
    local call, err = sip.b2bua.bridge(request, targets, {
      answer = false, timeout = 20, from = "sip:" .. caller .. "@" .. REALM,
    })
    if call then return end
    tried[name], status = true, err.status_code
    name = users[name][status == 486 and "busy" or "silent"] or name
  end
  if caller then request:reject { status_code = status } end
end

return script
