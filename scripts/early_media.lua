--- Early media: an announcement before the call is answered.
---
--- The description goes out in a reliable 183 when the caller can take one (RFC
--- 3262), else as a preview of the answer; the call is answered two seconds
--- later.  A caller who gives up ends the wait.
local sip = require "moonsip"

local script = {}

local ANNOUNCEMENT = 2 -- seconds

local function knows_100rel(message)
  for _, name in ipairs { "Supported", "Require" } do
    for _, tag in ipairs(message:headers(name)) do
      if tag:lower() == "100rel" then
        return true
      end
    end
  end
  return false
end

function script.on_invite(request)
  local answer = sip.sdp.answer(request.message.body)
  if not answer then
    return request:reject { status_code = 488 }
  end
  request:progress {
    status_code = 183,
    reliable = knows_100rel(request.message),
    body = answer,
  }
  sip.sleep(ANNOUNCEMENT)
  request:accept()
end

return script
