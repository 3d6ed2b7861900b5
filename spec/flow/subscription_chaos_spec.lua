--- Two agents subscribe, notify, refer and hang up at random, over a network that
--- loses, doubles and reorders.  Whatever happens: in the end nothing is left.
local sim = require("moonsip.sim")
local Random = require("moonsip.sim.random")
local Rig = require("spec.support.rig")

local SEEDS <const> = 60
local ACTS <const> = 60

describe("subscriptions on a bad network", function()
  local states = { init = true, pending = true, active = true, terminated = true }

  local function world(seed)
    local random = Random.new(seed)
    local net = sim.network({
      seed = seed, latency = { 0.01, 0.4 }, loss = 0.1, duplicate = 0.05, reorder = 0.1,
    })
    local w = { net = net, subscriptions = {}, sessions = {}, ended = 0, heard = 0 }
    local function chance(n) return random:between(1, n) end
    local watcher = {
      on_notify = function(request, subscription)
        w.heard = w.heard + 1
        assert(states[subscription.state])
        if chance(10) == 1 then request:reject({ status_code = chance(2) == 1 and 481 or 500 }) end
      end,
      on_terminated = function(reason)
        assert(type(reason) == "string")
        w.ended = w.ended + 1
      end,
      on_accept = function(response)
        if response.subscription then table.insert(w.subscriptions, response.subscription) end
      end,
    }
    w.watcher = watcher
    local function accept(request)
      if chance(8) == 1 then return request:reject({ status_code = 480 }) end
      local accepted = request:accept({ expires = chance(200) })
      local subscription = accepted and accepted.subscription
      if subscription then
        subscription.delegate = chance(2) == 1 and watcher or nil
        table.insert(w.subscriptions, subscription)
      end
    end
    local call = { on_refer = accept }
    local function agent(name, host)
      local self = { uri = ("sip:%s@192.0.2.%d"):format(name, host) }
      self.agent = net:agent({
        name = name, address = ("192.0.2.%d:5060"):format(host),
        delegate = {
          on_start = function(engine) self.engine = engine end,
          on_subscribe = accept, on_refer = accept,
          on_invite = function(request)
            local accepted = request:accept({ body = Rig.sdp })
            if accepted then
              accepted.session.delegate = call
              table.insert(w.sessions, accepted.session)
            end
          end,
        },
      })
      return self
    end
    w.agents = { agent("alice", 1), agent("bob", 2) }
    w.pick = function(list) return list[random:between(1, #list)] end
    w.chance, w.call = chance, call
    return w
  end

  local acts = {
    function(w, from, to)
      from.engine:subscribe({ to = to.uri, event = "presence", delegate = w.watcher,
        expires = w.chance(4) == 1 and 0 or w.chance(300) })
    end,
    function(w, from, to)
      from.engine:refer({ to = to.uri, refer_to = "sip:c@192.0.2.7", delegate = w.watcher,
        subscribe = w.chance(4) > 1 })
    end,
    function(w, from, to)
      from.engine:invite({ to = to.uri, body = Rig.sdp, delegate = {
        on_accept = function(response)
          response.session.delegate = w.call
          table.insert(w.sessions, response.session)
        end,
      } })
    end,
    function(w)
      local session = w.pick(w.sessions)
      if session then session:refer({ refer_to = "sip:c@192.0.2.7", delegate = w.watcher }) end
    end,
    function(w)
      local session = w.pick(w.sessions)
      if session then
        session:request({ method = "SUBSCRIBE", event = "dialog", delegate = w.watcher })
      end
    end,
    function(w)
      local session = w.pick(w.sessions)
      if session then session:bye() end
    end,
  }

  -- What may be done with a subscription; the wrong side gets ESTATE.
  local deeds = {
    function(sub, w)
      local refer = sub.event == "refer"
      sub:notify({
        body = not refer and { content = "x", content_type = "text/plain" } or nil,
        status_code = refer and w.chance(3) * 100 or nil,
        state = w.chance(4) == 1 and "pending" or nil,
      })
    end,
    function(sub, w) sub:terminate(w.pick({ "deactivated", "rejected", "timeout" })) end,
    function(sub, w) sub:refresh({ expires = w.chance(200) }) end,
    function(sub) sub:unsubscribe() end,
    function(sub, w) if w.chance(3) == 1 then sub:dispose() end end,
  }

  local function act(w)
    local from, to = w.agents[1], w.agents[2]
    if w.chance(2) == 1 then from, to = to, from end
    if #w.subscriptions > 0 and w.chance(3) > 1 then
      w.pick(deeds)(w.pick(w.subscriptions), w)
    else
      w.pick(acts)(w, from, to)
    end
  end

  local function finish(w, seed)
    for _, session in ipairs(w.sessions) do session:bye() end
    for _, subscription in ipairs(w.subscriptions) do
      if subscription.role == "subscriber" then subscription:unsubscribe() end
      subscription:terminate("noresource")
    end
    w.net:run(60)
    for _, session in ipairs(w.sessions) do session:dispose() end
    for _, subscription in ipairs(w.subscriptions) do subscription:dispose() end
    w.net:run(4000)
    for _, one in ipairs(w.agents) do
      local census = one.agent:census()
      for what in ("sessions subscriptions dialogs requests outgoing transactions timers tasks")
        :gmatch("%a+") do
        assert.equal(0, census[what], ("%s, seed %d"):format(what, seed))
      end
      assert.equal(0, one.agent:counters().script_errors, "seed " .. seed)
      one.agent:close()
    end
  end

  it("leave nothing behind (EVT-006, EVT-009, EVT-018)", function()
    local heard, ended = 0, 0
    for seed = 1, SEEDS do
      local w = world(seed)
      w.net:settle()
      for _ = 1, ACTS do
        act(w)
        w.net:run(w.chance(100) / 50)
      end
      finish(w, seed)
      heard, ended = heard + w.heard, ended + w.ended
    end
    assert.is_true(heard > 100 and ended > 100)
  end)
end)
