--- Answers every call, and whatever happens in it: the default of `./dev run`.
--- The engine carries no media, so nobody hears anything.
local sip = require "moonsip"

local script = {}

--- Answers the offer; without one, offers what is in use (RFC 3261 14.2).
local function answer(request, session)
  local offer = request.message.body
  local options = session and { previous = session.data.ours }
  local ours = offer and sip.sdp.answer(offer, options) or
    not offer and sip.sdp.offer(options)
  if not ours then
    return request:reject { status_code = 488 }
  end
  local response = request:accept { body = ours }
  if response then
    response.session.data.ours = ours
  end
  return response
end

function script.on_invite(request)
  request:progress { status_code = 180 }
  local response = answer(request)
  if response and response.session then
    response.session.delegate = script.call
  end
end

script.call = { on_invite = answer }

function script.call.on_update(request, session)
  if request.message.body then
    return answer(request, session)
  end
  request:accept()
end

return script
