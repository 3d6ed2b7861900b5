--- Rings until the caller gives up.
local script = {}

local ringing = {} -- a request that nobody holds would be refused

function script.on_invite(request)
  ringing[request] = true
  request.delegate = {
    on_cancel = function() ringing[request] = nil end,
  }
  request:progress({ status_code = 180 })
end

return script
