--- Answers every call, and whatever happens in it: the default of `./dev run`.
--- The engine carries no media, so nobody hears anything.
local sip = require "moonsip"

local script = {}

--- Answers the offer; without one, offers what is in use (RFC 3261 14.2).
local function answer(request, session)
  local offer = request.message.body
  local options = { previous = session and session.data.ours }
  local ours
  if offer then
    ours = sip.sdp.answer(offer, options)
  else
    ours = sip.sdp.offer(options)
  end
  if not ours then
    return request:reject { status_code = 488 }
  end
  local response = request:accept { body = ours }
  if response then
    response.session.delegate = script.call
    response.session.data.ours = ours
  end
end

function script.on_invite(request)
  request:progress { status_code = 180 }
  answer(request)
end

script.call = { on_invite = answer }
function script.call.on_update(request, session)
  if request.message.body then
    return answer(request, session)
  end
  request:accept()
end

return script
