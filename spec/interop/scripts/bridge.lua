--- Bridges every call to the phone at port BRIDGE_TO of this machine.
local sip = require "moonsip"
local script = {}

local target = ("sip:phone@127.0.0.1:%s"):format(os.getenv("BRIDGE_TO"))

function script.on_invite(request)
  sip.b2bua.bridge(request, target)
end

return script
