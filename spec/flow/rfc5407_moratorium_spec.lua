local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")

-- RFC 5407 3.1: a message of an earlier state meets a call that is answered.  F1, F2
-- are the RFC's numbers; what is sent at the same time crosses.

describe("RFC 5407 3.1, moonsip as Bob:", function()
  local rig, call, invite

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  local function ring(options)
    call, invite = rig:ring(options)
    rig:progress(invite)
    rig.net:settle()
  end

  it("an INVITE that comes again after the 200 is absorbed (3.1.1, REI-051)", function()
    rig:lose("180 INVITE")
    ring()
    rig.net:run(0.5 - rig.net:now())
    rig:accept(invite)
    rig.net:settle()
    rig.net:expect([[
      alice                bob
        INVITE -->                              # F1
                       x--   180                # F2
        INVITE @0.5 -->                         # F4
                       <--   200 INVITE @0.5    # F3
        ACK -->                                 # F5
    ]])
    assert.equal("confirmed", rig.session.session_state)
    assert.equal(1, #rig.invites)
    assert.equal(1, rig.agent:census().sessions)
  end)

  it("a CANCEL that crosses the 200 gets 200 and changes nothing (3.1.2, REI-052)", function()
    ring()
    rig.net:clear()
    call:cancel()
    rig:accept(invite)
    rig.net:settle()
    assert.equal("confirmed", rig.session.session_state)
    assert.equal(0, rig:told("on_cancel"))
    call:bye()
    rig.net:settle()
    rig.net:expect([[
      alice                bob
        CANCEL @0 -->                           # F3
                       <--   200 INVITE @0      # F4
                       <--   200 CANCEL         # F5
        ACK -->                                 # F6
        BYE -->                                 # F7
                       <--   200 BYE            # F8
    ]])
  end)

  it("a BYE that crosses the 200 ends the call, and the ACK is absorbed (3.1.3)", function()
    ring()
    rig.net:clear()
    call:bye()
    rig:accept(invite)
    rig.net:run(40)
    rig.net:expect([[
      alice                bob
        BYE @0 -->                              # F4
                       <--   200 INVITE @0      # F3
                       <--   200 BYE            # F6
        ACK -->                                 # F5
    ]])
    assert.equal("bye received", rig:last("on_terminated")[1])
  end)

  it("a re-INVITE before the ACK is answered; the ACK of the lower CSeq counts "
    .. "(3.1.4, REI-048, REI-050)", function()
    ring()
    rig.net:clear()
    rig:lose("ACK", 1)
    rig:accept(invite)
    rig.net:run(0.5)
    call:reinvite()
    rig.net:settle()
    rig:accept(rig.reinvite, { body = Rig.sdp2 })
    rig.net:run(40)
    rig.net:expect([[
      alice                bob
                       <--   200 INVITE (sdp)        # F3
        ACK --x                                      # F4
        INVITE (sdp) @0.5 -->                        # F6
                       <--   200 INVITE (sdp) @0.5   # F5 = F3
        ACK -->                                      # F7 = F4
                       <--   200 INVITE (sdp)        # F8
        ACK -->                                      # F9
    ]])
    assert.equal("confirmed", rig.session.session_state)
    assert.equal(Rig.sdp2, rig.session.answer)
  end)

  it("a re-INVITE before the ACK with the answer gets 491, an UPDATE too (3.1.5, REI-049)",
    function()
      ring({ body = false })
      rig.net:clear()
      rig:lose("ACK", 1)
      rig:accept(invite)
      rig.net:run(0.5)
      call:reinvite()
      rig.net:settle()
      rig.net:expect([[
        alice                bob
                         <--   200 INVITE (sdp)        # F3
          ACK --x                                      # F4
          INVITE (sdp) @0.5 -->                        # F6
                         <--   200 INVITE (sdp) @0.5   # F5 = F3
          ACK (sdp) -->                                # F7 = F4
                         <--   491 INVITE              # F8
          ACK -->                                      # F9
      ]])
      assert.equal(0, rig:told("on_invite"))
      assert.equal("stable", rig.session.signaling_state)
    end)

  it("an UPDATE with an offer before the ACK with the answer gets 491 (3.1.5, REI-049)", function()
    ring({ body = false, ack = false })
    rig:accept(invite)
    rig.net:settle()
    local update = call:update({ body = rig.phone:sdp({ version = 2 }) })
    rig.net:settle()
    assert.equal(491, update:status())
    call.invite:ack()
    rig.net:settle()
    assert.equal("stable", rig.session.signaling_state)
  end)

  it("a BYE before the ACK ends the call and the repeats of the 200 (3.1.6)", function()
    ring()
    rig.net:clear()
    rig:lose("ACK", 1)
    rig:accept(invite)
    rig.net:run(0.5)
    call:bye()
    rig.net:run(40)
    rig.net:expect([[
      alice                bob
                       <--   200 INVITE (sdp)    # F3
        ACK --x                                  # F4
        BYE @0.5 -->                             # F6
                       <--   200 INVITE @0.5     # F5 = F3
        ACK -->                                  # F7 = F4
                       <--   200 BYE             # F8
    ]])
    assert.equal("bye received", rig:last("on_terminated")[1])
    assert.equal(0, rig:told("on_ack"))
  end)

  it("a BYE before the ACK with the answer: that answer starts no session (3.1.6)", function()
    ring({ body = false })
    rig:lose("ACK", 1)
    rig:accept(invite)
    rig.net:run(0.5)
    call:bye()
    rig.net:run(1)
    assert.equal("terminated", rig.session.session_state)
    assert.equal("closed", rig.session.signaling_state)
    assert.equal(0, rig:told("on_ack"))
  end)
end)

describe("RFC 5407 3.1, moonsip as Alice:", function()
  local caller, request, call, invite

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  local function ring(options)
    request, call, invite = caller:ring(options)
  end

  it("an INVITE that was sent again and a 200 make one call (3.1.1)", function()
    caller:lose("180 INVITE")
    ring()
    caller.net:run(0.5 - caller.net:now())
    caller:answer(invite)
    caller.net:settle()
    caller.net:expect([[
      alice                bob
        INVITE -->                             # F1
                       x--   180               # F2
        INVITE @0.5 -->                        # F4
                       <--   200 @0.5          # F3
                       <--   200               # for F4
        ACK -->                                # F5
        ACK -->
    ]])
    assert.equal("confirmed", caller.session.session_state)
    assert.equal(1, caller.agent:census().sessions)
  end)

  it("a 200 that crosses our CANCEL is acknowledged, and the call is ended "
    .. "(3.1.2, BYE-008)", function()
    ring()
    caller.net:clear()
    assert.is_true(request:cancel())
    caller:answer(invite)
    caller.net:settle()
    caller.net:expect([[
      alice                bob
                       <--   200 INVITE @0      # F4
        CANCEL @0 -->                           # F3
        ACK -->                                 # F6
        BYE -->                                 # F7
                       <--   200 CANCEL         # F5
                       <--   200 BYE            # F8
    ]])
    caller:spawn(function()
      assert.equal("ECANCELLED", select(2, request:wait()).code)
    end)
  end)

  it("a 200 that crosses our BYE is acknowledged and makes no call (3.1.3, BYE-008)", function()
    ring()
    caller.net:clear()
    assert(caller.session:bye())
    caller:answer(invite)
    caller.net:run(40)
    caller.net:expect([[
      alice                bob
                       <--   200 INVITE @0      # F3
        BYE @0 -->                              # F4
        ACK -->                                 # F5
                       <--   200 BYE            # F6
    ]])
    assert.equal("bye sent", caller:last("on_terminated")[1])
    assert.equal(0, caller.agent:census().sessions)
  end)

  it("our re-INVITE does not wait for a lost ACK, which is sent again (3.1.4)", function()
    ring()
    caller.net:clear()
    caller:lose("ACK", 1)
    caller:answer(invite)
    caller.net:run(0.5)
    assert(caller.session:invite({ body = Caller.sdp2 }))
    caller.net:settle()
    caller.net:expect([[
      alice                bob
                       <--   200 INVITE (sdp)        # F3
        ACK --x                                      # F4
                       <--   200 INVITE (sdp) @0.5   # F5 = F3
        INVITE (sdp) @0.5 -->                        # F6
        ACK -->                                      # F7 = F4
                       <--   200 INVITE (sdp)        # F8
        ACK -->                                      # F9
    ]])
    local acks = caller:sent("ACK")
    assert.same({ 1, 1, 2 }, { acks[1].cseq, acks[2].cseq, acks[3].cseq })
    assert.equal(Caller.sdp2, caller.session.offer)
    assert.equal("stable", caller.session.signaling_state)
  end)

  it("our ACK with the answer is sent again for each 200, and a 491 to our re-INVITE "
    .. "is tried again (3.1.5)", function()
    ring({ body = false, delegate = { on_accept = function(response)
      caller.session = response.session
      assert(response:ack({ body = Caller.sdp }))
    end } })
    call.on_request = function(message)
      if message.method == "INVITE" and (call.acked or 0) < 1 then
        return { status_code = 491 }
      end
    end
    caller.net:clear()
    caller:lose("ACK", 1)
    caller:answer(invite)
    caller.net:run(0.49)
    assert(caller.session:invite({ body = Caller.sdp2 }))
    caller.net:run(0.1)
    caller.net:expect([[
      alice                bob
                       <--   200 INVITE (sdp)        # F3
        ACK (sdp) --x                                # F4
        INVITE (sdp) -->                             # F6
                       <--   200 INVITE (sdp) @0.5   # F5 = F3
                       <--   491 INVITE              # F8
        ACK (sdp) -->                                # F7 = F4
        ACK -->                                      # F9
    ]])
    caller.net:run(5)
    assert.equal(2, #caller:sent("INVITE"))
    assert.equal(Caller.sdp2, caller.session.offer)
    assert.equal("stable", caller.session.signaling_state)
  end)

  it("a 200 that comes again after our BYE is acknowledged and revives nothing (3.1.6)", function()
    ring()
    caller.net:clear()
    caller:lose("ACK", 1)
    caller:answer(invite)
    caller.net:run(0.5)
    assert(caller.session:bye())
    caller.net:run(40)
    caller.net:expect([[
      alice                bob
                       <--   200 INVITE (sdp)    # F3
        ACK --x                                  # F4
                       <--   200 INVITE @0.5     # F5 = F3
        BYE @0.5 -->                             # F6
        ACK -->                                  # F7 = F4
                       <--   200 BYE             # F8
    ]])
    assert.equal("bye sent", caller:last("on_terminated")[1])
  end)
end)
