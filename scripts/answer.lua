--- Answers every call, and whatever happens in it.
---
--- The default of `./dev run`.  Rings, answers with the caller's codecs, takes
--- re-INVITEs and UPDATEs, and says goodbye when the caller does.  The engine
--- carries no media, so nobody hears anything.
local sip = require "moonsip"

local script = {}

local function answer(request)
  local body = request.message.body
  local description = body and sip.sdp.answer(body)
  if body and not description then
    return request:reject { status_code = 488 }
  end
  return request:accept { body = description or sip.sdp.offer() }
end

function script.on_invite(request)
  request:progress { status_code = 180 }
  local response = answer(request)
  if response and response.session then
    response.session.delegate = script.call
  end
end

script.call = { on_invite = answer }

function script.call.on_update(request)
  if request.message.body then
    return answer(request)
  end
  request:accept()
end

return script
