--- In front of a carrier: calls of the network inside go out with our password, over a
--- second gateway when the first one fails.  What a carrier must not know stays here.
local sip = require "moonsip"
local script = { hooks = {} }

local INSIDE = "^192%.0%.2%."
local gateways = { "203.0.113.1:5060", "203.0.113.2:5060" }
local account = { username = "trunk7", password = "s3cret" }
local number = "sip:+15550100@carrier.example" -- what others see as our number

function script.on_invite(request)
  local message = request.message
  local dialled = (message.ruri.user or ""):match("^%+?%d+$")
  if not message.source.address:find(INSIDE) then
    return request:reject { status_code = 403 }
  elseif not dialled then
    return request:reject { status_code = 404 }
  end
  local targets = {}
  for i, gateway in ipairs(gateways) do
    targets[i] = {
      uri = ("sip:%s@%s"):format(dialled, gateway), from = number, auth = account, timeout = 60,
    }
  end
  local call, err = sip.b2bua.bridge(request, targets, {
    delegate = script.hooks, headers = { hide = { "X-", "Organization" } },
  })
  if not call then sip.log:info("nobody reached: " .. err, { number = dialled }) end
end

function script.hooks.on_transfer() -- the carrier bills who called: no transfers
  return false
end

return script
