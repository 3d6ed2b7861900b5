local Rig = require("spec.support.rig")

describe("the engine holds when", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("a 2xx cannot be sent: it stays accepted, says so, tries again (RFC 6026 7.1, behaviour 41)",
    function()
      local call, invite = rig:ring()
      rig.agent:link_down(true)
      rig:accept(invite)
      rig.net:run(1)
      assert.is_true(rig:told("on_transport_error") >= 1)
      assert.equal("ETRANSPORT", rig:last("on_transport_error")[1].code)
      rig.agent:link_down(false)
      rig.net:run(5)
      assert.equal("confirmed", call.state)
      assert.equal("confirmed", rig.session.session_state)
    end)

  it("a callback raises: 500, and the next call is fine (behaviour 42)", function()
    rig.on_invite = function() error("out of luck") end
    local call = rig:ring()
    assert.equal(500, call.response.status_code)
    assert.equal(1, rig.agent:counters().script_errors)
    rig.on_invite = nil
    rig:establish()
    assert.equal("confirmed", rig.session.session_state)
  end)

  it("a callback of a re-INVITE raises: 500, and the session stays as it was "
    .. "(behaviour 42, REI-067, UAS-001)", function()
      local call, session = rig:establish()
      rig.call.on_invite = function() error("out of luck") end
      local change = call:reinvite({ contact = "sip:new@192.0.2.9:5060" })
      rig.net:settle()
      assert.equal(500, change:status())
      assert.equal("stable", session.signaling_state)
      assert.equal("confirmed", session.session_state)
      assert.equal(rig.phone.uri, tostring(session.remote_target))
    end)

  it("a callback raises after it answered: the answer stands", function()
    rig.on_invite = function(request)
      rig:accept(request)
      error("too late")
    end
    local call = rig:ring()
    assert.equal(200, call.response.status_code)
    assert.equal("confirmed", rig.session.session_state)
  end)

  it("a script asks for what is not possible: nothing changes (behaviour 43, UAS-001)", function()
    local call, session = rig:establish()
    local change, reinvite = rig:change(call)
    for _, attempt in ipairs({
      function() reinvite:accept({ status_code = 404, body = Rig.sdp2 }) end,
      function() reinvite:accept({ status_code = 180, body = Rig.sdp2 }) end,
      function() reinvite:progress({ status_code = 100 }) end,
      function() reinvite:progress({ status_code = 200 }) end,
      function() reinvite:reject({ status_code = 200 }) end,
      function() reinvite:reject({ status_code = 700 }) end,
      function() reinvite:redirect({ "sip:a@192.0.2.7" }, { status_code = 400 }) end,
      function() reinvite:accept({ boddy = Rig.sdp2 }) end,
      function() reinvite:accept({ body = 42 }) end,
      function() reinvite:accept() end,
    }) do
      assert.has_error(attempt)
    end
    rig.net:run(0.1)
    assert.same({}, rig:sent())
    assert.equal("have_remote_offer", session.signaling_state)
    assert(reinvite:accept({ body = Rig.sdp2 }))
    rig.net:settle()
    assert.equal(200, change:status())
    for _, late in ipairs({
      function() return reinvite:accept({ body = Rig.sdp3 }) end,
      function() return reinvite:reject() end,
      function() return reinvite:progress() end,
      function() return reinvite:redirect({ "sip:a@192.0.2.7" }) end,
    }) do
      local done, err = late()
      assert.is_nil(done)
      assert.is_truthy(err.code == "ESTATE" or err.code == "EGONE", err.code)
    end
    rig.net:settle()
    assert.equal("stable", session.signaling_state)
    assert.equal(Rig.sdp2, session.answer)
    assert.equal(1, change:copies(200))
  end)

  it("text for the wire holds CR, LF or NUL: it raises and nothing is sent (behaviour 44)",
    function()
      local call, invite = rig:ring()
      for _, bad in ipairs({ "a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b" }) do
        for _, options in ipairs({
          { reason_phrase = bad }, { extra_headers = { "X-A: " .. bad } },
          { extra_headers = { ["X-A"] = bad } }, { extra_headers = { [bad] = "x" } },
          { user_agent = bad }, { to_tag = bad },
        }) do
          assert.has_error(function() invite:reject(options) end)
        end
      end
      rig.net:run(0.1)
      assert.same({}, rig:sent())
      assert(invite:reject({ reason_phrase = "Busy there", extra_headers = { "X-A: fine" } }))
      rig.net:settle()
      assert.equal("Busy there", call.response.reason_phrase)
      assert.equal("fine", call.response:header("X-A"))
    end)

  it("one options table serves many calls: it is never modified (behaviour 45)", function()
    local options = { body = Rig.sdp, extra_headers = { "X-A: 1" } }
    local tags = {}
    for i = 1, 3 do
      local call, invite = rig:ring()
      rig:accept(invite, options)
      rig.net:settle()
      tags[i] = call.response.to_tag
    end
    assert.same({ body = Rig.sdp, extra_headers = { "X-A: 1" } }, options)
    assert.is_true(tags[1] ~= tags[2] and tags[2] ~= tags[3])
  end)

  it("no status is given: the default of each answer holds, with other options or without "
    .. "(behaviour 46)", function()
      local reason = { reason_phrase = "Because" }
      local call, invite = rig:ring()
      assert(invite:progress(reason))
      assert(invite:reject(reason))
      rig.net:settle()
      assert.equal(180, call.responses[1].status_code)
      assert.equal(486, call.response.status_code)
      assert.equal("Because", call.response.reason_phrase)
      call = rig:establish()
      local change, reinvite = rig:change(call)
      assert(reinvite:reject(reason))
      rig.net:settle()
      assert.equal(488, change:status())
      change, reinvite = rig:change(call)
      assert(reinvite:redirect({ "sip:a@192.0.2.7" }, reason))
      rig.net:settle()
      assert.equal(302, change:status())
    end)

  it("a call is accepted twice: the second is refused, one loop of repeats (behaviour 47)",
    function()
      local call, invite = rig:ring({ ack = false })
      rig:accept(invite)
      local again, err = invite:accept({ body = Rig.sdp2 })
      assert.is_nil(again)
      assert.equal("ESTATE", err.code)
      rig.net:run(4)
      assert.same({ 0, 0.5, 1.5, 3.5 }, rig:rhythm("200 INVITE"))
      for _, response in ipairs(call.responses) do
        if response.status_code == 200 then assert.equal(Rig.sdp, response.body) end
      end
      call.invite:ack()
    end)

  it("requests come for no call: 481 to each, nothing to an ACK "
    .. "(RFC 3261 12.2.2, behaviour 32, DLG-018, BYE-003)", function()
      for _, method in ipairs({ "BYE", "INFO", "UPDATE", "PRACK", "INVITE", "NOTIFY" }) do
        local request = rig.phone:request({
          to = rig.agent, method = method, to_tag = "nobody", headers = { "RAck: 1 1 INVITE" },
        })
        rig.net:settle()
        assert.equal(481, request:status(), method)
      end
    end)

  it("objects outlive their call: their methods return EGONE", function()
    local call, session = rig:establish()
    local invite = rig.invite
    call:bye()
    rig.net:run(70)
    local done, err = session:bye()
    assert.is_nil(done)
    assert.equal("EGONE", err.code)
    done, err = invite:accept({ body = Rig.sdp })
    assert.is_nil(done)
    assert.equal("EGONE", err.code)
  end)

  it("garbage arrives: nothing is said and nothing is kept", function()
    for _, bytes in ipairs({
      "", "\r\n\r\n", "\0", ("\255"):rep(2000), "SIP/2.0", "GET / HTTP/1.1\r\n\r\n",
    }) do
      rig.phone:send(bytes, rig.agent)
    end
    rig.net:settle()
    assert.same({}, rig:sent("200 INVITE"))
    assert.equal(0, rig.agent:census().transactions)
  end)

  it("memory runs out anywhere in a call: the call may fail, nothing leaks", function()
    local n, left = 0, 0
    while left == 0 do
      n = n + 1
      rig.on_invite = function(request)
        local response = request:accept({ body = Rig.sdp })
        if response then response.session.delegate = rig.call end
      end
      rig.agent:fail_after(n)
      local call = rig.phone:invite({ to = rig.agent })
      rig.net:run(1)
      local bye = call.remote_tag and call:bye()
      rig.net:run(40)
      if bye and bye:status() ~= 200 then call:bye() end -- 503 is no end
      rig.net:run(80)
      left = rig.agent:fail_after(0)
      assert.equal(0, rig.agent:census().sessions, "allocation " .. n)
      assert.is_true(n < 500)
    end
    rig.on_invite = nil
    rig:establish()
    assert.equal("confirmed", rig.session.session_state)
  end)
end)
