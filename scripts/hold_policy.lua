--- Decides re-INVITEs: hold and resume are answered with the right directions
--- (RFC 3264 6.1), video is refused with 488 and a Warning.
local sip = require "moonsip"

local script = {}

-- Everything a stream may do that we agree to.
local function decide(request)
  local session = request.session
  local offer, why = sip.sdp.parse(request.message.body)
  if not offer then
    -- No offer (RFC 3261 14.2): offer what is in use already.
    if why.code ~= "EOFFER" then
      return request:reject { status_code = 400, reason_phrase = "Bad SDP" }
    end
    local ours = session and session.data.description
    return request:accept { body = sip.sdp.offer { previous = ours } }
  end
  if offer:has_media("video") then
    return request:reject {
      status_code = 488,
      extra_headers = { 'Warning: 304 moonsip "media type not available: video"' },
    }
  end
  return request:accept {
    body = offer:answer { previous = session and session.data.description },
  }
end

function script.on_invite(request)
  local response = decide(request)
  if response and response.session then
    response.session.delegate = script.call
    response.session.data.description = response.session.answer or response.session.offer
  end
end

script.call = {}

function script.call.on_invite(request, session)
  if decide(request) then
    session.data.description = session.answer or session.offer
  end
end

script.call.on_update = script.call.on_invite

return script
