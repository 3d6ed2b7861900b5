--- Changes of a call in progress: a re-INVITE or UPDATE of one side is put to the
--- other, whose answer or refusal goes back as it is.
local Leg = require("moonsip.b2bua.leg")
local across = require("moonsip.across")
local headers = require("moonsip.b2bua.headers")
local progress = require("moonsip.b2bua.progress")
local refusal = require("moonsip.b2bua.refusal")

local change = {}

--- One change: the delegate of what we ask the far side, and of what we were
--- asked.  `leg` asks, `far` is asked.
---@class moonsip.b2bua.Change
local Change = {}
Change.__index = Change
Change.__delegate = true

-- Both sides agree: `offer` came from the leg that asked, nil when it asked for
-- one.
local function commit(self, offer, answer)
  self.leg.sdp = offer or self.leg.sdp
  self.far.sdp = answer or self.far.sdp
end

-- The far side has taken what the asking side took back: tell it what holds.
local function take_back(self)
  local far, old = self.far, self.leg.sdp
  if self.offer and old and old ~= self.offer then
    far.session:invite({ body = old })
  end
end

-- The far side made the offer; its ACK takes the answer of who asked along.
local function on_late_ack(ack, session)
  local leg = session.delegate
  local self = leg.late_change
  leg.on_ack, leg.late_change = nil, nil
  leg.sdp = across.description(ack) or leg.sdp
  self.response:ack({ body = leg.sdp })
end

local function accept_late(self, response, offer)
  local leg = self.leg
  self.response = response
  leg.late_change, leg.on_ack = self, on_late_ack
  local session = self.request:accept({
    body = offer, extra_headers = across.lines(response, leg.call.passes), quiet = true,
  })
  if self.done then self.done(session) end
  if session then
    self.far.sdp = offer
    return
  end
  leg.late_change, leg.on_ack = nil, nil
  response:ack({ body = leg.sdp }) -- nobody asks any more: as it was
end

function Change.on_accept(response, request)
  local self = request.delegate
  local sdp = across.description(response)
  if not self.offer and request.method == "INVITE" then return accept_late(self, response, sdp) end
  local session = self.request:accept({
    status_code = response.status_code, body = sdp or false,
    extra_headers = across.lines(response, self.leg.call.passes), quiet = true,
  })
  if self.done then self.done(session) end
  if session then
    commit(self, self.offer, sdp)
  else
    take_back(self)
  end
end

function Change.on_reject(response, err, request)
  local self = request.delegate
  local result = refusal.of(response, err)
  local message = response and response.message
  self.request:reject(refusal.options(message, result.status, self.leg.call.passes))
  if self.done then self.done(nil) end
end

function Change.on_redirect(_, request) -- nobody moves within a call
  local self = request.delegate
  self.request:reject({ status_code = 488 })
  if self.done then self.done(nil) end
end

-- Who asked for a re-INVITE does not wait any more.
function Change.on_cancel(message, request)
  local self = request.delegate
  local lines = headers.reason(message)
  self.out:cancel(lines and { extra_headers = lines })
end

-- No way to ask the far side now.
local function cannot(request, err)
  if err.code == "EPENDING" then -- it asks us at the same time: one of them waits
    return request:reject({ status_code = 491 })
  end
  request:reject({ status_code = 500, extra_headers = { "Retry-After: 2" } })
end

-- UPDATE reaches those who know it, and early dialogs; all others a re-INVITE.
local function put(far, method, options)
  local session = far.session
  if method ~= "INVITE" and (session.takes_update or session.session_state == "early") then
    return session:update(options)
  end
  if not options.body then options.ack = false end
  return session:invite(options)
end

-- What says again what is in use changes nothing for the far side (RFC 4028 7.4).
local function is_refresh(leg, far, offer)
  return offer and offer == leg.sdp and far and far.sdp
end

--- Puts what `leg` offers, or its wish for an offer, to the far side.  `done`,
--- if any, hears of the session when we sent a 2xx, or nil when there was none.
function change.ask(request, leg, far, offer, done)
  local call = leg.call
  local self = setmetatable({
    leg = leg, far = far, request = request, offer = offer, done = done,
  }, Change)
  local method = request.method
  local out, err = put(far, method, {
    body = offer, delegate = self, extra_headers = across.lines(request, call.passes), quiet = true,
  })
  if not out then
    cannot(request, err)
    if done then done(nil) end
    return
  end
  self.out = out
  if method == "INVITE" then request.delegate = self end
end

local function relay(request, leg, offer)
  local call = leg.call
  local far = call:across(leg)
  if is_refresh(leg, far, offer) and not call.stale then
    return request:accept({ body = far.sdp, quiet = true })
  end
  if call.joining or not far or not far.session or leg ~= call.a and leg ~= call.b then
    return request:reject({ status_code = 491 })
  end
  if call:tell("on_change", request, leg) then return end -- the script has answered
  change.ask(request, leg, far, offer)
end

function Leg.on_invite(request, session)
  relay(request, session.delegate, across.description(request))
end

-- Without an offer an UPDATE is about this leg alone.
local function on_update(request, session)
  local offer = across.description(request)
  if not offer then return request:accept() end
  relay(request, session.delegate, offer)
end
Leg.on_update = on_update

--- A reliable 1xx brought A the answer; its PRACK makes a new offer (RFC 3262 5).
progress.on_offer_in_prack = on_update

return change
