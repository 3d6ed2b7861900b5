--- Decides re-INVITEs: hold and resume are answered with the right directions
--- (RFC 3264 6.1), video is refused with 488 and a Warning.
local sip = require "moonsip"

local script = { call = {} }

local NO_VIDEO = 'Warning: 304 moonsip "media type not available: video"'

--- What we say next, after `previous`; or nil and the headers of a refusal.
local function describe(body, previous)
  if not body then -- offer what is in use already (RFC 3261 14.2)
    return sip.sdp.offer { previous = previous }
  end
  local offer = sip.sdp.parse(body)
  if offer and offer:has_media("video") then
    return nil, { NO_VIDEO }
  end
  return offer and offer:answer { previous = previous }, nil
end

function script.call.on_invite(request, session)
  local ours, headers = describe(request.message.body, session and session.data.ours)
  if not ours then
    return request:reject { status_code = 488, extra_headers = headers }
  end
  local response = request:accept { body = ours }
  if response then
    response.session.delegate = script.call
    response.session.data.ours = ours
  end
end

script.on_invite = script.call.on_invite

return script
