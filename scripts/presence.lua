--- A presence server: phones publish how their users are, and their friends
--- hear of it.  Everybody shows a password; nobody hears of who did not let him.
local sip = require "moonsip"

local script = { settings = { events = "presence" } }

local REALM = "example.com"
local passwords = { alice = "wonderland", bob = "builder", carol = "christmas" }
local friends = { -- who may hear of whom
  ["alice@example.com"] = { bob = true, carol = true },
  ["bob@example.com"] = { alice = true },
}

-- Who sent this; nil when it was asked for a password.
local function user_of(request)
  return sip.auth.require(request, function(name)
    return passwords[name] and { password = passwords[name] }
  end, { realm = REALM })
end

local server = sip.events.presence.server {
  allow = function(resource, request)
    local user = user_of(request)
    return resource == user .. "@" .. REALM or (friends[resource] or {})[user] or 403
  end,
}

function script.on_publish(request)
  local user = user_of(request)
  if not user then return end
  local resource = sip.events.resource(request.message.ruri)
  if resource ~= user .. "@" .. REALM then return request:reject { status_code = 403 } end
  server:publish(request)
end

function script.on_subscribe(request)
  if user_of(request) then server:subscribe(request) end
end

return script
