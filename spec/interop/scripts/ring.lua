--- Rings until the caller gives up.
local script = { ringing = {} } -- a request that nobody holds would be refused

function script.on_invite(request)
  script.ringing[request] = true
  request.delegate = {
    on_cancel = function() script.ringing[request] = nil end,
  }
  request:progress({ status_code = 180 })
end

return script
