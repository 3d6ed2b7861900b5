-- What may come between an INVITE with Replaces and its 2xx (RFC 3891 3).
local Rig = require("spec.support.rig")
local Caller = require("spec.support.caller")
local replacing = require("spec.support.replacing")

local ask, value = replacing.ask, replacing.value

describe("an INVITE with Replaces and a race:", function()
  local rig

  before_each(function() rig = replacing.carol(Rig.new()) end)
  after_each(function()
    replacing.leave(rig)
    rig:finish()
  end)

  it("the call ends meanwhile; it is answered, and nothing is left to end", function()
    local call, session = rig:establish()
    local new = ask(rig, value(session))
    local invite = rig.invite
    call:bye()
    rig.net:settle()
    assert.is_nil(invite.replaces)
    rig:accept(invite)
    rig.net:settle()
    assert.equal(200, new.invite:status())
    assert.same({}, rig:sent("BYE"))
    assert.equal("bye received", rig:last("on_terminated")[1])
  end)

  it("the script hangs up first; that is what on_terminated says", function()
    local _, session = rig:establish()
    ask(rig, value(session))
    assert(session:bye())
    rig:accept(rig.invite)
    rig.net:settle()
    assert.equal(1, #rig:sent("BYE"))
    assert.equal(1, rig:told("on_terminated"))
    assert.equal("bye sent", rig:last("on_terminated")[1])
  end)

  it("the script disposes of it first; no BYE is sent", function()
    local _, session = rig:establish()
    ask(rig, value(session))
    session:dispose()
    rig:accept(rig.invite)
    rig.net:settle()
    assert.same({}, rig:sent("BYE"))
    assert.equal("disposed", rig:last("on_terminated")[1])
  end)

  it("two want the same call; the first one that is accepted has it", function()
    local _, session = rig:establish()
    local text = value(session)
    local first = ask(rig, text)
    local one = rig.invite
    local second = ask(rig, text, { call_id = "second" })
    local two = rig.invite
    assert.equal(session, one.replaces)
    assert.equal(session, two.replaces)
    rig:accept(two)
    rig.net:settle()
    assert.equal(200, second.invite:status())
    assert.is_nil(one.replaces)
    one:reject({ status_code = 603 })
    rig.net:settle()
    assert.equal(603, first.invite:status())
    assert.equal(1, #rig:sent("BYE"))
    local third = ask(rig, text, { call_id = "third" })
    assert.equal(603, third.invite:status())
  end)

  it("it is cancelled; the call goes on (RFC 3261 9.2)", function()
    local _, session = rig:establish()
    local new = ask(rig, value(session))
    local invite = rig.invite
    rig.net:run(0.3)
    new:cancel()
    rig.net:settle()
    assert.equal(487, new.invite:status())
    local response, err = invite:accept({ body = Rig.sdp })
    assert.is_nil(response)
    assert.is_truthy(err.code == "ECANCELLED" or err.code == "EGONE")
    rig.net:settle()
    assert.equal("confirmed", session.session_state)
    assert.same({}, rig:sent("BYE"))
  end)

  it("the BYEs cross; both get 200 (RFC 3261 15)", function()
    local call, session = rig:establish()
    ask(rig, value(session))
    rig:accept(rig.invite)
    local bye = call:bye()
    rig.net:settle()
    assert.equal(200, bye:status())
    assert.equal(1, rig:told("on_terminated"))
    assert.equal("replaced", rig:last("on_terminated")[1])
  end)

  it("the ACK of its own 2xx is missing yet; the BYE waits for it (RFC 3261 15)", function()
    local old = rig:ring({ ack = false })
    local session = rig:accept(rig.invite).session
    rig.net:settle()
    ask(rig, value(session))
    assert(rig.invite:accept({ body = Rig.sdp }))
    rig.net:settle()
    assert.same({}, rig:sent("BYE"))
    assert.equal("ack_wait", session.session_state)
    old.invite:ack()
    rig.net:settle()
    assert.equal(1, #rig:sent("BYE"))
    assert.equal("replaced", rig:last("on_terminated")[1])
  end)

  it("that ACK never comes; the BYE goes out then (RFC 3261 15)", function()
    rig:ring({ ack = false })
    local session = rig:accept(rig.invite).session
    rig.net:settle()
    ask(rig, value(session))
    assert(rig.invite:accept({ body = Rig.sdp }))
    rig.net:run(33)
    assert.equal(1, #rig:sent("BYE"))
    assert.equal(1, rig:told("on_terminated"))
  end)

  it("a re-INVITE of that call is open; it gets 487 (RFC 3261 15.1.2)", function()
    local call, session = rig:establish()
    local change = rig:change(call)
    ask(rig, value(session))
    rig:accept(rig.invite)
    rig.net:settle()
    assert.equal(487, change:status())
    assert.equal("ended", call.state)
  end)

  it("its 2xx waits for a PRACK; so does the BYE (RFC 3262 3)", function()
    local _, session = rig:establish()
    local new = ask(rig, value(session), { rel100 = true, prack = false })
    rig:progress(rig.invite, { status_code = 183, reliable = true })
    rig.net:settle()
    rig:accept(rig.invite)
    rig.net:settle()
    assert.same({}, rig:sent("BYE"))
    new:prack(new.responses[#new.responses])
    rig.net:settle()
    assert.equal(200, new.invite:status())
    assert.equal(1, #rig:sent("BYE"))
  end)
end)

describe("when memory runs out for an INVITE with Replaces", function()
  -- Whatever fails: one of the two calls is there in the end, never none.
  it("the old call or the new one is left", function()
    local n, left, seen = 0, 0, {}
    while left == 0 do
      n = n + 1
      assert.is_true(n < 400)
      local rig = replacing.carol(Rig.new())
      local _, session = rig:establish()
      rig.on_invite = function(request) request:accept({ body = Rig.sdp }) end
      local text = value(session)
      rig.agent:fail_after(n)
      local new = ask(rig, text)
      left = rig.agent:fail_after(0)
      rig.net:run(45)
      local answered = new.invite:status() == 200
      seen[answered] = true
      assert.is_true(answered or session.session_state == "confirmed",
        ("allocation %d\n%s"):format(n, rig.net:ladder()))
      if answered then
        assert.equal("terminated", session.session_state)
        new:bye()
      end
      rig:finish()
    end
    assert.same({ [true] = true, [false] = true }, seen)
  end)

  it("an early call is given up all the same", function()
    local n, left, seen = 0, 0, {}
    while left == 0 do
      n = n + 1
      assert.is_true(n < 400)
      local caller = replacing.carol(Caller.new())
      caller:ring()
      local session = caller.session
      caller.delegate.on_invite = function(request) request:accept({ body = Rig.sdp }) end
      local text = value(session)
      caller.agent:fail_after(n)
      local new = ask(caller, text)
      left = caller.agent:fail_after(0)
      caller.net:run(45)
      local answered = new.invite:status() == 200
      seen[answered] = true
      assert.equal(answered and "terminated" or "early", session.session_state,
        ("allocation %d\n%s"):format(n, caller.net:ladder()))
      if answered then new:bye() end
      caller.net:run(300)
      caller:finish()
    end
    assert.same({ [true] = true, [false] = true }, seen)
  end)
end)
