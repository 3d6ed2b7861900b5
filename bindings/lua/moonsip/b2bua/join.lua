--- Two legs that did not talk so far are put together, and another one leaves.
local Leg = require("moonsip.b2bua.leg")
local change = require("moonsip.b2bua.change")
local refusal = require("moonsip.b2bua.refusal")

local join = {}

--- `leg` takes the place of `old` in a call.
function join.swap(call, old, leg)
  leg.call = call
  if call.a == old then
    call.a = leg
  else
    call.b = leg
  end
end

-- Runs when the far side has answered: done(self, nil) or done(self, status).
local function finish(self, status)
  self.done(self, status)
end

local Answerer = {}
Answerer.__index = Answerer

function Answerer.on_accept(response, request)
  local self = request.delegate
  self.answer = response.message:description()
  finish(self, not self.answer and 488 or nil)
end

function Answerer.on_reject(response, err, request)
  finish(request.delegate, refusal.of(response, err).status)
end

function Answerer.on_redirect(_, request)
  finish(request.delegate, 488)
end

--- Offers to a leg by re-INVITE what somebody else's leg has offered; `done(self,
--- status)` has `self.answer`, or a status that says why not.
function join.offer(leg, sdp, done)
  local self = setmetatable({ leg = leg, done = done }, Answerer)
  local out = leg.session:invite({ body = sdp, delegate = self })
  if not out then done(self, 500) end
  return self
end

local Offerer = {}
Offerer.__index = Offerer

function Offerer.on_accept(response, request)
  local self = request.delegate
  self.response = response
  self.offer = response.message:description()
  finish(self, not self.offer and 488 or nil)
end

Offerer.on_reject = Answerer.on_reject
Offerer.on_redirect = Answerer.on_redirect

-- Asks a leg for an offer; the ACK is for who asks.
local function ask(leg, done)
  local self = setmetatable({ leg = leg, done = done }, Offerer)
  local out = leg.session:invite({ ack = false, delegate = self })
  if not out then done(self, 500) end
end

--- Puts two answered legs together: one makes an offer, the other one answers
--- it.  `old` is what `one` used so far, should it have to stay with that.
function join.two(one, other, old, done)
  ask(one, function(asked, status)
    if status then return done(status) end
    join.offer(other, asked.offer, function(offered, refused)
      asked.response:ack({ body = offered.answer or old })
      if refused then return done(refused) end
      one.sdp, other.sdp = asked.offer, offered.answer
      done()
    end)
  end)
end

-- A new INVITE while `old` still rings: who called is answered with it (call
-- pickup, RFC 3891 3).  Both sides made an offer: each is the other's answer.
local function pick_up(call, leg, old)
  local a = call.a
  if old == a or not a.sdp or not leg.sdp then
    leg.request:reject({ status_code = 481 })
    return nil
  end
  call:cancel_branches({ 'Reason: SIP;cause=200;text="Call completed elsewhere"' })
  local sent = leg.request:accept({ body = a.sdp })
  if not sent then return nil end
  leg:take(sent.session)
  call.b = leg
  local answered = a.request:accept({ body = not a.said and leg.sdp or nil })
  if not answered then
    leg.session:bye()
    call:finish()
    return nil
  end
  if not a.session then a:take(answered.session) end
  call.state = "connected"
  call:settle()
  return call
end

--- A new INVITE takes the place of a leg (RFC 3891).
function join.replace(request, old)
  local call = old.call
  local leg = Leg.new(call, request)
  leg.sdp = request.message:description()
  if call.state == "ended" or old ~= call.a and old ~= call.b then
    request:reject({ status_code = call.state == "ended" and 603 or 481 })
    return nil
  end
  if call.state == "calling" then return pick_up(call, leg, old) end
  if call.joining then
    request:reject({ status_code = 491 })
    return nil
  end
  call.joining = true
  change.ask(request, leg, call:across(old), leg.sdp, function(session)
    call.joining = nil
    if not session then return end
    leg:take(session)
    join.swap(call, old, leg)
    old.session:bye()
  end)
  return call
end

return join
