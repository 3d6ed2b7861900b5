--- Early media: an announcement before the call is answered.
---
--- The description goes out in a reliable 183 when the caller can take one (RFC
--- 3262), else as a preview of the answer; the call is answered two seconds
--- later.  A caller who gives up ends the wait.
local sip = require "moonsip"
local answer = require "answer"

local script = { call = answer.call }

local ANNOUNCEMENT = 2 -- seconds

local function announce(request, description)
  local _, err = request:progress { status_code = 183, reliable = true, body = description }
  if err and err.code == "EUNSUPPORTED" then
    request:progress { status_code = 183, body = description }
  end
end

function script.on_invite(request)
  local description = sip.sdp.answer(request.message.body)
  if not description then
    return request:reject { status_code = 488 }
  end
  announce(request, description)
  sip.sleep(ANNOUNCEMENT)
  local response = request:accept()
  if response then
    response.session.delegate = script.call
    response.session.data.ours = description
  end
end

return script
