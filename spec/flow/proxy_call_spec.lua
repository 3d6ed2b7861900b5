--- A call through a proxy: who sees what, and what passes later.
local Relayed = require("spec.support.relayed")
local sip = require("moonsip")

describe("a call through a proxy", function()
  local stage

  before_each(function() stage = Relayed.new() end)
  after_each(function() stage:finish() end)

  local function recording()
    stage.plan = function(request)
      stage:forward(request, "sip:bob@192.0.2.4", { record_route = true })
    end
  end

  it("is set up past it, and goes on without it (RFC 3261 16.1, RFC 3665 3.2)", function()
    stage:answers(stage.bob, 180, 200)
    stage:ring()
    stage.call:bye()
    stage.net:settle()
    stage.net:expect([[
      alice  proxy  bob
        alice -> proxy  INVITE (sdp)
        proxy -> alice  100
        proxy -> bob    INVITE (sdp)
        bob -> proxy    180
        bob -> proxy    200 INVITE (sdp)
        proxy -> alice  180
        proxy -> alice  200 INVITE (sdp)
        alice -> bob    ACK
        alice -> bob    BYE
        bob -> alice    200 BYE
    ]])
    assert.equal(200, stage.result.status_code)
  end)

  it("stays on it with Record-Route, in both directions (16.6.4, 16.12.1.1)", function()
    recording()
    stage:answers(stage.bob, 180, 200)
    stage:ring()
    stage.call:reinvite()
    stage.net:settle()
    stage.bob.call:info({ body = "x", content_type = "text/plain" })
    stage.net:settle()
    stage.net:clear()
    stage.bob.call:bye()
    stage.net:settle()
    stage.net:expect([[
      alice  proxy  bob
        bob -> proxy    BYE
        proxy -> alice  BYE
        alice -> proxy  200 BYE
        proxy -> bob    200 BYE
    ]])
    local counters = stage.proxy:counters()
    assert.equal(3, counters.transit_requests)
    assert.equal(2, counters.transit_acks)
    assert.equal(1, counters.calls)
  end)

  it("gets a 100 at once, and one only (16.2, 16.7.5)", function()
    stage:answers(stage.bob, 100, 180)
    stage:ring()
    assert.equal(1, #stage:seen(stage.proxy, stage.alice, "100 INVITE"))
    assert.is_nil(stage.call.responses[1].to_tag)
    assert.equal(1, #stage:seen(stage.proxy, stage.alice, "180 INVITE"))
    stage:pick_up(stage.bob)
    stage.bob.ringing = nil
  end)

  it("gets no second 100 while the phone says nothing (17.2.1)", function()
    stage:answers(stage.bob)
    stage:ring()
    stage.net:run(0.45)
    assert.equal(1, #stage:seen(stage.proxy, stage.alice, "100 INVITE"))
    stage:pick_up(stage.bob)
  end)

  it("hears every provisional response as it is, and nothing else (16.7.5, 16.7.9)", function()
    stage:answers(stage.bob, { status_code = 183, reason_phrase = "Wait  a bit", body = "v=0\r\n",
      headers = { "X-Strange: a ;b" } })
    stage:ring()
    local got, sent = stage.call.responses[2].text, stage:seen(stage.bob, stage.proxy)[1].text
    assert.equal(got, (sent:gsub("\nVia: [^\n]*", "", 1)))
    stage:pick_up(stage.bob)
  end)

  it("passes on a 2xx that is repeated, and the ACK of each (16.7.5, RFC 6026 7.2)", function()
    recording()
    stage:answers(stage.bob, 180, 200)
    stage:lose(stage.alice, stage.proxy, "ACK", 2)
    stage:ring()
    stage.net:run(3)
    assert.equal(3, #stage:seen(stage.bob, stage.proxy, "200 INVITE"))
    assert.equal(3, #stage:seen(stage.proxy, stage.alice, "200 INVITE"))
    assert.equal(1, #stage:seen(stage.proxy, stage.bob, "ACK"))
  end)

  it("passes a 200 that comes when all is forgotten, but only to the caller (16.7)", function()
    stage:answers(stage.bob)
    stage:ring()
    stage.net:run(100)
    assert.equal(408, stage.call.response.status_code)
    assert.equal(0, stage.proxy:census().transactions)
    local late = stage.bob.ringing
    stage.bob:respond(late, { status_code = 200 })
    stage.net:settle()
    assert.equal(1, #stage:seen(stage.proxy, stage.alice, "200 INVITE"))
    stage.net:run(40)
    -- With another address in it nobody is hit.
    local forged = late.text:gsub("received=192.0.2.9", "received=192.0.2.4")
    stage.net:clear()
    stage.bob:respond(require("moonsip.sim.message").new(forged), { status_code = 200 })
    stage.bob:respond(late, { status_code = 486 })
    stage.net:settle()
    assert.equal(0, #stage:seen(stage.proxy, stage.bob))
    assert.equal(0, #stage:seen(stage.proxy, stage.alice))
    stage.alice.calls[late.call_id] = nil
  end)

  it("does not repeat a 2xx by itself (16.7.5)", function()
    stage:answers(stage.bob, 200)
    stage:lose(stage.bob, stage.proxy, "200 INVITE") -- all but the first
    stage.net.filter = nil
    stage:ring({ ack = false })
    stage:lose(stage.bob, stage.proxy, "200 INVITE")
    stage.net:run(20)
    assert.equal(1, #stage:seen(stage.proxy, stage.alice, "200 INVITE"))
    stage.call.invite:ack()
  end)

  it("shows each side what the other sent, but for what 16.6 names", function()
    stage:answers(stage.bob, 180)
    stage:ring({ headers = { "X-Unknown: 1 , 2;a=\"b\"", "Require: nothing-we-know" } })
    local came, sent = stage:seen(stage.alice, stage.proxy)[1], stage.bob.latest
    local same = sent.text:gsub("^[^\n]*\n", ""):gsub("Via: SIP/2.0/UDP 192.0.2.1[^\n]*\n", "")
      :gsub("Max%-Breadth: 60\r\n", ""):gsub(";rport=5060;received=192.0.2.9", ";rport")
      :gsub("Max%-Forwards: 69", "Max-Forwards: 70")
    assert.equal((came.text:gsub("^[^\n]*\n", "")), same)
    assert.equal("sip:bob@192.0.2.4", sent.ruri)
    stage:pick_up(stage.bob, 486)
    assert.equal(486, stage.call.response.status_code)
  end)

  it("is refused by the phone through it, hop by hop (16.7.6, 17.1.1.3)", function()
    stage:answers(stage.bob, 486)
    stage:ring()
    stage.net:expect([[
      alice  proxy  bob
        alice -> proxy  INVITE (sdp)
        proxy -> alice  100
        proxy -> bob    INVITE (sdp)
        bob -> proxy    486
        proxy -> bob    ACK
        proxy -> alice  486
        alice -> proxy  ACK
    ]])
    assert.equal(stage:seen(stage.bob, stage.proxy, "486 INVITE")[1].to_tag,
      stage.call.response.to_tag)
  end)

  it("may be answered by the script itself after all, or bridged as before (16.7.6)", function()
    stage.plan = function(request)
      local response = stage:forward(request, "sip:bob@192.0.2.4", { answer = false })
      assert.equal(486, response.status_code)
      request:accept({ body = sip.sdp.answer(request.message.body) })
    end
    stage:answers(stage.bob, 486)
    stage:ring()
    assert.equal(200, stage.call.response.status_code)
    assert.equal(1, stage.proxy:census().sessions)
  end)

  it("may be refused while it rings: the branches are cancelled (16.7.10)", function()
    stage:answers(stage.bob, 180)
    local held
    local plan = stage.plan
    stage.plan = function(request)
      held = request
      plan(request)
    end
    stage:ring()
    local accepted, err = held:accept({ body = stage.bob:sdp() })
    assert.is_nil(accepted)
    assert.equal("ESTATE", err.code)
    assert(held:reject({ status_code = 480 }))
    stage.net:settle()
    assert.equal(480, stage.call.response.status_code)
    assert.equal(1, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
  end)
end)

describe("a request that is no INVITE", function()
  local stage

  before_each(function() stage = Relayed.new() end)
  after_each(function() stage:finish() end)

  for _, method in ipairs({ "MESSAGE", "OPTIONS", "SUBSCRIBE", "PUBLISH", "FANCY" }) do
    it(("is sent on, known or not: %s (16.3.1, 16.6)"):format(method), function()
      stage.bob.on_request = function() return { status_code = 202 } end
      local request = stage.alice:request({ to = stage.proxy, method = method })
      stage.net:settle()
      assert.equal(202, request:status())
      assert.equal(1, #stage.bob.requests)
    end)
  end

  it("has one answer; repeats of it get that again (17.2.2)", function()
    stage.bob.on_request = function() return { status_code = 404 } end
    stage:lose(stage.proxy, stage.alice, "404 MESSAGE", 1)
    local request = stage.alice:request({ to = stage.proxy, method = "MESSAGE" })
    stage.net:run(2)
    assert.equal(404, request:status())
    assert.equal(1, #stage:seen(stage.proxy, stage.bob, "MESSAGE"))
  end)

  it("that nobody answers is left without an answer, not with a 408 (RFC 4320 4.2)", function()
    stage.bob.on_request = function() return false end
    local request = stage.alice:request({ to = stage.proxy, method = "MESSAGE" })
    stage.net:run(60)
    assert.is_nil(request:status())
    assert.equal("ETIMEOUT", stage.err.code)
  end)

  it("that a target leaves alone for too long is answered 480 in time", function()
    stage.bob.on_request = function() return false end
    stage.plan = function(request) stage:forward(request, "sip:b@192.0.2.4", { timeout = 5 }) end
    local request = stage.alice:request({ to = stage.proxy, method = "MESSAGE" })
    stage.net:run(10)
    assert.equal(480, request:status())
  end)
end)

describe("requests of dialogs that pass through", function()
  local stage, call

  before_each(function()
    stage = Relayed.new()
    stage.plan = function(request)
      stage:forward(request, "sip:bob@192.0.2.4", { record_route = true })
    end
    stage:answers(stage.bob, 200)
    call = stage:ring()
    stage.net:clear()
  end)
  after_each(function() stage:finish() end)

  it("carry a token that no other dialog can use: we are no open relay (16.4)", function()
    local other = stage.alice:request({
      to = "sip:victim@192.0.2.4", destination = stage.proxy.address, method = "INFO",
      to_tag = "x", headers = { (call.routes:gsub("\r\n", "")) },
    })
    stage.net:settle()
    assert.equal(481, other:status())
    assert.equal(0, #stage:seen(stage.proxy, stage.bob))
  end)

  it("are refused with a Route that names us but has no token (16.4)", function()
    local request = stage.alice:request({
      to = "sip:victim@192.0.2.4", destination = stage.proxy.address, method = "BYE",
      to_tag = "x", headers = { "Route: <sip:192.0.2.1;lr>" },
    })
    stage.net:settle()
    assert.equal(481, request:status())
  end)

  it("are dropped when they are such an ACK", function()
    local text = call.invite.ack_text:gsub("Call%-ID: [^\r]*", "Call-ID: other")
    local stray = stage.proxy:counters().dropped_stray
    stage.alice:send(text, stage.proxy)
    stage.net:settle()
    assert.equal(0, #stage:seen(stage.proxy, stage.bob))
    assert.equal(stray + 1, stage.proxy:counters().dropped_stray)
  end)

  it("come back from a strict router with their target last (16.4, 16.12.1.2)", function()
    local route = call.routes:match("<(.-)>")
    local routes = call.routes
    call.routes = ("Route: <%s>\r\n"):format(call.remote_target)
    local info = call:info({ ruri = route })
    stage.net:settle()
    call.routes = routes
    assert.equal(200, info:status())
    local sent = stage:seen(stage.proxy, stage.bob, "INFO")[1]
    assert.equal(stage.bob.uri, sent.ruri)
    assert.is_nil(sent:header("Route"))
  end)

  it("are written for a strict router behind us (16.6.6)", function()
    local routes = call.routes
    call.routes = routes:gsub("\r\n", ", <sip:192.0.2.4>\r\n")
    local info = call:info()
    stage.net:settle()
    call.routes = routes
    local sent = stage:seen(stage.proxy, stage.bob, "INFO")[1]
    assert.equal("sip:192.0.2.4", sent.ruri)
    assert.equal("<" .. stage.bob.uri .. ">", sent:header("Route"))
    assert.equal(200, info:status())
  end)

  it("are refused when no hop is left (16.3.3), and their ACK dropped", function()
    local compose = call.compose
    call.compose = function(...)
      return (compose(...):gsub("Max%-Forwards: 70", "Max-Forwards: 0"))
    end
    local info = call:info()
    stage.net:settle()
    call.invite:ack()
    stage.net:settle()
    call.compose = compose
    assert.equal(483, info:status())
    assert.equal(0, #stage:seen(stage.proxy, stage.bob))
  end)

  it("get 408 for a re-INVITE nobody answers, nothing for others (16.7.6, RFC 4320)", function()
    stage.bob.on_request = function() return false end
    local change, info = call:reinvite(), call:info()
    stage.net:run(50)
    assert.equal(408, change:status())
    assert.is_nil(info:status())
  end)

  it("get 500 where the next hop is a name or cannot be reached (16.9)", function()
    local target = call.remote_target
    call.remote_target = "sip:bob@no.where.example"
    local info = call:info()
    stage.net:settle()
    call.remote_target = target
    assert.equal(500, info:status())
  end)

  it("are cancelled through us like others (16.10)", function()
    stage:answers(stage.bob, 180)
    stage.bob.on_request = function(message)
      if message.method == "CANCEL" then
        stage.bob:respond(message, { status_code = 200 })
        return stage.bob:respond(stage.bob.change, { status_code = 487 }) or false
      end
      stage.bob.change = message
      return { status_code = 180 }
    end
    local change = call:reinvite()
    stage.net:settle()
    change:cancel()
    stage.net:settle()
    assert.equal(487, change:status())
    assert.equal(200, change.cancel_request:status())
    assert.equal(1, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
  end)

  it("renew their Record-Route with it, so that a phone may learn anew (16.6.4)", function()
    call:reinvite()
    stage.net:settle()
    local sent = stage:seen(stage.proxy, stage.bob, "INVITE")[1]
    assert.equal(call.routes:match("<.->"), sent:header("Record-Route"))
  end)
end)
