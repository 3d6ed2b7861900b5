--- An exchange: users register with a password, call and transfer each other.  Where
--- a phone is busy or silent the call goes on to whom its user names.
local sip = require "moonsip"
local script = { calls = {} }

local REALM = "pbx.example"
local users = {
  alice = { password = "wonderland", busy = "carol", silent = "carol" },
  bob = { password = "builder" }, carol = { password = "christmas" },
}
local registrar = sip.registrar.new { realm = REALM }
local function user_of(request, proxy) -- nil: it was asked for a password
  local options = { realm = REALM, proxy = proxy, algorithms = { "MD5" } } -- what phones know
  return sip.auth.require(request, function(name) return users[name] end, options)
end

function script.on_register(request)
  local user = user_of(request)
  return user and registrar:handle(request, user)
end

function script.on_invite(request)
  local caller = user_of(request, true)
  local name, status, tried = request.message.ruri.user or "", 404, {}
  while caller and users[name] and not tried[name] do
    local call, err = sip.b2bua.bridge(request, registrar:targets("sip:" .. name .. "@" .. REALM),
      { answer = false, timeout = 20, from = "sip:" .. caller .. "@" .. REALM,
        delegate = script.calls })
    tried[name], status = true, err and err.status_code
    if call then return end
    name = users[name][status == 486 and "busy" or "silent"] or name
  end
  if caller then request:reject { status_code = status } end
end

function script.calls.on_transfer(request) -- to another user's phone
  local target = sip.uri.nameaddr(request.message:header("Refer-To"))
  return registrar:targets("sip:" .. (target.uri.user or "") .. "@" .. REALM)
end
return script
