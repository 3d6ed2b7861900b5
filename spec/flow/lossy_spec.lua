--- Many calls over a bad network: none is lost, nothing is stuck.  MOONSIP_LONG=1
--- makes it a hundred thousand.
local sim = require("moonsip.sim")
local sip = require("moonsip")
local Message = require("moonsip.sim.message")
local Rig = require("spec.support.rig")

local count = os.getenv("MOONSIP_LONG") == "1" and 100000 or 2000

-- What the script was asked, by Call-ID; it hangs up every second call itself.
local function script(asked)
  local call = {}
  function call.on_invite(request, session)
    local id = session.call_id
    asked[id] = (asked[id] or 0) + 1
    request:accept({ body = Rig.sdp2 })
    if session.data.hangs_up then
      sip.sleep(2)
      session:bye()
    end
  end
  function call.on_terminated(session)
    asked.over = (asked.over or 0) + 1
    asked[session.call_id .. " over"] = (asked[session.call_id .. " over"] or 0) + 1
  end
  return {
    on_invite = function(request)
      local id = request.message.call_id
      asked[id .. " new"] = (asked[id .. " new"] or 0) + 1
      request:progress()
      sip.sleep(0.3)
      local accepted = request:accept({ body = Rig.sdp })
      if accepted then
        accepted.session.delegate = call
        accepted.session.data.hangs_up = request.message:header("X-Who") == "you"
      end
    end,
  }
end

-- One call, driven from answer to answer.
local function play(phone, agent, i, done)
  local net = phone.net
  local who = i % 2 == 0 and "me" or "you"
  local call = phone:invite({ to = agent, headers = { "X-Who: " .. who } })
  call.invite.on_end = function(invite)
    if invite:status() ~= 200 then return done(i, call, "INVITE", invite:status()) end
    net:after(0.5, function()
      call:reinvite().on_end = function(change)
        if change:status() ~= 200 then return done(i, call, "re-INVITE", change:status()) end
        if who == "you" then return done(i, call) end
        net:after(0.5, function()
          call:bye().on_end = function(bye)
            done(i, call, bye:status() ~= 200 and "BYE" or nil, bye:status())
          end
        end)
      end
    end)
  end
end

-- Raises when the agent uses a CSeq number of a call for two requests.
local function watch_cseq(net, agent)
  local branches = {}
  net.filter = function(packet)
    if packet.from == agent and not packet.text:find("^SIP/2.0") then
      local message = Message.new(packet.text)
      if message.method ~= "ACK" and message.method ~= "CANCEL" then
        local key = message.call_id .. " " .. message.cseq
        assert(branches[key] == nil or branches[key] == message.branch, "CSeq used twice: " .. key)
        branches[key] = message.branch
      end
    end
  end
end

local function run(options, n)
  local asked, failed, finished = {}, {}, 0
  options.record = false
  local net = sim.network(options)
  local agent = net:agent({ address = "192.0.2.1:5060", delegate = script(asked) })
  local phone = net:phone({ address = "192.0.2.9:5060" })
  watch_cseq(net, agent.address)
  local function done(i, _, what, status)
    finished = finished + 1
    if what then failed[#failed + 1] = ("call %d: %s got %s"):format(i, what, status) end
  end
  local function start(i)
    play(phone, agent, i, done)
    if i < n then net:after(0.01, function() start(i + 1) end) end
  end
  start(1)
  net:run(n * 0.01 + 300)
  return {
    net = net, agent = agent, phone = phone, asked = asked, failed = failed, finished = finished,
  }
end

local function check(result, n)
  assert.same({}, result.failed)
  assert.equal(n, result.finished)
  assert.equal(n, result.asked.over)
  for key, times in pairs(result.asked) do
    if key ~= "over" then assert.equal(1, times, key) end
  end
  local census = result.agent:census()
  for what in ("sessions ending requests outgoing transactions timers tasks"):gmatch("%a+") do
    assert.equal(0, census[what], what)
  end
  assert.same({}, result.phone.calls)
  assert.same({}, result.phone.pending)
  local counters = result.agent:counters()
  assert.equal(n, counters.calls)
  assert.equal(n, counters.reinvites)
  assert.equal(n, counters.sessions_started)
  assert.equal(n, counters.sessions_ended)
  assert.equal(0, counters.ack_timeouts)
  assert.equal(0, counters.script_errors)
end

describe("a network that loses, doubles and reorders", function()
  it(("loses no call of %d, asks each decision once, leaves nothing (RFC 3261 17)"):format(count),
    function()
      local result = run({
        seed = 4, latency = { 0.005, 0.04 }, loss = 0.1, duplicate = 0.02, reorder = 0.05,
      }, count)
      check(result, count)
      assert.is_true(result.net.lost > result.net.sent * 0.09)
      result.agent:close()
    end)

  for seed = 11, 15 do
    it("loses no call whatever the seed: " .. seed, function()
      local result = run({
        seed = seed, latency = { 0, 0.2 }, loss = 0.1, duplicate = 0.2, reorder = 0.3,
      }, 100)
      check(result, 100)
      result.agent:close()
    end)
  end

  it("that is perfect costs nine messages a call", function()
    local result = run({}, 100)
    check(result, 100)
    assert.equal(100 * 9, result.net.sent)
    result.agent:close()
  end)
end)
