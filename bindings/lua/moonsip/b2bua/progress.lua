--- What rings on the B side is shown to the A side: one early dialog at a time,
--- whatever the callee's side forks into.
local Leg = require("moonsip.b2bua.leg")
local across = require("moonsip.across")

local progress = {}

--- The leg of an early dialog of a branch, or nil when the response made none.
function progress.leg_of(call, branch, session)
  if not session then return nil end
  local leg = session.delegate
  if not leg then
    leg = Leg.new(call, branch.request)
    leg:take(session)
  end
  return leg
end

-- Only the first dialog with a description is shown: A takes one answer.
local function visible(call, leg, body)
  if not leg or not body then return nil end
  leg.sdp = body
  local shown = call.shown
  if shown and shown ~= leg and shown.session.session_state ~= "terminated" then return nil end
  call.shown = leg
  call.b = leg
  return body
end

local function send(call, options)
  local a = call.a
  local session, err = a.request:progress(options)
  if not session and err.code == "EUNSUPPORTED" then -- A lacks 100rel
    a.unreliable = true
    options.reliable = nil
    if call.late then options.body = nil end -- no place for an offer
    session = a.request:progress(options)
  end
  if session and not a.session then a:take(session) end
  return session
end

-- With an offer of B in it, B's PRACK waits for A's answer (RFC 3262 5).
local function acknowledge(call, leg, response, shown)
  if not leg or not across.is_reliable(response) then return end
  if shown and leg.session.signaling_state == "have_remote_offer" then
    call.a.on_prack = progress.on_answer_in_prack
    call.owes_prack = leg
  else
    response:prack()
  end
end

--- Shows a provisional response of a branch to A.
function progress.show(call, branch, response)
  local status = response.status_code
  local leg = progress.leg_of(call, branch, response.session)
  local a = call.a
  if leg and not call.b then call.b = leg end
  if status == 199 then return end -- a fork ended (RFC 6228): not A's affair
  local body = visible(call, leg, across.description(response))
  local options = {
    status_code = status,
    reason_phrase = response.reason_phrase,
    body = body,
    reliable = not a.unreliable and across.is_reliable(response) or nil,
    extra_headers = across.lines(response, call.passes),
    quiet = true,
  }
  if call.late and not options.reliable then options.body = nil end
  local sent = send(call, options)
  if not sent and body then call.shown = nil end -- two wait for their PRACK already
  if sent and options.reliable and options.body then
    a.said = body
    a.on_prack = a.on_prack or progress.on_offer_in_prack
  end
  if call.late then acknowledge(call, leg, response, sent and options.body) end
  call:tell("on_progress", response, call)
end

--- A answers B's offer in its PRACK.
function progress.on_answer_in_prack(request, session)
  local leg = session.delegate
  local b = leg.call.owes_prack
  local answer = across.description(request)
  leg.on_prack = nil
  if not b or not answer then return request:reject({ status_code = 488 }) end
  leg.call.owes_prack = nil
  leg.sdp = answer
  b.session:prack({ body = answer })
  request:accept()
end

return progress
