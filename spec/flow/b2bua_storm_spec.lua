--- Bridged calls in bad weather: random answers, CANCEL, changes from both sides at
--- once, BYE from both, over a network that loses, doubles and reorders.  Whatever
--- happens, both legs end, nothing stays behind, and no number is used twice.
--- MOONSIP_LONG=1 makes it a hundred thousand; MOONSIP_SEED chooses the weather.
local Message = require("moonsip.sim.message")
local sim = require("moonsip.sim")
local sip = require("moonsip")

local long = os.getenv("MOONSIP_LONG") == "1"
local SPACING <const> = 0.02 -- seconds between two calls

-- What will happen to call `i`: the same for the same seed.
local function plan(seed, i)
  local state = (seed * 1000003 + i * 7919) & 0x7fffffff
  local function random(n)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % n
  end
  local function seconds(most) return random(1000) * most / 1000 end
  local fates = { "answer", "answer", "answer", "answer", "busy", "silent" }
  local changes = {}
  for _ = 1, random(4) do
    changes[#changes + 1] = {
      at = seconds(3), side = ({ "a", "b", "both" })[1 + random(3)],
      what = ({ "reinvite", "reinvite", "update", "info" })[1 + random(4)],
      offer = random(5) > 0,
    }
  end
  local fate = fates[1 + random(#fates)]
  return {
    -- Who says nothing at all cannot be cancelled either.
    rings = random(3) > 0 or fate == "silent", fate = fate,
    answer_at = seconds(1), cancel_at = random(4) == 0 and seconds(1.2) or nil,
    changes = changes, bye_at = seconds(4), hangs_up = ({ "a", "b", "both" })[1 + random(3)],
    offers = random(8) > 0,
  }
end

local storm = {}
storm.__index = storm

-- Both phones end in the same way: a call is over when one says so.
local function change(call, what, offer)
  if call.state ~= "confirmed" then return end
  if what == "info" then
    call:info({ body = "x", content_type = "text/plain" })
  elseif what == "update" then
    call:update({ body = offer and call.phone:sdp({ version = 2 }) or nil })
  else
    call:reinvite({ body = offer and call.phone:sdp({ version = 3 }) })
  end
end

local function hang_up(call)
  if call.state == "confirmed" then call:bye() end
end

function storm:live(i, side, call)
  local script = self.plans[i]
  for _, each in ipairs(script.changes) do
    if each.side == side or each.side == "both" then
      self.net:after(each.at, function() change(call, each.what, each.offer) end)
    end
  end
  -- Should the other side not do it, this one does in the end.
  local mine = script.hangs_up == side or script.hangs_up == "both"
  self.net:after(mine and script.bye_at or 12, function() hang_up(call) end)
end

function storm:callee(message, call)
  if message.method ~= "INVITE" or message.to_tag then return nil end
  local i = tonumber(message.ruri:match("sip:(%d+)@"))
  local script, phone = self.plans[i], self.callee_phone
  if script.rings then
    phone:respond(message, { status_code = 180 })
  end
  if script.fate ~= "silent" then
    self.net:after(script.answer_at, function()
      if call.answered then return end
      if script.fate == "busy" then
        return phone:respond(message, { status_code = 486 })
      end
      phone:respond(message, { status_code = 200, body = phone:sdp() })
      self:live(i, "b", call)
    end)
  end
  return false
end

function storm:start(i)
  local script = plan(self.seed, i)
  self.plans[i] = script
  local call = self.caller_phone:invite({
    to = ("sip:%d@%s"):format(i, self.agent.address), body = script.offers and nil or false,
  })
  call.invite.on_end = function(invite)
    self.outcome[i] = invite:status() or "nothing"
    if invite:status() == 200 then self:live(i, "a", call) end
  end
  if script.cancel_at then
    self.net:after(script.cancel_at, function()
      if not call.invite.response then call:cancel() end
    end)
  end
  if i < self.count then
    self.net:after(SPACING, function() self:start(i + 1) end)
  else
    self.plans.last = i
  end
end

-- Raises when a number of a dialog is used for two requests.
function storm:watch()
  local branches = {}
  self.net.filter = function(packet)
    if packet.from ~= self.agent.address or packet.text:find("^SIP/2.0") then return end
    local message = Message.new(packet.text)
    if message.method ~= "ACK" and message.method ~= "CANCEL" then
      local key = message.call_id .. (message.to_tag or "") .. message.cseq
      assert(branches[key] == nil or branches[key] == message.branch, "CSeq used twice: " .. key)
      branches[key] = message.branch
    end
  end
end

function storm.run(seed, count, weather)
  local self = setmetatable({
    seed = seed, count = count, plans = {}, outcome = {}, began = 0, ended = {},
  }, storm)
  local options = { seed = seed, record = false }
  for name, value in pairs(weather) do options[name] = value end
  self.net = sim.network(options)
  local callee = "192.0.2.8:5060"
  local hooks = {
    on_end = function(call)
      assert(not self.ended[call], "a call ended twice")
      self.ended[call] = true
    end,
  }
  self.agent = self.net:agent({
    address = "192.0.2.1:5060",
    settings = { ["limits.script_memory"] = 65536 }, -- what the spec remembers counts too
    delegate = { on_invite = function(request)
      self.began = self.began + 1
      local target = ("sip:%s@%s"):format(request.message.ruri.user, callee)
      sip.b2bua.bridge(request, target, { timeout = 3, delegate = hooks })
    end },
  })
  self.caller_phone = self.net:phone({ name = "alice", address = "192.0.2.7:5060" })
  self.callee_phone = self.net:phone({ name = "bob", address = callee })
  self.callee_phone.on_request = function(message, call) return self:callee(message, call) end
  self:watch()
  self:start(1)
  self.net:run(count * SPACING + 400)
  return self
end

function storm:check()
  local ends = 0
  for _ in pairs(self.ended) do ends = ends + 1 end
  assert.equal(self.count, self.began)
  assert.equal(self.count, ends)
  local kinds = {}
  for i = 1, self.count do
    local outcome = self.outcome[i]
    kinds[outcome or "none"] = (kinds[outcome or "none"] or 0) + 1
    assert.is_truthy(outcome, ("call %d of seed %d has no outcome"):format(i, self.seed))
  end
  for status in pairs(kinds) do
    assert.truthy(({ [200] = 1, [486] = 1, [487] = 1, [408] = 1, [480] = 1 })[status],
      ("seed %d: a call came to %s"):format(self.seed, status))
  end
  assert.same({}, self.caller_phone.calls)
  assert.same({}, self.callee_phone.calls)
  assert.same({}, self.caller_phone.pending)
  assert.same({}, self.callee_phone.pending)
  local census = self.agent:census()
  local all = "sessions ending subscriptions dialogs requests outgoing transactions timers tasks"
  for what in all:gmatch("%a+") do
    assert.equal(0, census[what], ("seed %d leaves %s"):format(self.seed, what))
  end
  local counters = self.agent:counters()
  assert.equal(0, counters.script_errors)
  assert.equal(counters.sessions_started, counters.sessions_ended)
  self.agent:close()
  return kinds
end

local bad <const> = { latency = { 0.005, 0.06 }, loss = 0.1, duplicate = 0.03, reorder = 0.1 }

describe("bridged calls", function()
  it("in fair weather end as they should", function()
    local kinds = storm.run(1, 200, {}):check()
    assert.is_true(kinds[200] > 80 and kinds[486] > 10 and kinds[487] > 10)
  end)

  if long then
    local seed = tonumber(os.getenv("MOONSIP_SEED") or 1)
    it("in a storm, 100,000 of them from one seed, leave nothing behind", function()
      storm.run(seed, 100000, bad):check()
    end)
  else
    for seed = 1, 6 do
      it("in a storm leave nothing behind: seed " .. seed, function()
        storm.run(seed, 250, bad):check()
      end)
    end
  end

  it("repeat themselves: one seed, one storm", function()
    local first, second = storm.run(9, 60, bad), storm.run(9, 60, bad)
    assert.same(first.outcome, second.outcome)
    assert.equal(first.net.sent, second.net.sent)
    first:check()
    second:check()
  end)
end)

