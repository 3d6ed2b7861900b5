--- Turns callers away outside office hours; in between it answers as
--- scripts/answer.lua does.
local answer = require "answer"

local script = { call = answer.call, settings = { user_agent = "office" } }

local OPENS, CLOSES = 9, 17 -- hours of the local day

--- The hour now; a spec may put its own here.
script.hours = { now = function() return os.date("*t").hour end }

function script.on_invite(request)
  local hour = script.hours.now()
  if hour < OPENS or hour >= CLOSES then
    local wait = (OPENS - hour) % 24
    return request:reject {
      status_code = 480,
      reason_phrase = "Closed",
      extra_headers = { "Retry-After: " .. wait * 3600 },
    }
  end
  answer.on_invite(request)
end

return script
