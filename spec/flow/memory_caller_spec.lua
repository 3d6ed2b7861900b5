--- Memory runs out at every allocation of what we begin, one after the other.
--- The request works or fails, and everything is released.
local Caller = require("spec.support.caller")

describe("when memory runs out in", function()
  local caller, held

  -- `act(arm)` calls arm() when the failure may begin; it returns what is checked
  -- when the failure is over.
  local function everywhere(act, settings)
    local n, left = 0, 0
    while left == 0 do
      n = n + 1
      assert.is_true(n < 400)
      caller, held = Caller.new({ settings = settings }), nil
      local check = act(function() caller.agent:fail_after(n) end)
      left = caller.agent:fail_after(0)
      caller.net:run(45)
      local ok, why = pcall(check or function() end)
      assert(ok, ("allocation %d: %s\n%s"):format(n, why, ok or caller.net:ladder()))
      ok, why = pcall(caller.finish, caller)
      assert(ok, ("allocation %d: %s"):format(n, why))
    end
    assert.is_true(n > 3)
  end

  local function hold()
    caller.phone.on_request = function(message)
      if message.method == "INVITE" then
        held = message
        return false
      end
    end
  end

  local function answer(status, tag, options)
    if not held then return end
    options = options or {}
    local body = options.body or ""
    caller.phone:send(("SIP/2.0 %d X\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\n"
      .. "CSeq: %d INVITE\r\nContact: <%s>\r\n%s%sContent-Length: %d\r\n\r\n%s"):format(status,
      held:header("Via"), held.from, held.to, tag, held.call_id, held.cseq, caller.phone.uri,
      options.headers or "", #body > 0 and "Content-Type: application/sdp\r\n" or "", #body, body),
      caller.agent)
    caller.net:settle()
  end

  -- ENOMEM, or a request that comes to its end.
  local function ends(request, err)
    if not request then
      assert.equal("ENOMEM", err.code)
      return
    end
    return function()
      local done
      caller:spawn(function()
        request:wait()
        done = true
      end)
      assert.is_true(done)
      if request.session and request.session.session_state == "confirmed" then
        assert(request.session:bye())
      end
    end
  end

  -- The call goes on, or it is over; a re-INVITE is possible.
  local function lives_or_not(session)
    return function()
      if session.session_state ~= "confirmed" then
        assert.equal("terminated", session.session_state)
        return
      end
      for _, phone_call in pairs(caller.phone.calls) do phone_call.on_request = nil end
      caller.phone.on_request = nil
      assert(session:invite({ body = Caller.sdp3 }))
      caller.net:run(1)
      assert.equal("stable", session.signaling_state)
      assert.equal(Caller.sdp3, session.offer)
    end
  end

  it("a call, from INVITE to BYE", function()
    everywhere(function(arm)
      arm()
      local request, err = caller:invite({ delegate = { on_accept = function(response)
        response.session:bye()
      end } })
      caller.net:run(2)
      return ends(request, err)
    end)
  end)

  it("a call that is refused", function()
    everywhere(function(arm)
      caller.phone.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 486 } end
      end
      arm()
      return ends(caller:invite())
    end)
  end)

  it("a call without an offer, answered in the ACK", function()
    everywhere(function(arm)
      caller.phone.on_request = function(message)
        if message.method == "INVITE" then
          return { status_code = 200, body = caller.phone:sdp() }
        end
      end
      arm()
      local request, err = caller:invite({ body = false, delegate = {
        on_accept = function(response)
          local ok, why = response:ack({ body = Caller.sdp2 })
          assert(ok or why.code == "ENOMEM", why and why.code)
        end,
      } })
      caller.net:run(2)
      return ends(request, err)
    end)
  end)

  it("a call that forks", function()
    everywhere(function(arm)
      hold()
      arm()
      local request, err = caller:invite()
      answer(180, "one")
      answer(183, "two", { body = Caller.sdp2 })
      answer(200, "one", { body = Caller.sdp2 })
      answer(200, "one", { body = Caller.sdp2 })
      answer(200, "two", { body = Caller.sdp2 })
      answer(200, "three", { body = Caller.sdp2 })
      return ends(request, err)
    end)
  end)

  it("a call whose 2xx crosses its CANCEL", function()
    everywhere(function(arm)
      hold()
      local request = assert(caller:invite())
      answer(180, "one")
      arm()
      local ok, err = request:cancel()
      assert(ok or err.code == "ENOMEM", err and err.code)
      answer(200, "one", { body = Caller.sdp2 })
      answer(200, "one", { body = Caller.sdp2 })
      return ends(request)
    end)
  end)

  it("a CANCEL, which goes out all the same (RFC 3261 9.1)", function()
    everywhere(function(arm)
      hold()
      local request = assert(caller:invite())
      answer(180, "one")
      arm()
      local ok, err = request:cancel()
      assert(ok or err.code == "ENOMEM", err and err.code)
      if not ok then assert(request:cancel()) end
      caller.net:run(1)
      answer(487, "one")
      return function()
        assert.equal(1, #caller:sent("CANCEL"))
      end
    end)
  end)

  it("a call that runs into its timeout", function()
    everywhere(function(arm)
      hold()
      local request = assert(caller:invite({ timeout = 5 }))
      answer(180, "one")
      arm()
      caller.net:run(8)
      answer(487, "one")
      return ends(request)
    end)
  end)

  it("a timeout, behind which no 2xx makes a call", function()
    everywhere(function(arm)
      hold()
      local accepted = 0
      assert(caller:invite({ timeout = 5, delegate = {
        on_accept = function() accepted = accepted + 1 end,
      } }))
      answer(180, "one")
      arm()
      caller.net:run(5.1)
      answer(200, "one", { body = Caller.sdp2 })
      caller.net:run(1)
      answer(200, "one", { body = Caller.sdp2 })
      return function()
        assert.equal(0, accepted)
      end
    end)
  end)

  it("reliable provisional responses and their PRACKs", function()
    everywhere(function(arm)
      hold()
      arm()
      local request, err = caller:invite()
      local function ring(rseq)
        answer(183, "one", {
          headers = ("Require: 100rel\r\nRSeq: %d\r\n"):format(rseq), body = Caller.sdp2,
        })
      end
      ring(1)
      ring(1)
      ring(2)
      ring(2)
      answer(200, "one", { body = Caller.sdp2 })
      answer(200, "one", { body = Caller.sdp2 })
      return ends(request, err)
    end)
  end)

  it("a redirection that is followed", function()
    everywhere(function(arm)
      caller.phone.on_request = function(message)
        if message.method == "INVITE" and not message.ruri:find("new") then
          return { status_code = 302, contact = false,
            headers = { "Contact: <sip:new@192.0.2.9>;q=0.7, <sip:newer@192.0.2.9>" } }
        end
      end
      arm()
      local request, err = caller:invite({ follow = true })
      caller.net:run(1)
      return ends(request, err)
    end)
  end)

  it("a request that is tried again after 416, 420 and 422", function()
    everywhere(function(arm)
      local refusals = {
        { status_code = 420, headers = { "Unsupported: 100rel" } },
        { status_code = 422, headers = { "Min-SE: 4000" } },
        { status_code = 416 },
      }
      caller.phone.on_request = function(message)
        if message.method == "INVITE" then return table.remove(refusals, 1) end
      end
      arm()
      local request, err = caller:invite({
        uri = "tel:+1201", route = "sip:192.0.2.9;lr", rel100 = "required",
      })
      caller.net:run(1)
      return ends(request, err)
    end)
  end)

  it("a re-INVITE of ours", function()
    everywhere(function(arm)
      local session = caller:establish()
      arm()
      local request, err = session:invite({ body = Caller.sdp2 })
      assert(request or err.code == "ENOMEM", err and err.code)
      caller.net:run(2)
      return lives_or_not(session)
    end)
  end)

  it("a re-INVITE of ours that is answered reliably, then cancelled", function()
    everywhere(function(arm)
      local session, phone_call = caller:establish()
      phone_call.on_request = function(message)
        if message.method == "CANCEL" then
          caller.phone:respond(message, { status_code = 200 })
          caller.phone:respond(held, { status_code = 487 })
          return false
        elseif message.method == "INVITE" then
          held = message
          return { status_code = 183, body = caller.phone:sdp(),
            headers = { "Require: 100rel", "RSeq: 1" } }
        end
      end
      arm()
      local request, err = session:invite({ body = Caller.sdp2 })
      assert(request or err.code == "ENOMEM", err and err.code)
      caller.net:settle()
      if held then caller.phone:respond(held, { status_code = 180 }) end
      if request then request:cancel() end
      caller.net:run(3)
      if held then caller.phone:respond(held, { status_code = 487 }) end
      return lives_or_not(session)
    end)
  end)

  it("refreshes by UPDATE and by re-INVITE, and a change queued behind them", function()
    for _, allow in ipairs({ "INVITE, UPDATE", "INVITE" }) do
      everywhere(function(arm)
        local waits = false
        caller.phone.on_request = function(message)
          if message.method ~= "INVITE" and message.method ~= "UPDATE" then return end
          if waits then
            waits = false
            held = message
            return { status_code = 491 }
          end
          return { status_code = 200, body = message.has_sdp and caller.phone:sdp() or nil,
            headers = { "Allow: " .. allow, "Session-Expires: 200;refresher=uac" } }
        end
        local session = caller:establish()
        caller.net:run(99)
        waits = true
        arm()
        caller.net:run(1.1)
        session:invite({ body = Caller.sdp2 })
        caller.net:run(20)
        return lives_or_not(session)
      end)
    end
  end)

  it("the answer to a 2xx that came too late", function()
    everywhere(function(arm)
      hold()
      assert(caller:invite())
      caller.net:run(40)
      arm()
      answer(200, "one", { body = Caller.sdp2 })
      answer(200, "one", { body = Caller.sdp2 })
    end)
  end)
end)
