local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")

-- RFC 5407 3.2, 3.3.3 and appendix B: a message meets a call that a BYE ended.  In the
-- RFC it is now Alice who says BYE and now Bob; here moonsip is the caller once and the
-- callee once, and the drawings name it so.  F1, F2 are the RFC's numbers; what is sent
-- at the same time crosses.

for role, Stage in pairs({ caller = Caller, callee = Rig }) do
  describe("RFC 5407 3.2, moonsip as the " .. role .. ":", function()
    local stage, net, call, session

    before_each(function()
      stage = Stage.new()
      if role == "callee" then
        call, session = stage:establish()
      else
        session, call = stage:establish()
      end
      net = stage.net
      stage.agent.name, stage.phone.name = "moonsip", "phone"
    end)
    after_each(function() stage:finish() end)

    -- A change of ours, and what becomes of it.
    local function change()
      local result = {}
      assert(session:invite({ body = Rig.sdp2, delegate = {
        on_accept = function(response) result.status = response.status_code end,
        on_reject = function(response, err)
          result.status, result.err = response and response.status_code, err
        end,
      } }))
      return result
    end

    -- The phone answers INVITEs so much later, and in between hangs up.
    local function hold_invites()
      local held = {}
      call.on_request = function(message)
        if message.method == "INVITE" then
          held[#held + 1] = message
          return false
        end
      end
      return held
    end

    it("two BYEs that cross get 200 each (3.2.1, BYE-006)", function()
      assert(session:bye())
      net:run(0)
      call:bye()
      net:run(40)
      net:expect([[
        moonsip              phone
          BYE @0 -->                           # F5
                         <--   BYE @0          # F6
                         <--   200 BYE         # F7
          200 BYE -->                          # F8
      ]])
      assert.equal(1, stage:told("on_terminated"))
      assert.equal("bye sent", stage:last("on_terminated")[1])
    end)

    it("a re-INVITE that crosses our BYE gets 481 and starts nothing (3.2.2, REI-053)", function()
      assert(session:bye())
      net:run(0)
      call:reinvite()
      net:run(40)
      net:expect([[
        moonsip              phone
          BYE @0 -->                                # F5
                         <--   INVITE (sdp) @0      # F6
                         <--   200 BYE              # F7
          481 INVITE -->                            # F8
                         <--   ACK                  # F9
      ]])
      assert.equal(0, stage:told("on_invite"))
      assert.equal("terminated", session.session_state)
    end)

    it("a BYE that crosses our re-INVITE gets 200; the 481 is acknowledged (3.2.2)", function()
      call.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 481 } end
      end
      call:bye()
      local result = change()
      net:run(40)
      net:expect([[
        phone                moonsip
          BYE @0 -->                                 # F5
                         <--   INVITE (sdp) @0       # F6
                         <--   200 BYE               # F7
          481 INVITE -->                             # F8
                         <--   ACK                   # F9
      ]])
      assert.equal(481, result.status)
      assert.equal(1, stage:told("on_terminated"))
      assert.equal("bye received", stage:last("on_terminated")[1])
    end)

    it("a 200 to our re-INVITE that crosses our BYE is acknowledged, and the call stays over "
      .. "(3.2.3, REI-054)", function()
      local held = hold_invites()
      local result = change()
      net:settle()
      stage.phone:respond(held[1], { status_code = 200, body = stage.phone:sdp({ version = 2 }) })
      assert(session:bye())
      net:run(40)
      net:expect([[
        moonsip              phone
          INVITE (sdp) -->                          # F5
                         <--   200 INVITE (sdp)     # F7
          BYE -->                                   # F6
          ACK -->                                   # F9
                         <--   200 BYE              # F8
      ]])
      assert.equal(200, result.status)
      assert.equal("closed", session.signaling_state)
      assert.equal(1, stage:told("on_terminated"))
      assert.equal(0, stage.agent:census().sessions)
    end)

    it("a 200 to our re-INVITE that their BYE overtook is acknowledged (3.2.3)", function()
      net.filter = function(packet)
        if packet.text:find("^SIP/2.0 200 .*CSeq: %d+ INVITE") then return 0.1 end
      end
      change()
      net:run(0.015)
      call:bye()
      net:run(40)
      net:expect([[
        moonsip              phone
          INVITE (sdp) -->
                         <--   200 INVITE (sdp)     # takes 0.11 s
                         <--   BYE
          200 BYE -->
          ACK -->
      ]])
      assert.equal("bye received", stage:last("on_terminated")[1])
    end)

    it("a 200 of ours to their re-INVITE that crosses their BYE is not sent again (3.2.3)",
      function()
        call:reinvite({ ack = false })
        net:settle()
        assert(stage.reinvite:accept({ body = Rig.sdp2 }))
        call:bye()
        net:run(40)
        net:expect([[
          phone                moonsip
            INVITE (sdp) -->                          # F5
            BYE -->                                   # F6
                           <--   200 INVITE (sdp)     # F7
                           <--   200 BYE              # F8
        ]])
      end)

    it("a REFER, an UPDATE and an INFO that cross our BYE get 481 (3.3.3, EVT-018)", function()
      assert(session:bye())
      net:run(0)
      call:request({ method = "REFER", headers = { "Refer-To: <sip:carol@192.0.2.3>" } })
      call:update()
      call:info()
      net:run(40)
      net:expect([[
        moonsip              phone
          BYE @0 -->                                # F5
                         <--   REFER @0             # F6
                         <--   UPDATE @0
                         <--   INFO @0
                         <--   200 BYE              # F7
          481 REFER -->                             # F8
          481 UPDATE -->
          481 INFO -->
      ]])
      assert.equal(0, stage:told("on_refer"))
    end)

    it("a REFER of ours that crosses their BYE ends with 481 (3.3.3, EVT-018)", function()
      call.on_request = function(message)
        if message.method == "REFER" then return { status_code = 481 } end
      end
      local status
      call:bye()
      assert(session:refer({ refer_to = "sip:carol@192.0.2.3", delegate = {
        on_reject = function(response) status = response.status_code end,
      } }))
      net:run(40)
      net:expect([[
        phone                moonsip
          BYE @0 -->                           # F5
                         <--   REFER @0        # F6
                         <--   200 BYE         # F7
          481 REFER -->                        # F8
      ]])
      assert.equal(481, status)
      assert.equal("bye received", stage:last("on_terminated")[1])
    end)

    it("our re-INVITE goes on behind our BYE until it is answered (appendix B)", function()
      stage:lose("INVITE", 1)
      call.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 481 } end
      end
      local result = change()
      assert(session:bye())
      net:run(40)
      net:expect([[
        moonsip              phone
          INVITE (sdp) @0 --x                  # F1
          BYE @0 -->                           # F2
                         <--   200 BYE         # F3
          INVITE (sdp) @0.5 -->                # F4 = F1
                         <--   481 INVITE      # F5
          ACK -->                              # F6
      ]])
      assert.equal(481, result.status)
      assert.equal(1, stage:told("on_terminated"))
    end)

    it("a re-INVITE that comes behind the BYE it should have preceded gets an error (appendix B)",
      function()
        stage:lose("INVITE", 1)
        local reinvite = call:reinvite()
        call:bye()
        net:run(40)
        net:expect([[
          phone                moonsip
            INVITE (sdp) @0 --x                  # F1
            BYE @0 -->                           # F2
                           <--   200 BYE         # F3
            INVITE (sdp) @0.5 -->                # F4 = F1
                           <--   481 INVITE      # F5
            ACK -->                              # F6
        ]])
        assert.equal(481, reinvite:status())
        assert.equal(0, stage:told("on_invite"))
      end)
  end)
end

describe("RFC 5407 3.2.4, moonsip as Bob:", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("our BYE waits for the ACK that is on its way (RFC 3261 15)", function()
    local _, invite = rig:ring()
    rig:accept(invite)
    assert(rig.session:bye())
    rig.net:settle()
    rig.net:expect([[
      alice                bob
        INVITE -->                           # F1
                       <--   200 INVITE      # F3
        ACK -->                              # F4
                       <--   BYE             # F5
        200 BYE -->                          # F6
    ]])
  end)

  it("an ACK that comes after our BYE is swallowed, its answer with it (REI-055)", function()
    local _, invite = rig:ring({ body = false })
    rig.net:clear()
    rig.net.filter = function(packet) return packet.text:find("^ACK") and 40 or nil end
    rig:accept(invite)
    rig.net:run(60)
    local labels = {}
    for _, message in ipairs(rig:sent()) do
      labels[message.label] = (labels[message.label] or 0) + 1
    end
    assert.same({ ["200 INVITE"] = 11, BYE = 1 }, labels)
    assert.equal("no ack", rig:last("on_terminated")[1])
    assert.equal(0, rig:told("on_ack"))
    assert.equal("closed", rig.session.signaling_state)
  end)
end)

describe("RFC 5407 3.2.4, moonsip as Alice:", function()
  local caller, invite, call

  before_each(function()
    caller = Caller.new()
    local _
    _, call, invite = caller:ring()
    caller.net:clear()
  end)
  after_each(function() caller:finish() end)

  it("a BYE that crosses our ACK gets 200", function()
    caller:answer(invite)
    caller.net:run(0.01)
    call:bye()
    caller.net:settle()
    caller.net:expect([[
      alice                bob
                       <--   200 INVITE (sdp)    # F3
        ACK @0.01 -->                            # F4
                       <--   BYE @0.01           # F5
        200 BYE -->                              # F6
    ]])
    assert.equal("bye received", caller:last("on_terminated")[1])
  end)

  it("a BYE that overtakes the 200 gets 200, and the 200 gets its ACK, no BYE", function()
    caller.net.filter = function(packet)
      if packet.text:find("^SIP/2.0 200 .*CSeq: 1 INVITE") then return 0.1 end
    end
    caller:answer(invite)
    call:bye()
    caller.net:run(40)
    caller.net:expect([[
      alice                bob
                       <--   200 INVITE (sdp)    # takes 0.11 s
                       <--   BYE
        200 BYE -->
        ACK @0.11 -->
    ]])
  end)
end)
