--- Answers every call, and whatever happens in it.
---
--- The default of `./dev run`.  Rings, answers with the caller's codecs, takes
--- re-INVITEs and UPDATEs, and says goodbye when the caller does.  The engine
--- carries no media, so nobody hears anything.
local sip = require "moonsip"

local script = {}

function script.on_invite(request)
  local answer = sip.sdp.answer(request.message.body) or sip.sdp.offer()
  request:progress { status_code = 180 }
  local response = request:accept { body = answer }
  if response then
    response.session.delegate = script.call
  end
end

script.call = {}

function script.call.on_invite(request)
  local body = request.message.body
  local answer, why = sip.sdp.answer(body)
  if answer then
    request:accept { body = answer }
  elseif body then
    request:reject { status_code = 488, reason_phrase = why.code }
  else
    request:accept { body = sip.sdp.offer() }
  end
end

function script.call.on_update(request)
  local answer = sip.sdp.answer(request.message.body)
  if answer or not request.message.body then
    request:accept { body = answer }
  else
    request:reject { status_code = 488 }
  end
end

return script
