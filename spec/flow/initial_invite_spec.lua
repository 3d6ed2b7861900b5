local Rig = require("spec.support.rig")

describe("an initial INVITE", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("is answered 486 without a callback, and the ACK is absorbed (RFC 3261 13.3.1.3, behaviour 1)",
    function()
      rig = Rig.new({ delegate = {} })
      rig:ring()
      rig.net:run(40)
      rig.net:expect([[
        alice      bob
          INVITE -->
                 <-- 486
          ACK    -->
      ]])
    end)

  it("gets one To tag in all its responses (RFC 3261 8.2.6.2, behaviour 3, UAS-017, INV-015)",
    function()
      local call, invite = rig:ring()
      rig:progress(invite)
      rig:progress(invite, { status_code = 183 })
      rig:accept(invite)
      rig.net:settle()
      local tag = call.response.to_tag
      assert.is_string(tag)
      for _, response in ipairs(call.responses) do
        if response.status_code > 100 then assert.equal(tag, response.to_tag) end
      end
    end)

  it("gets Contact and the Record-Routes in order with 101 to 299 "
    .. "(RFC 3261 12.1.1, behaviour 3, DLG-001)", function()
      local routes = { "<sip:p2.example.com;lr>", "<sip:192.0.2.1;lr;x=1>" }
      local call, invite = rig:ring({
        headers = { "Record-Route: " .. routes[1] .. ", " .. routes[2] }, ack = false,
      })
      rig:progress(invite)
      rig:accept(invite)
      rig.net:settle()
      assert.equal(2, #call.responses)
      for _, response in ipairs(call.responses) do
        assert.is_string(response.contact)
        assert.equal(table.concat(routes, ", "),
          (table.concat(response:headers("Record-Route"), ", "):gsub(",%s*", ", ")))
      end
      call.destination = rig.agent.address
      call.invite:ack({})
    end)

  it("gets Allow and Supported with the 2xx (RFC 3261 13.3.1.4, behaviour 4, INV-001)", function()
    local call, invite = rig:ring()
    rig:accept(invite)
    rig.net:settle()
    for _, method in ipairs({ "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE" }) do
      assert.is_true(call.response:lists("Allow", method), method)
    end
    assert.is_true(call.response:lists("Supported", "timer"))
    assert.is_true(call.response:lists("Supported", "100rel"))
  end)

  it("may be answered later, from outside the callback", function()
    local call, invite = rig:ring()
    rig.net:run(20)
    rig:accept(invite)
    rig.net:settle()
    assert.equal("confirmed", call.state)
  end)

  it("is answered 480 when the script never answers", function()
    rig = Rig.new({ settings = { ["limits.answer_time"] = 5 } })
    local call = rig:ring()
    rig.net:run(6)
    assert.equal(480, call.response.status_code)
    assert.equal(1, rig.agent:counters().unanswered)
  end)

  it("is redirected with the Contacts the script names (RFC 3261 21.3)", function()
    local call, invite = rig:ring()
    assert(invite:redirect({ "sip:carol@192.0.2.7" }))
    rig.net:settle()
    assert.equal(302, call.response.status_code)
    assert.equal("sip:carol@192.0.2.7", call.response.contact)
  end)

  it("that comes by two paths is answered 482 the second time (RFC 3261 8.2.2.2, UAS-008)",
    function()
      local call = rig:ring()
      local text = call.invite.text:gsub("branch=[^;]+", "branch=z9hG4bKotherpath")
      rig.net:clear()
      rig.phone:send(text, rig.agent)
      rig.net:settle()
      assert.equal(1, #rig:sent("482 INVITE"))
      assert.equal(1, #rig.invites)
      rig.invite:reject()
    end)

  it("that requires an unknown extension gets 420 with its name "
    .. "(RFC 3261 8.2.2.3, behaviour 40, UAS-009)", function()
      local call = rig:ring({ headers = { "Require: nothingSupportsThis, 100rel" } })
      assert.equal(420, call.response.status_code)
      assert.same({ "nothingSupportsThis" }, call.response:headers("Unsupported"))
      assert.equal(0, #rig.invites)
    end)

  it("with a body nobody understands is answered 415 with Accept (RFC 3261 8.2.3, UAS-011)",
    function()
      local call = rig:ring({ body = "<a/>", content_type = "application/unknown+xml" })
      assert.equal(415, call.response.status_code)
      assert.is_true(call.response:lists("Accept", "application/sdp"))
    end)
end)
