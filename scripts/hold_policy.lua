--- Decides re-INVITEs: hold and resume are answered with the right directions
--- (RFC 3264 6.1), video is refused with 488 and a Warning.
local sip = require "moonsip"

local script = {}

local NO_VIDEO = 'Warning: 304 moonsip "media type not available: video"'

local function decide(request, previous)
  local body = request.message.body
  if not body then -- offer what is in use already (RFC 3261 14.2)
    return request:accept { body = sip.sdp.offer { previous = previous } }
  end
  local offer = sip.sdp.parse(body)
  if offer and offer:has_media("video") then
    return request:reject { status_code = 488, extra_headers = { NO_VIDEO } }
  end
  local answer = offer and offer:answer { previous = previous }
  if not answer then
    return request:reject { status_code = 488 }
  end
  return request:accept { body = answer }, answer
end

function script.on_invite(request)
  local response, ours = decide(request)
  if response and response.session then
    response.session.delegate = script.call
    response.session.data.ours = ours
  end
end

script.call = {}

function script.call.on_invite(request, session)
  local _, ours = decide(request, session.data.ours)
  session.data.ours = ours or session.data.ours
end

return script
