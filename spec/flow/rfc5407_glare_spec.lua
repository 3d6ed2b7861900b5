local sim = require("moonsip.sim")

-- RFC 5407 3.3.1 and 3.3.2: changes of both sides that cross.  F1, F2 are the RFC's
-- numbers; what is sent at the same time crosses.

local function sdp(version)
  return ("v=0\r\no=x 1 %d IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    .. "m=audio 30000 RTP/AVP 0\r\n"):format(version)
end

-- Alice and Bob, both moonsip, in a call.  Whoever is asked for a change takes it.
local Pair = {}
Pair.__index = Pair

function Pair.new(options)
  local self = setmetatable({ net = sim.network(options) }, Pair)
  local session_delegate = {
    on_invite = function(request)
      request:accept({ body = sdp(9) })
    end,
    on_update = function(request)
      request:accept(request.message.body and { body = sdp(9) } or {})
    end,
  }
  self.alice = self.net:agent({
    name = "alice", address = "192.0.2.1:5060",
    delegate = { on_start = function(engine) self.engine = engine end },
  })
  self.bob = self.net:agent({
    name = "bob", address = "192.0.2.2:5060",
    delegate = { on_invite = function(request)
      self.theirs = request:accept({ body = sdp(1) }).session
      self.theirs.delegate = session_delegate
    end },
  })
  self.net:settle()
  assert(self.engine:invite({
    to = "sip:bob@192.0.2.2:5060", body = sdp(1),
    delegate = { on_accept = function(response)
      self.ours = response.session
      self.ours.delegate = session_delegate
    end },
  }))
  self.net:settle()
  self.net:clear()
  return self
end

-- Both change the session at once; true when both got their way in the end.
function Pair:collide(alice, bob)
  local results = {}
  local function watch(who)
    return {
      on_accept = function(response) results[who] = response.status_code end,
      on_reject = function(response, err)
        results[who] = response and response.status_code or err.code
      end,
    }
  end
  assert(self.ours[alice](self.ours, { body = sdp(2), delegate = watch("alice") }))
  assert(self.theirs[bob](self.theirs, { body = sdp(2), delegate = watch("bob") }))
  self.net:settle()
  return results
end

function Pair:finish()
  self.ours:bye()
  self.net:run(300)
  for _, agent in ipairs({ self.alice, self.bob }) do
    assert.equal(0, agent:census().sessions)
    assert.equal(0, agent:census().outgoing)
    agent:close()
  end
end

describe("RFC 5407 3.3, moonsip on both sides:", function()
  it("re-INVITEs that cross get 491 each; Bob, whose Call-ID it is not, tries again first "
    .. "(3.3.1, REI-056)", function()
      local pair = Pair.new()
      local results = pair:collide("invite", "invite")
      pair.net:run(5)
      pair.net:expect([[
        alice                bob
          INVITE (sdp) @0 -->                       # F5
                         <--   INVITE (sdp) @0      # F6
                         <--   491 INVITE           # F7
          491 INVITE -->                            # F8
          ACK -->                                   # F9
                         <--   ACK                  # F10
                         <--   INVITE (sdp)         # F11, after 0 to 2 s
          200 INVITE (sdp) -->                      # F12
                         <--   ACK                  # F13
          INVITE (sdp) -->                          # F14, after 2.1 to 4 s
                         <--   200 INVITE (sdp)     # F15
          ACK -->                                   # F16
      ]])
      assert.same({ alice = 200, bob = 200 }, results)
      pair:finish()
    end)

  it("an UPDATE and a re-INVITE that cross get 491 each and come through later "
    .. "(3.3.2, REI-057)", function()
      local pair = Pair.new()
      local results = pair:collide("update", "invite")
      pair.net:run(5)
      pair.net:expect([[
        alice                bob
          UPDATE (sdp) @0 -->                       # F5
                         <--   INVITE (sdp) @0      # F6
                         <--   491 UPDATE           # F7
          491 INVITE -->                            # F8
                         <--   ACK                  # F9
                         <--   INVITE (sdp)         # F10, after 0 to 2 s
          200 INVITE (sdp) -->                      # F11
                         <--   ACK                  # F12
          UPDATE (sdp) -->                          # F13, after 2.1 to 4 s
                         <--   200 UPDATE (sdp)     # F14
      ]])
      assert.same({ alice = 200, bob = 200 }, results)
      pair:finish()
    end)

  for _, methods in ipairs({
    { "invite", "invite" }, { "update", "invite" }, { "invite", "update" }, { "update", "update" },
  }) do
    it(("%s against %s comes to rest after one more try, whatever the delays "
      .. "(3.3.1, 3.3.2, REI-056, REI-057)"):format(methods[1], methods[2]), function()
        for seed = 1, 100 do
          local pair = Pair.new({ seed = seed, latency = { 0.001, 0.06 } })
          local results = pair:collide(methods[1], methods[2])
          pair.net:run(10)
          assert.same({ alice = 200, bob = 200 }, results, "seed " .. seed)
          assert.equal("stable", pair.ours.signaling_state)
          assert.equal("stable", pair.theirs.signaling_state)
          local _, glares = pair.net:ladder():gsub("491 ", "")
          assert.is_true(glares <= 4, ("seed %d\n%s"):format(seed, pair.net:ladder()))
          pair:finish()
        end
      end)
  end

  it("UPDATEs without an offer that cross get 200 each (3.3.2, UPD-013)", function()
    local pair = Pair.new()
    assert(pair.ours:update())
    assert(pair.theirs:update())
    pair.net:run(5)
    pair.net:expect([[
      alice                bob
        UPDATE @0 -->
                       <--   UPDATE @0
                       <--   200 UPDATE
        200 UPDATE -->
    ]])
    pair:finish()
  end)
end)
