--- REFER: a leg hands the other one over to somebody else (RFC 3515, RFC 5589).
--- We do it for the one that is handed over: it gets a re-INVITE.
local Leg = require("moonsip.b2bua.leg")
local headers = require("moonsip.b2bua.headers")
local join = require("moonsip.b2bua.join")
local pass = require("moonsip.b2bua.pass")
local refer_to = require("moonsip.b2bua.refer_to")
local refusal = require("moonsip.b2bua.refusal")
local targets = require("moonsip.b2bua.targets")

local PATIENCE <const> = 170

--- One transfer: the delegate of the INVITE to whom the call goes.  `leg` sent
--- the REFER, `far` is handed over.
---@class moonsip.b2bua.Transfer
local Transfer = {}
Transfer.__index = Transfer

-- NOTIFY with what has become of it; a final status is the last one.
local function tell(self, status, reason, delegate)
  local referral = self.referral
  if status == self.told or not referral then return false end
  self.told = status
  if status >= 200 then self.referral = nil end
  return referral:notify({ status_code = status, reason_phrase = reason, delegate = delegate })
end

-- The transferor's BYE goes out behind the answer to its NOTIFY.
local Farewell = {}
Farewell.__index = Farewell

function Farewell.on_accept(_, request)
  request.delegate.session:bye()
end

function Farewell.on_reject(_, _, request)
  request.delegate.session:bye()
end

local function leave(self)
  local session = self.leg.session
  if not tell(self, 200, "OK", setmetatable({ session = session }, Farewell)) then
    session:bye()
  end
end

local function over(self)
  self.ended = true
  self.call.moving, self.call.joining = nil, nil
end

-- It did not work; the call goes on as before, if both are still there.
local function fail(self, status, reason)
  if self.ended then return end
  over(self)
  tell(self, status, reason)
  if self.left then self.call:leg_gone(self.leg, "bye received") end
end

local function succeed(self, leg)
  if self.ended then return end
  over(self)
  join.swap(self.call, self.leg, leg)
  leave(self)
end

--- A leg of the call is gone.  True: that is fine.
function Transfer.without(self, leg)
  if leg ~= self.leg then
    self:give_up()
    return false
  end
  self.left = true
  return true
end

--- The call ends while it is transferred.
function Transfer.give_up(self)
  if self.ended then return end
  over(self)
  if self.out then self.out:cancel() end
  if self.answered then self.answered.session:bye() end
  tell(self, 487)
end

-- Somebody to whom the call may go; the offer is theirs, for the one that is
-- handed over would not wait for our ACK as long as it rings.
local function try(self)
  local target = table.remove(self.targets, 1)
  if not target then
    local best = self.best
    local phrase = best and best.response and best.response.reason_phrase
    return fail(self, best and best.status or 503, phrase)
  end
  local call = self.call
  local out, err = call.engine:invite({
    to = target.to or target.uri, uri = target.uri, route = target.route or target.path,
    from = target.from or ("<%s>"):format(self.far.session.remote_uri),
    auth = target.auth or call.options.auth, contact = target.contact,
    timeout = target.timeout or call.options.timeout or PATIENCE,
    extra_headers = headers.join(self.lines, target.extra_headers),
    ack = false, rel100 = "no", delegate = self,
  })
  self.out = out
  if out then return end
  self.best = refusal.better(self.best, refusal.of(nil, err))
  return try(self)
end

function Transfer.on_progress(response, request)
  local self = request.delegate
  if not self.ended then tell(self, response.status_code, response.reason_phrase) end
end

function Transfer.on_accept(response, request)
  local self = request.delegate
  local session = response.session
  if self.ended or self.answered then return session:bye() end
  self.answered, self.out = response, nil
  local leg = Leg.new(self.call, request)
  leg:take(session)
  leg.sdp = response.message:description()
  if self.call.joining then
    session:bye()
    return fail(self, 491)
  end
  self.call.joining = true
  join.offer(self.far, leg.sdp, function(offered, status)
    if status or session.session_state == "terminated" then
      session:bye()
      return fail(self, status or 487)
    end
    response:ack({ body = offered.answer })
    self.far.sdp = offered.answer
    succeed(self, leg)
  end)
end

function Transfer.on_reject(response, err, request)
  local self = request.delegate
  if self.ended or request ~= self.out then return end
  self.best = refusal.better(self.best, refusal.of(response, err))
  self.out = nil
  if self.best.status >= 600 then self.targets = {} end
  try(self)
end

function Transfer.on_redirect(response, request)
  Transfer.on_reject(response, nil, request)
end

-- Attended: the transferor talks to the target through us, in another call.
local function join_calls(self, old)
  local other = old.call
  local target = other:across(old)
  self.call.joining, other.joining = true, true
  join.two(self.far, target, self.leg.sdp, function(status)
    other.joining = nil
    if status or other.state ~= "connected" then return fail(self, status or 487) end
    succeed(self, target)
    old.session:bye()
    other:finish()
  end)
end

-- The leg of another call that the Replaces in Refer-To names.
local function leg_of(call, replaces)
  local session = replaces and call.engine:session(replaces.call_id, replaces.to_tag,
    replaces.from_tag)
  local leg = session and session.delegate
  if getmetatable(leg) ~= Leg then return nil end
  local other = leg.call
  return other ~= call and other.state == "connected" and not other.joining and leg or nil
end

local function perform(request, leg, where, wanted)
  local call = leg.call
  local self = setmetatable({
    call = call, leg = leg, far = call:across(leg), lines = request.message:lines(call.passes),
  }, Transfer)
  local accepted = request:accept({ status_code = 202 })
  if not accepted then return end
  self.referral = accepted.subscription
  self.told = 100 -- the engine says so
  call.moving = self
  local old = not wanted and leg_of(call, where.replaces)
  if old then return join_calls(self, old) end
  if where.replaces and not wanted then
    self.lines = headers.join(self.lines, { "Replaces: " .. where.replaces.text })
  end
  self.targets = targets.flat(wanted or where.uri)
  try(self)
end

-- What the script wants: true, it has answered; false, no; targets; or nil.
local function decide(request, leg, where)
  local call = leg.call
  local wanted = call:tell("on_transfer", request, leg)
  local how = call.options.transfer or "perform"
  if wanted == true then return end
  if wanted == false or wanted == nil and how == "refuse" then
    return request:reject({ status_code = 603 })
  end
  if wanted == nil and how == "pass" then return pass.refer(request, leg) end
  perform(request, leg, where, wanted)
end

function Leg.on_refer(request, session)
  local leg = session.delegate
  local call = leg.call
  local where = refer_to.read(request.message)
  if not where then
    request:reject({ status_code = 400 })
  elseif where.method ~= "INVITE" then
    request:reject({ status_code = 603 })
  elseif call.state ~= "connected" or leg ~= call.a and leg ~= call.b then
    request:reject({ status_code = 480 })
  elseif call.moving or call.joining then
    request:reject({ status_code = 491 })
  else
    decide(request, leg, where)
  end
end

return Transfer
