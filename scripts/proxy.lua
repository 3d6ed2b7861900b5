--- A proxy for a company: its phones register here with a password, their calls
--- ring all phones of a user at once, numbers go to a gateway.
local sip = require "moonsip"

local script = { settings = { proxy = true } }

local REALM = "example.com"
local GATEWAY = { address = "127.0.0.1", uri = "sip:%s@127.0.0.1:5080" }
local passwords = { alice = "wonderland", bob = "builder" }

local registrar = sip.registrar.new { realm = REALM }

-- Who sent this; nil when it was asked for a password.
local function user_of(request, proxy)
  return sip.auth.require(request, function(name)
    return passwords[name] and { password = passwords[name] }
  end, { realm = REALM, proxy = proxy })
end

function script.on_register(request)
  local user = user_of(request)
  if user then registrar:handle(request, user) end
end

function script.on_invite(request)
  local uri, source = request.message.ruri, request.message.source
  if source.address ~= GATEWAY.address and not user_of(request, true) then return end
  local targets = registrar:targets(uri) or {}
  if #targets == 0 and uri.user and uri.user:find "^%+?%d+$" then
    targets = { GATEWAY.uri:format(uri.user) }
  end
  sip.proxy.forward(request, targets, { record_route = true, realm = REALM, timeout = 60 })
end

script.on_message, script.on_subscribe = script.on_invite, script.on_invite
script.on_refer, script.on_publish, script.on_request =
  script.on_invite, script.on_invite, script.on_invite

return script
