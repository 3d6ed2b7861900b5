--- Somebody answered: A's 200, and B's ACK when that has to wait for A's answer.
local Leg = require("moonsip.b2bua.leg")
local across = require("moonsip.across")

local answer = {}

-- B made the offer in its 2xx: its ACK takes A's answer along (RFC 3261 13.2.1).
local function on_late_ack(ack, session)
  local leg = session.delegate
  local call = leg.call
  local response = call.owes_ack
  leg.on_ack = nil
  call.owes_ack = nil
  if not response then return end
  leg.sdp = across.description(ack)
  if leg.sdp then
    response:ack({ body = leg.sdp })
  else
    call:leg_gone(leg, "no answer") -- the engine hangs A up
  end
end

-- The ACK of an offerless INVITE to B.
local function owe_ack(call, response)
  if response.session.signaling_state == "have_remote_offer" then
    call.owes_ack = response
    call.a.on_ack = on_late_ack
  else -- a reliable 1xx has brought offer and answer together
    response:ack()
  end
end

-- A took the description of another fork from a reliable 1xx: now the winner's.
local function on_stale_ack(_, session)
  local leg = session.delegate
  local call = leg.call
  leg.on_ack = nil
  call.stale = nil
  session:invite({ body = call.b.sdp, delegate = {
    on_accept = function(response) leg.sdp = response.message:description() or leg.sdp end,
  } })
end

-- What A has not seen yet of the winner's description.
local function body_for(call, leg)
  local said = call.a.said
  if not said then return leg.sdp end
  if said ~= leg.sdp then
    call.stale = true
    call.a.on_ack = on_stale_ack
  end
end

local function leg_of(call, branch, session)
  local leg = session.delegate
  if leg then return leg end
  leg = Leg.new(call, branch.request)
  leg:take(session)
  return leg
end

--- The 2xx of a branch becomes A's.
function answer.with(call, branch, response)
  local leg = leg_of(call, branch, response.session)
  local a = call.a
  leg.sdp = across.description(response) or leg.sdp
  leg.target = branch.target
  call.b = leg
  call.shown = nil
  if call.late then owe_ack(call, response) end
  a.headers = across.lines(response, call.passes)
  local session, err = a.request:accept({
    status_code = response.status_code,
    body = body_for(call, leg),
    extra_headers = a.headers,
    quiet = true,
  })
  if not session then -- A has given up in this moment
    call.err = err
    leg.session:bye()
    call:finish()
    return
  end
  if not a.session then a:take(session) end
  call.state = "connected"
  call:settle()
  call:tell("on_answer", response, call)
end

return answer
