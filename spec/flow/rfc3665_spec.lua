local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")
local hop = require("spec.support.hop")

-- RFC 3665 3.1 and 3.8 to 3.11: direct calls, and calls that fail.  F1, F2 are the RFC's
-- numbers; the proxies in between are left out but where they make the answer.

describe("RFC 3665, moonsip as Alice:", function()
  local caller, net

  before_each(function()
    caller = Caller.new()
    net = caller.net
  end)
  after_each(function() caller:finish() end)

  it("a call that is answered and that Bob ends (3.1)", function()
    local _, call, invite = caller:ring()
    caller:answer(invite)
    net:settle()
    call:bye()
    net:settle()
    net:expect([[
      alice                bob
        INVITE (sdp) -->                       # F1
                       <--   180               # F2
                       <--   200 (sdp)         # F3
        ACK -->                                # F4
                       <--   BYE               # F5
        200 BYE -->                            # F6
    ]])
    assert.equal("bye received", caller:last("on_terminated")[1])
  end)

  it("nobody answers, and the call is cancelled (3.8)", function()
    local request = caller:ring()
    net:run(30)
    assert(request:cancel())
    net:settle()
    net:expect([[
      alice                bob
        INVITE (sdp) -->                       # F1
                       <--   180               # F6
        CANCEL -->                             # F9
                       <--   200 CANCEL        # F10
                       <--   487 INVITE        # F17
        ACK -->                                # F19
    ]])
    caller:spawn(function() assert.equal(487, request:wait().status_code) end)
    assert.equal("rejected", caller:last("on_terminated")[1])
  end)

  for section, status in pairs({ ["3.9"] = 486, ["3.11"] = 480 }) do
    it(("a refusal with %d ends the call and is acknowledged (%s)"):format(status, section),
      function()
        local request, _, invite = caller:ring()
        caller:answer(invite, { status_code = status })
        net:settle()
        net:expect(([[
          alice                bob
            INVITE (sdp) -->                       # F1
                           <--   180
                           <--   STATUS INVITE     # F6
            ACK -->                                # F9
        ]]):gsub("STATUS", status))
        assert.equal(status, caller.refusal.status_code)
        caller:spawn(function() assert.equal(status, request:wait().status_code) end)
        assert.equal(0, caller.agent:census().sessions)
      end)
  end

  it("a phone that is silent: INVITE is repeated until the proxy says 480 (3.10)", function()
    hop.new(net, { name = "ss2", address = "192.0.2.21:5060", locate = caller.phone.uri,
      trying = true })
    caller.net.filter = function(packet)
      if packet.to == caller.phone.address then return false end
    end
    local request = assert(caller.engine:invite({
      to = "sip:bob@biloxi.example.com", body = Caller.sdp, route = "<sip:192.0.2.21:5060;lr>",
      timeout = 20,
    }))
    local code, at
    caller:spawn(function()
      code, at = select(2, request:wait()).code, net:now()
    end)
    net:run(19)
    net:expect([[
      alice  bob  ss2
      alice -> ss2    INVITE (sdp)     # F1
      ss2 -> alice    100              # F3
      ss2 -x bob      INVITE           # F4
    ]])
    net:run(60)
    assert.equal("ETIMEOUT", code)
    assert.is_true(math.abs(at - 20) < 0.1)
  end)
end)

describe("RFC 3665, moonsip as Bob:", function()
  local rig, net

  before_each(function()
    rig = Rig.new()
    net = rig.net
  end)
  after_each(function() rig:finish() end)

  it("a call that is answered and that Bob ends (3.1)", function()
    local _, invite = rig:ring()
    rig:progress(invite)
    net:settle()
    rig:accept(invite)
    net:settle()
    rig.session:bye()
    net:settle()
    net:expect([[
      alice                bob
        INVITE (sdp) -->                       # F1
                       <--   180               # F2
                       <--   200 (sdp)         # F3
        ACK -->                                # F4
                       <--   BYE               # F5
        200 BYE -->                            # F6
    ]])
    assert.equal("bye sent", rig:last("on_terminated")[1])
  end)

  it("nobody answers, and the call is cancelled (3.8)", function()
    local call, invite = rig:ring()
    rig:progress(invite)
    net:run(30)
    call:cancel()
    net:settle()
    net:expect([[
      alice                bob
        INVITE (sdp) -->                       # F1
                       <--   180               # F6
        CANCEL -->                             # F9
                       <--   200 CANCEL        # F10
                       <--   487 INVITE        # F17
        ACK -->                                # F19
    ]])
    assert.equal(1, rig:told("on_cancel"))
    assert.is_true(invite.cancelled)
  end)

  for section, status in pairs({ ["3.9"] = 486, ["3.11"] = 480 }) do
    it(("a refusal with %d is repeated until its ACK (%s)"):format(status, section), function()
      rig:lose("ACK", 1)
      local call, invite = rig:ring()
      rig:progress(invite)
      net:settle()
      assert(invite:reject({ status_code = status }))
      net:run(5)
      net:expect(([[
        alice                bob
          INVITE (sdp) -->                       # F1
                         <--   180
                         <--   STATUS INVITE     # F6
          ACK --x
                         <--   STATUS INVITE
          ACK -->                                # F9
      ]]):gsub("STATUS", status))
      assert.equal(status, call.response.status_code)
    end)
  end
end)
