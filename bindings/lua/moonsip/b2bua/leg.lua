--- One side of a call: the delegate of its session.  What happens there is put
--- to the other side; other files add the callbacks of their part.
local Call = require("moonsip.b2bua.call")
local across = require("moonsip.across")
local headers = require("moonsip.b2bua.headers")

---@class moonsip.b2bua.Leg
---@field call moonsip.b2bua.Call
---@field session moonsip.Session?
---@field request moonsip.IncomingInviteRequest|moonsip.OutgoingRequest the INVITE that made it
---@field sdp string? the latest session description from this side that is in use
local Leg = {}
Leg.__index = Leg
Leg.__delegate = true

function Leg.new(call, request)
  return setmetatable({ -- room for all it gets
    call = call, request = request, session = nil, sdp = nil, target = nil, headers = nil,
  }, Leg)
end

--- The leg gets its session, and hears what happens in it.
function Leg.take(leg, session)
  leg.session = session
  session.delegate = leg
end

--- The caller gave up.
function Leg.on_cancel(message, request)
  local leg = request.delegate
  leg.call:leg_gone(leg, "cancelled", headers.reason(message))
end

local quietly <const> = { quiet = true }

function Leg.on_bye(request, session)
  local leg = session.delegate
  request:accept(quietly)
  local call = leg.call
  if leg == call.a or leg == call.b and call.state == "connected" then
    call:leg_gone(leg, "bye received", across.lines(request, headers.reason_set))
  end
end

function Leg.on_terminated(session, reason)
  local leg = session.delegate
  local call = leg.call
  if call.state == "calling" and leg ~= call.a then
    if leg == call.b then call.b = nil end -- an early dialog; its branch goes on
  elseif leg == call.a or leg == call.b then
    Call.leg_gone(call, leg, reason)
  end
end

return Leg
