-- Re-INVITE and UPDATE: what the other specs of them leave out (RFC 3261 14,
-- RFC 6141, RFC 6337).
local Rig = require("spec.support.rig")

local function same_session(session, offer, answer)
  assert.equal("stable", session.signaling_state)
  assert.same({ offer, answer }, { session.offer, session.answer })
end

describe("a re-INVITE", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("that is answered at once gets its 2xx at once and nothing before it "
    .. "(RFC 3261 14.2, RFC 6337 3.3, REI-025, REI-064)", function()
      rig.call.on_invite = function(request) request:accept({ body = Rig.sdp2 }) end
      local call = rig:establish()
      local change = call:reinvite()
      rig.net:run(1)
      assert.equal(1, #change.responses)
      assert.equal(200, change:status())
      local asked, answered = rig.net.log[1].time, rig:sent("200 INVITE")[1].time * 1000
      assert.equal(10, math.floor(answered - asked + 0.5)) -- the packet's way
    end)

  it("too early is asked to come again after 0 to 10 s, each as likely (RFC 3261 14.2, REI-016)",
    function()
      local call = rig:establish()
      local _, reinvite = rig:change(call)
      local seen, seconds = {}, 0
      for _ = 1, 300 do
        local second = call:reinvite()
        rig.net:settle()
        assert.equal(500, second:status())
        local after = tonumber(second.response:header("Retry-After"))
        assert.is_true(after >= 0 and after <= 10)
        if not seen[after] then seconds = seconds + 1 end
        seen[after] = true
      end
      assert.equal(11, seconds)
      assert(reinvite:accept({ body = Rig.sdp2 }))
    end)

  it("with the branch of the first INVITE is a repeat of that while it lives, later a change "
    .. "(RFC 3261 17.2.3, REI-070)", function()
      local call, session = rig:establish()
      local branch = call.invite.branch
      local early = rig:change(call, { branch = branch, retransmit = false })
      assert.is_nil(early:status())
      assert.equal(0, rig:told("on_invite"))
      rig.net:run(40)
      local late, reinvite = rig:change(call, { branch = branch })
      assert(reinvite:accept({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.equal(200, late:status())
      assert.equal("confirmed", session.session_state)
    end)

  it("waits for a script that is loaded anew meanwhile (RFC 3261 14, REI-068)", function()
    local path = os.tmpname()
    local function write(port)
      local file <close> = assert(io.open(path, "w"))
      file:write(([[
        local sip = require "moonsip"
        local s = { call = {} }
        function s.on_invite(r) r:accept{ body = %q }.session.delegate = s.call end
        function s.call.on_invite(r)
          sip.sleep(1)
          r:accept{ body = %q }
        end
        return s]]):format(Rig.sdp, Rig.sdp2:gsub("30000", port)))
    end
    rig:finish()
    write("30100")
    rig = Rig.new({ script = path })
    local call = rig.phone:invite({ to = rig.agent })
    rig.net:settle()
    local change = call:reinvite()
    rig.net:run(0.5)
    write("30200")
    assert(rig.agent:reload())
    rig.net:run(1)
    assert.matches("audio 30100", change.response.body)
    change = call:reinvite()
    rig.net:run(1.5)
    os.remove(path)
    assert.matches("audio 30200", change.response.body)
  end)

  it("leaves no memory behind, however odd its description (RFC 3261 14.2, REI-069)", function()
    local call, session = rig:establish()
    local function odd(n)
      local lines = {}
      for i = 1, n % 2 == 0 and 200 or 1 do
        lines[i] = ("m=audio %d RTP/AVP 96 96 97\r\na=rtpmap:96 x/8000\r\na=rtpmap:97 x/8000\r\n")
          :format(1024 + n)
      end
      return rig.phone:sdp({ version = n, media = table.concat(lines) })
    end
    local function change(n)
      local request, reinvite = rig:change(call, { body = odd(n) })
      if n % 3 == 0 then
        assert(reinvite:reject())
      else
        assert(reinvite:accept({ body = Rig.sdp2 }))
      end
      rig.net:settle()
      assert.is_truthy(request:status())
    end
    local bytes = {}
    for round = 1, 3 do
      for n = 1, 60 do change(n) end
      rig.net:run(40)
      rig.notes, rig.reinvite = {}, nil
      collectgarbage()
      collectgarbage()
      bytes[round] = rig.agent:census().pool_bytes
    end
    assert.equal(bytes[1], bytes[2])
    assert.equal(bytes[1], bytes[3])
    assert.equal("confirmed", session.session_state)
  end)

  it("in one call has nothing to do with that in another (RFC 3261 14.2, REI-066)", function()
    local calls = {}
    rig.call.on_invite = function(request, session)
      session.data.asked = (session.data.asked or 0) + 1
      session.data.reinvite = request
    end
    for i = 1, 60 do
      local call, session = rig:establish()
      calls[i] = { call = call, session = session, change = call:reinvite() }
    end
    rig.net:settle()
    for i, one in ipairs(calls) do
      if i % 3 == 0 then one.second = one.call:reinvite() end
      if i % 3 == 1 then one.session.data.reinvite:reject() end
      if i % 3 == 2 then one.session.data.reinvite:accept({ body = Rig.sdp2 }) end
    end
    rig.net:settle()
    for i, one in ipairs(calls) do
      assert.equal(1, one.session.data.asked)
      if i % 3 == 0 then
        assert.equal(500, one.second:status())
        assert.is_nil(one.change:status())
        assert(one.session.data.reinvite:accept({ body = Rig.sdp3 }))
      elseif i % 3 == 1 then
        assert.equal(488, one.change:status())
        assert.equal(Rig.sdp, one.session.answer)
      else
        assert.equal(200, one.change:status())
        assert.equal(Rig.sdp2, one.session.answer)
      end
    end
    rig.net:settle()
    for _, one in ipairs(calls) do
      assert.equal("confirmed", one.session.session_state)
      one.call:bye()
    end
  end)
end)

describe("a change of ours", function()
  local rig, call, session, offer, answer

  before_each(function()
    rig = Rig.new()
    call, session = rig:establish()
    offer, answer = session.offer, session.answer
  end)
  after_each(function() rig:finish() end)

  -- Leaves requests of this method alone; `held[1]` is the first of them.
  local function hold(method)
    local held = {}
    call.on_request = function(message)
      if message.method == method then
        held[#held + 1] = message
        return false
      end
    end
    return held
  end

  it("does not move the target with an unreliable 1xx (RFC 6141 4.7, REI-040)", function()
    local held = hold("INVITE")
    assert(session:invite({ body = Rig.sdp2 }))
    rig.net:settle()
    for _, status in ipairs({ 180, 183 }) do
      rig.phone:respond(held[1], { status_code = status, contact = "sip:x@192.0.2.9:5061" })
      rig.net:settle()
      assert.equal(rig.phone.uri, tostring(session.remote_target))
    end
    rig.phone:respond(held[1], { status_code = 488 })
    rig.net:settle()
    assert(session:bye())
    rig.net:settle()
    assert.equal(rig.phone.uri, rig:sent("BYE")[1].ruri)
  end)

  it("is not begun before the ACK that answers the peer's offer (RFC 6337 4.3, REI-007)",
    function()
      local codes = {}
      call.on_request = function(message)
        if message.method == "INVITE" then
          return { status_code = 200, body = rig.phone:sdp({ version = 2 }) }
        end
      end
      assert(session:invite({
        delegate = {
          on_accept = function(response)
            for _, method in ipairs({ "invite", "update" }) do
              local _, err = session[method](session, { body = Rig.sdp3 })
              codes[#codes + 1] = err and err.code
            end
            assert(response:ack({ body = Rig.sdp3 }))
          end,
        },
      }))
      rig.net:settle()
      assert.same({ "EPENDING", "EPENDING" }, codes)
      assert.equal(1, #rig:sent("INVITE"))
      assert(session:update({ body = Rig.sdp2 }))
    end)

  it("whose offer in the 2xx is no good is answered in the ACK, then hung up (RFC 3261 14.2, "
    .. "REI-024)", function()
      local theirs = rig.phone:sdp({ version = 2 }):gsub("RTP/AVP 0 8", "RTP/AVP 96")
      call.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 200, body = theirs } end
      end
      local refusal = Rig.sdp2:gsub("audio %d+", "audio 0")
      assert(session:invite({
        delegate = {
          on_accept = function(response)
            assert(response:ack({ body = refusal }))
            assert(session:bye())
          end,
        },
      }))
      rig.net:settle()
      rig.net:expect([[
        alice                bob
                         <-- INVITE
          200 INVITE (sdp) -->
                         <-- ACK (sdp)
                         <-- BYE
          200 BYE        -->
      ]])
    end)

  it("has one final response: another 2xx with another To tag ends nothing "
    .. "(RFC 3261 14.1, REI-015)", function()
      local held = hold("INVITE")
      local accepted = 0
      assert(session:invite({
        body = Rig.sdp2, delegate = { on_accept = function() accepted = accepted + 1 end },
      }))
      rig.net:settle()
      local theirs = rig.phone:sdp({ version = 2 })
      rig.phone:respond(held[1], { status_code = 200, body = theirs })
      rig.net:settle()
      rig.phone:send(table.concat({
        "SIP/2.0 200 OK", "Via: " .. held[1]:header("Via"), "From: " .. held[1].from,
        "To: " .. held[1].to:gsub("tag=.*", "tag=other"), "Call-ID: " .. held[1].call_id,
        "CSeq: " .. held[1].cseq .. " INVITE", "Contact: <sip:evil@192.0.2.9>",
        "Content-Type: application/sdp", "Content-Length: 5", "", "v=0\r\n",
      }, "\r\n"), rig.agent)
      rig.net:settle()
      assert.equal(1, accepted)
      same_session(session, Rig.sdp2, theirs)
      assert.equal(rig.phone.uri, tostring(session.remote_target))
      assert.equal("confirmed", session.session_state)
      call.on_request = nil
      local info = call:info()
      rig.net:settle()
      assert.equal(200, info:status())
    end)

  it("is not touched by the end of an older one (RFC 3261 14.1, REI-072)", function()
    assert(session:invite({ body = Rig.sdp2 }))
    rig.net:run(31)
    local held = hold("INVITE")
    assert(session:invite({ body = Rig.sdp3 }))
    rig.net:run(3)
    assert.equal("have_local_offer", session.signaling_state)
    local theirs = rig.phone:sdp({ version = 3 })
    rig.phone:respond(held[1], { status_code = 200, body = theirs })
    rig.net:settle()
    same_session(session, Rig.sdp3, theirs)
  end)

  it("that is answered with BYE, then 481, ends the call once (RFC 3261 14, REI-073)", function()
    local held = hold("INVITE")
    local failed
    assert(session:invite({
      body = Rig.sdp2, delegate = { on_reject = function(response, err)
        failed = response and response.status_code or err.code
      end },
    }))
    rig.net:settle()
    local bye = call:bye()
    rig.phone:respond(held[1], { status_code = 481 })
    rig.net:run(40)
    assert.equal(200, bye:status())
    assert.equal(1, rig:told("on_terminated"))
    assert.same({}, rig:sent("BYE"))
    assert.is_truthy(failed == 481 or failed == "EGONE", failed)
    assert.equal(0, rig.agent:census().sessions)
  end)

  it("drops what the peer says of itself in headers that belong in requests "
    .. "(RFC 3261 7.3.2, MSG-013)", function()
      call.on_request = function(message)
        if message.method == "INVITE" then
          return {
            status_code = 200, body = rig.phone:sdp({ version = 2 }),
            headers = { "Max-Forwards: 0", "Route: <sip:192.0.2.66;lr>", "Proxy-Require: x" },
          }
        end
      end
      assert(session:invite({ body = Rig.sdp2 }))
      rig.net:settle()
      assert.same({}, rig:sent("ACK")[1]:headers("Route"))
      assert.equal(Rig.sdp2, session.offer)
      assert.is_not_equal(offer, session.offer)
      assert.is_not_equal(answer, session.answer)
    end)
end)

describe("a failure of a re-INVITE", function()
  -- RFC 5057 table 1; a call has one usage.
  local ends = { 404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 501, 502, 604 }
  local passes = { 400, 402, 403, 406, 412, 413, 414, 415, 417, 420, 421, 423, 428, 429, 436, 437,
    438, 486, 487, 488, 493, 494, 499, 500, 503, 504, 505, 513, 580, 599, 600, 603, 606 }

  for state, statuses in pairs({ terminated = ends, confirmed = passes }) do
    it(("leaves the call %s where its status says so (RFC 5057 5.1, DLG-017)"):format(state),
      function()
        for _, status in ipairs(statuses) do
          local rig = Rig.new()
          local call, session = rig:establish()
          local offer, answer = session.offer, session.answer
          call.on_request = function(message)
            if message.method == "INVITE" then return { status_code = status } end
          end
          assert(session:invite({ body = Rig.sdp2 }))
          rig.net:settle()
          assert.equal(state, session.session_state, tostring(status))
          if state == "confirmed" then
            assert.same({ "stable", offer, answer },
              { session.signaling_state, session.offer, session.answer })
          end
          rig:finish()
        end
      end)
  end
end)

describe("a re-INVITE and an UPDATE that meet", function()
  it("get 491 both, and both recover, for any seed (RFC 5407 3.3.2, REI-057)", function()
    for seed = 1, 60 do
      local rig = Rig.new({ net = { seed = seed, latency = 0.02 } })
      rig.call.on_invite = function(request) request:accept({ body = Rig.sdp3 }) end
      local call, session = rig:establish()
      local statuses, asking = {}, nil
      local function ask()
        asking = call:reinvite({ body = rig.phone:sdp({ version = 2 }) })
        asking.on_end = function()
          statuses[#statuses + 1] = asking:status()
          if asking:status() == 491 then rig.net:after(2.1 + (seed % 20) / 10, ask) end
        end
      end
      call.on_request = function(message)
        if message.method == "UPDATE" and not asking.response then
          return { status_code = 491 }
        end
      end
      local ours
      assert(session:update({
        body = Rig.sdp2,
        delegate = { on_accept = function(response) ours = response.status_code end },
      }))
      ask()
      rig.net:run(0.2)
      assert.equal(491, statuses[1])
      assert.equal(1, #rig:sent("491 INVITE"))
      rig.net:run(20)
      assert.equal(200, statuses[#statuses], "theirs, seed " .. seed)
      assert.equal(200, ours, "ours, seed " .. seed)
      assert.equal("stable", session.signaling_state)
      rig:finish()
    end
  end)
end)

describe("the session timer", function()
  local function establish(rig, headers)
    local call, invite = rig:ring({ headers = headers })
    rig:accept(invite)
    rig.net:settle()
    rig.net:clear()
    return call
  end

  it("takes any interval from 90 s on, and 1800 s when nobody says one (RFC 4028 4, TMR-001)",
    function()
      local rig = Rig.new({ settings = { ["session.expires"] = 7200 } })
      for _, interval in ipairs({ 90, 91, 120, 600, 1800, 3600, 7200 }) do
        local call = establish(rig, { "Supported: timer", "Session-Expires: " .. interval })
        assert.equal(interval, tonumber(call.response:header("Session-Expires"):match("^%d+")))
        assert.is_nil(call.response:header("Min-SE"))
      end
      rig:finish()
      rig = Rig.new()
      local call = establish(rig, { "Supported: timer" })
      assert.equal("1800", call.response:header("Session-Expires"):match("^%d+"))
      rig:finish()
    end)

  it("is not put off by a change that is refused (RFC 4028 9, TMR-016)", function()
    local headers = { "Supported: timer", "Session-Expires: 90;refresher=uac" }
    local rig = Rig.new()
    local call = establish(rig, headers)
    rig.net:run(50)
    local _, reinvite = rig:change(call, { headers = headers })
    assert(reinvite:reject())
    local update = call:update({ headers = headers, body = rig.phone:sdp({ version = 2 }) })
    local short = call:update({ headers = { "Supported: timer", "Session-Expires: 10" } })
    rig.net:settle()
    assert.equal(488, update:status())
    assert.equal(422, short:status())
    rig.net:run(9)
    assert.same({}, rig:sent("BYE"))
    rig.net:run(2)
    assert.equal(1, #rig:sent("BYE"))
    rig:finish()
  end)
end)
