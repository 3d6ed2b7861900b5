--- Memory runs out at every allocation of every exchange, one after the other.
--- The request may fail.  Nothing leaks, and a call that is not over works.
local Rig = require("spec.support.rig")

describe("when memory runs out in", function()
  local rig, call, session

  local function establish()
    call, session = rig:establish({
      rel100 = true,
      headers = { "Supported: timer", "Session-Expires: 200;refresher=uas", "Allow: UPDATE" },
    })
  end

  -- A re-INVITE is possible: no change got stuck.
  local function works()
    rig.call.on_invite = function(request) request:accept({ body = Rig.sdp2 }) end
    call.on_request = nil
    local change = call:reinvite()
    rig.net:run(1)
    assert.equal(200, change:status())
    assert.equal("stable", session.signaling_state)
  end

  local function everywhere(act)
    rig = Rig.new()
    establish()
    local n, left = 0, 0
    while left == 0 do
      n = n + 1
      assert.is_true(n < 500)
      if session.session_state ~= "confirmed" then establish() end
      local arm = function() rig.agent:fail_after(n) end
      act(arm)
      left = rig.agent:fail_after(0)
      rig.net:run(190) -- limits.answer_time is 180
      if session.session_state == "confirmed" then
        local ok, why = pcall(works)
        assert(ok, ("allocation %d: %s\n%s"):format(n, why, ok or rig.net:ladder()))
      end
      rig.net:clear()
    end
    assert.is_true(n > 1)
    rig:finish()
  end

  it("a re-INVITE with an offer", function()
    everywhere(function(arm)
      rig.call.on_invite = function(request) request:accept({ body = Rig.sdp2 }) end
      arm()
      call:reinvite()
      rig.net:run(1)
    end)
  end)

  it("a re-INVITE without an offer", function()
    everywhere(function(arm)
      rig.call.on_invite = function(request) request:accept({ body = Rig.sdp2 }) end
      arm()
      call:reinvite({ body = false })
      rig.net:run(1)
    end)
  end)

  it("a re-INVITE answered reliably", function()
    everywhere(function(arm)
      rig.call.on_invite = function(request)
        request:progress({ status_code = 183, body = Rig.sdp2, reliable = true })
        request:progress({ status_code = 180, reliable = true })
        request:accept({})
      end
      arm()
      call:reinvite({ headers = { "Supported: 100rel" } })
      rig.net:run(1)
    end)
  end)

  it("a re-INVITE that is refused", function()
    everywhere(function(arm)
      rig.call.on_invite = function(request) request:reject() end
      arm()
      call:reinvite()
      rig.net:run(1)
    end)
  end)

  it("a re-INVITE that is cancelled", function()
    everywhere(function(arm)
      rig.call.on_invite = function(request) rig.reinvite = request end
      local change = call:reinvite()
      rig.net:settle()
      arm()
      change:cancel({ now = true })
      rig.net:run(1)
    end)
  end)

  it("an UPDATE with an offer", function()
    everywhere(function(arm)
      rig.call.on_update = function(request) request:accept({ body = Rig.sdp2 }) end
      arm()
      call:update({ body = rig.phone:sdp({ version = 3 }) })
      rig.net:run(1)
    end)
  end)

  it("an INFO", function()
    everywhere(function(arm)
      arm()
      call:info({ body = "x", content_type = "text/plain" })
      rig.net:run(1)
    end)
  end)

  it("an OPTIONS", function()
    everywhere(function(arm)
      arm()
      call:options()
      rig.net:run(1)
    end)
  end)

  it("a refresh of ours", function()
    everywhere(function(arm)
      rig.net:run(20)
      arm()
      rig.net:run(100)
    end)
  end)

  it("a BYE of theirs", function()
    everywhere(function(arm)
      arm()
      call:bye()
      rig.net:run(1)
    end)
  end)

  it("a BYE of ours", function()
    everywhere(function(arm)
      arm()
      local bye, err = session:bye()
      assert(bye or err.code == "ENOMEM", err and err.code)
      rig.net:run(1)
    end)
  end)

  it("a re-INVITE of ours, from the request to its ACK", function()
    everywhere(function(arm)
      arm()
      session:invite({ body = Rig.sdp3 })
      rig.net:run(5)
    end)
  end)

  it("an UPDATE of ours, tried again after 491", function()
    everywhere(function(arm)
      local first = true
      call.on_request = function(message)
        if message.method == "UPDATE" and first then
          first = false
          return { status_code = 491 }
        end
      end
      arm()
      session:update({ body = Rig.sdp3 })
      rig.net:run(5)
    end)
  end)

  it("the end of a call that expires", function()
    everywhere(function(arm)
      local change = call:reinvite({
        headers = { "Supported: timer", "Session-Expires: 90;refresher=uac" },
      })
      rig.call.on_invite = function(request) request:accept({ body = Rig.sdp2 }) end
      rig.net:run(1)
      assert.equal(200, change:status())
      arm()
      rig.net:run(62)
      call.state = "ended"
    end)
  end)
end)
