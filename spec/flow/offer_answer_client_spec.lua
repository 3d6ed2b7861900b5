local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")

-- RFC 6337 table 1: six ways to exchange an offer and an answer.  `F` and `A` stand for
-- them in the drawings.  moonsip calls and the phone answers, then the other way round.

local two, three = Caller.sdp2, Caller.sdp3

describe("RFC 6337 patterns, moonsip calls:", function()
  local caller, net, request, call, invite

  before_each(function()
    caller = Caller.new()
    net = caller.net
  end)
  after_each(function() caller:finish() end)

  local function ring(options)
    local given = { status_code = false, rel100 = "supported" }
    for name, value in pairs(options or {}) do given[name] = value end
    request, call, invite = caller:ring(given)
  end

  -- A reliable 183, with a description or without.
  local function progress(rseq, body)
    caller.phone:respond(invite, { status_code = 183, body = body or nil, headers = {
      "Require: 100rel", "RSeq: " .. rseq, "Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE" } })
    net:settle()
  end

  local function has(offer, answer)
    assert.equal("stable", caller.session.signaling_state)
    assert.same({ offer, answer }, { caller.session.offer, caller.session.answer })
  end

  it("1: the INVITE offers, its 2xx answers (INV-009)", function()
    ring()
    caller:answer(invite)
    net:settle()
    net:expect([[
      alice                bob
        INVITE (sdp) -->                     # F
                       <--   200 (sdp)       # A
        ACK -->
    ]])
    has(Caller.sdp, caller.phone:sdp())
  end)

  it("2: the 2xx offers, the ACK answers", function()
    ring({ body = false, delegate = { on_accept = function(response)
      caller.session = response.session
      assert(response:ack({ body = two }))
    end } })
    caller:answer(invite)
    net:settle()
    net:expect([[
      alice                bob
        INVITE -->
                       <--   200 (sdp)       # F
        ACK (sdp) -->                        # A
    ]])
    has(caller.phone:sdp(), two)
  end)

  it("2: an offer in the 2xx that nobody answers ends the call (RFC 3261 13.2.2.4)", function()
    ring({ body = false })
    caller:answer(invite)
    net:settle()
    net:expect([[
      alice                bob
        INVITE -->
                       <--   200 (sdp)       # F
        ACK -->
        BYE -->
                       <--   200 BYE
    ]])
    assert.equal("no answer to their offer", caller:last("on_terminated")[1])
  end)

  it("3: the INVITE offers, a reliable 1xx answers; what later ones and the 2xx say is "
    .. "ignored (RFC 3262 5)", function()
      ring()
      progress(1, caller.phone:sdp())
      has(Caller.sdp, caller.phone:sdp())
      caller:answer(invite, { body = caller.phone:sdp({ version = 7 }) })
      net:settle()
      net:expect([[
        alice                bob
          INVITE (sdp) -->                     # F
                         <--   183 (sdp)       # A
          PRACK -->
                         <--   200 PRACK
                         <--   200 INVITE
          ACK -->
      ]])
      has(Caller.sdp, caller.phone:sdp())
    end)

  it("4: a reliable 1xx offers, the PRACK answers (RFC 3262 5, REL-016)", function()
    ring({ body = false, delegate = { on_progress = function(response)
      caller.session = response.session
      assert.equal("have_remote_offer", response.session.signaling_state)
      assert(response:prack({ body = two }))
    end } })
    progress(1, caller.phone:sdp())
    has(caller.phone:sdp(), two)
    caller:answer(invite, { body = false })
    net:settle()
    net:expect([[
      alice                bob
        INVITE -->
                       <--   183 (sdp)       # F
        PRACK (sdp) -->                      # A
                       <--   200 PRACK
                       <--   200 INVITE
        ACK -->
    ]])
  end)

  it("4: an offer in a reliable 1xx that nobody answers cancels the call (RFC 3262 5)", function()
    ring({ body = false })
    progress(1, caller.phone:sdp())
    net:expect([[
      alice                bob
        INVITE -->
                       <--   183 (sdp)       # F
        CANCEL -->
                       <--   200 CANCEL
                       <--   487 INVITE
        ACK -->
    ]])
  end)

  it("5: the PRACK offers, its 2xx answers (RFC 3262 5, REL-017)", function()
    local answer = caller.phone:sdp({ version = 2 })
    ring({ delegate = { on_progress = function(response)
      caller.session = response.session
      assert(response:prack({ body = two }))
    end } })
    call.on_request = function(message)
      if message.method == "PRACK" then return { status_code = 200, body = answer } end
    end
    progress(1, caller.phone:sdp())
    has(two, answer)
    caller:answer(invite, { body = false })
    net:settle()
    net:expect([[
      alice                bob
        INVITE (sdp) -->                     # F
                       <--   183 (sdp)       # A
        PRACK (sdp) -->                      # F
                       <--   200 PRACK (sdp) # A
                       <--   200 INVITE
        ACK -->
    ]])
  end)

  it("6: an UPDATE in the early call offers, its 2xx answers (RFC 3311 5.1, UPD-001)", function()
    ring()
    progress(1, caller.phone:sdp())
    assert(caller.session:update({ body = two }))
    net:settle()
    has(two, caller.phone:sdp())
    caller:answer(invite, { body = false })
    net:settle()
    net:expect([[
      alice                bob
        INVITE (sdp) -->                     # F
                       <--   183 (sdp)       # A
        PRACK -->
                       <--   200 PRACK
        UPDATE (sdp) -->                     # F
                       <--   200 UPDATE (sdp) # A
                       <--   200 INVITE
        ACK -->
    ]])
  end)

  it("6: their UPDATE in the early call offers, we answer (RFC 3311 5.2)", function()
    caller.call.on_update = function(update) update:accept({ body = three }) end
    ring()
    progress(1, caller.phone:sdp())
    local offer = caller.phone:sdp({ version = 2 })
    local update = call:update({ body = offer })
    net:settle()
    assert.equal(200, update:status())
    has(offer, three)
    caller:answer(invite, { body = false })
    net:settle()
    assert.equal("confirmed", caller.session.session_state)
  end)

  it("6: no UPDATE with an offer while the INVITE's has no answer (RFC 3311 5.1, UPD-001)",
    function()
      ring()
      progress(1)
      local update, err = caller.session:update({ body = two })
      assert.is_nil(update)
      assert.equal("ESTATE", err.code)
      local theirs = call:update({ body = caller.phone:sdp({ version = 2 }) })
      net:settle()
      assert.equal(491, theirs:status())
      caller:answer(invite)
      net:settle()
      has(Caller.sdp, caller.phone:sdp())
    end)

  for _, what in ipairs({ 488, 500 }) do
    it(("6: an early UPDATE that is refused with %d changes nothing (table 2)"):format(what),
      function()
        ring()
        progress(1, caller.phone:sdp())
        call.on_request = function(message)
          if message.method == "UPDATE" then return { status_code = what } end
        end
        assert(caller.session:update({ body = two }))
        net:settle()
        has(Caller.sdp, caller.phone:sdp())
        caller:answer(invite, { body = false })
        net:settle()
        assert.equal("confirmed", caller.session.session_state)
        assert.is_truthy(request)
      end)
  end
end)

describe("RFC 6337 patterns, moonsip is called:", function()
  local rig, net, call, invite

  before_each(function()
    rig = Rig.new()
    net = rig.net
  end)
  after_each(function() rig:finish() end)

  local function ring(options)
    call, invite = rig:ring(options)
  end

  local function progress(body)
    rig:progress(invite, { status_code = 183, body = body, reliable = true })
    net:settle()
  end

  local function has(offer, answer)
    assert.equal("stable", rig.session.signaling_state)
    assert.same({ offer, answer }, { rig.session.offer, rig.session.answer })
  end

  it("3: a reliable 1xx answers the INVITE", function()
    ring({ rel100 = true })
    progress(Rig.sdp)
    has(rig.phone:sdp(), Rig.sdp)
    rig:accept(invite, {})
    net:settle()
    assert.equal("confirmed", call.state)
  end)

  it("4: our offer in a reliable 1xx is answered by the PRACK (REL-016)", function()
    ring({ rel100 = true, body = false, prack = { body = rig.phone:sdp({ version = 3 }) } })
    progress(Rig.sdp)
    has(Rig.sdp, rig.phone:sdp({ version = 3 }))
    rig:accept(invite, {})
    net:settle()
    net:expect([[
      alice                bob
        INVITE -->
                       <--   183 (sdp)       # F
        PRACK (sdp) -->                      # A
                       <--   200 PRACK
                       <--   200 INVITE
        ACK -->
    ]])
  end)

  it("5: a PRACK offers, our 2xx answers (REL-017)", function()
    local offer = rig.phone:sdp({ version = 3 })
    rig.call.on_prack = function(prack) prack:accept({ body = two }) end
    ring({ rel100 = true, prack = { body = offer } })
    progress(Rig.sdp)
    has(offer, two)
    rig:accept(invite, {})
    net:settle()
    net:expect([[
      alice                bob
        INVITE (sdp) -->                     # F
                       <--   183 (sdp)       # A
        PRACK (sdp) -->                      # F
                       <--   200 PRACK (sdp) # A
                       <--   200 INVITE
        ACK -->
    ]])
  end)

  it("6: our UPDATE in the early call offers, its 2xx answers (UPD-001)", function()
    ring({ rel100 = true })
    progress(Rig.sdp)
    call.on_request = function(message)
      if message.method == "UPDATE" then
        return { status_code = 200, body = rig.phone:sdp({ version = 2 }) }
      end
    end
    assert(rig.session:update({ body = two }))
    net:settle()
    has(two, rig.phone:sdp({ version = 2 }))
    rig:accept(invite, {})
    net:settle()
    assert.equal("confirmed", call.state)
    assert.is_false(call.response.has_sdp)
  end)
end)
