--- What a proxy refuses to send on (RFC 3261 16.3, RFC 5393).
local Relayed = require("spec.support.relayed")

describe("sip.proxy refuses", function()
  local stage

  before_each(function() stage = Relayed.new() end)
  after_each(function() stage:finish() end)

  local function ask(changes, method)
    local request = stage.alice:request({
      to = stage.proxy, method = method or "INVITE", body = false, headers = changes.headers,
      contact = stage.alice.uri,
    })
    stage.net:settle()
    return request
  end

  -- The same with a text of the caller's own.
  local function send(change)
    local compose = require("moonsip.sim.call").compose
    local Call = require("moonsip.sim.call")
    Call.compose = function(...) return change(compose(...)) end
    local request = ask({})
    Call.compose = compose
    return request
  end

  it("a request without a hop left: 483 (16.3.3, UAS-022)", function()
    local request = send(function(text)
      return (text:gsub("Max%-Forwards: 70", "Max-Forwards: 0"))
    end)
    assert.equal(483, request:status())
    assert.equal(0, #stage.bob.received)
    assert.equal("EUNSUPPORTED", stage.err.code)
    assert.is_not_nil(stage.err.message:find("483", 1, true))
  end)

  it("not an OPTIONS without a hop left: it answers that itself (16.3.3, 11)", function()
    local Call = require("moonsip.sim.call")
    local compose = Call.compose
    Call.compose = function(...)
      return (compose(...):gsub("Max%-Forwards: 70", "Max-Forwards: 0"))
    end
    local request = ask({}, "OPTIONS")
    Call.compose = compose
    assert.equal(200, request:status())
    assert.is_not_nil(request.response:header("Allow"))
    assert.equal(0, #stage.bob.received)
  end)

  it("the last hop is used up and not one more (16.6.3)", function()
    stage:answers(stage.bob, 486)
    local request = send(function(text)
      return (text:gsub("Max%-Forwards: 70", "Max-Forwards: 1"))
    end)
    assert.equal(486, request:status())
    assert.equal("0", stage.bob.latest:header("Max-Forwards"))
  end)

  it("what Proxy-Require asks and it does not know: 420 (16.3.5)", function()
    local request = ask({ headers = { "Proxy-Require: foo, Privacy", "Proxy-Require: bar" } })
    assert.equal(420, request:status())
    assert.equal("foo, Privacy, bar", request.response:header("Unsupported"))
  end)

  it("only those tags of Proxy-Require that `understood` lacks (16.3.5)", function()
    stage.plan = function(request)
      stage:forward(request, "sip:b@192.0.2.4", { understood = { "privacy" } })
    end
    local request = ask({ headers = { "Proxy-Require: Privacy, foo" } })
    assert.equal("foo", request.response:header("Unsupported"))
    stage:answers(stage.bob, 486)
    assert.equal(486, ask({ headers = { "Proxy-Require: privacy" } }):status())
  end)

  it("not what Require asks: that is between the phones (16.3.1)", function()
    stage:answers(stage.bob, 486)
    assert.equal(486, ask({ headers = { "Require: foo" } }):status())
    assert.equal("foo", stage.bob.latest:header("Require"))
  end)

  it("a Request-URI of a scheme it does not know: 416 (16.3.2)", function()
    local request = send(function(text) return (text:gsub("^INVITE %S+", "INVITE http://x")) end)
    assert.equal(416, request:status())
  end)

  it("a new request whose Route leads elsewhere: 403, unless told to follow", function()
    stage:answers(stage.bob, 486)
    assert.equal(403, ask({ headers = { "Route: <sip:192.0.2.4;lr>" } }):status())
    assert.equal(403, ask({ headers = {
      "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.4;lr>",
    } }):status())
    assert.equal(0, #stage.bob.received)
    stage.plan = function(request) stage:forward(request, nil, { preloaded = true }) end
    assert.equal(486, ask({ headers = {
      "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.4;lr>",
    } }):status())
    assert.equal("<sip:192.0.2.4;lr>", stage.bob.latest:header("Route"))
    assert.equal("sip:proxy@192.0.2.1:5060", stage.bob.latest.ruri)
  end)

  it("not a Route that is its own: it takes it off (16.4)", function()
    stage:answers(stage.bob, 486)
    assert.equal(486, ask({ headers = { "Route: <sip:192.0.2.1:5060;lr>" } }):status())
    assert.is_nil(stage.bob.latest:header("Route"))
  end)

  it("a target that is a name, or wants another transport: 500 (16.6.7)", function()
    for _, uri in ipairs({ "sip:b@example.invalid", "sip:b@192.0.2.4;transport=tcp",
      "sips:b@192.0.2.4", "tel:+1", "sip:b@224.0.0.1", "sip:b@0.0.0.0" }) do
      stage.plan = function(request) stage:forward(request, uri) end
      assert.equal(500, ask({}):status(), uri)
    end
  end)

  it("nobody to send it to: 480 (16.5)", function()
    stage.plan = function(request) stage:forward(request, {}) end
    assert.equal(480, ask({}):status())
  end)

  it("what cannot be sent: 500, as if the target had said 503 (16.9)", function()
    local call = stage.alice:invite({ to = stage.proxy })
    stage.net:run(0.005)
    stage.proxy:link_down(true)
    stage.net:run(0.3)
    stage.proxy:link_down(false)
    stage.net:run(3)
    assert.equal(500, call.response.status_code)
    assert.equal(0, #stage.bob.received)
  end)
end)

describe("a loop", function()
  local stage

  before_each(function() stage = Relayed.new() end)
  after_each(function() stage:finish() end)

  it("ends with 482 in its second round (16.3.4, RFC 5393 4.2, UAS-021)", function()
    stage.plan = function(request) stage:forward(request, nil) end
    local call = stage:ring()
    assert.equal(482, call.response.status_code)
    assert.equal(2, #stage:seen(stage.proxy, stage.proxy, "INVITE"))
    assert.equal(1, stage.proxy:counters().refused_loop)
  end)

  it("that forks in each round stays small (RFC 5393 3)", function()
    stage.plan = function(request)
      stage:forward(request, { { request.message.ruri, request.message.ruri } })
    end
    stage:ring()
    stage.net:run(5)
    assert.is_true(#stage:seen(stage.proxy, stage.proxy, "INVITE") <= 14)
    assert.equal(482, stage.call.response.status_code)
  end)

  it("is none when the Request-URI changes on the way: a spiral passes (16.3.4)", function()
    stage.plan = function(request)
      local user = request.message.ruri.user
      stage:forward(request, user == "bob" and "sip:bob@192.0.2.4" or "sip:bob@192.0.2.1")
    end
    stage:answers(stage.bob, 200)
    assert.equal(200, stage:ring().response.status_code)
    assert.equal(1, #stage:seen(stage.proxy, stage.proxy, "INVITE"))
  end)

  it("is none when another server sent it back: an application server may (16.3.4)", function()
    stage.carol = stage:phone("carol")
    stage.carol.receive = function(carol, text, from)
      if text:find("^INVITE") then -- a proxy of its own, all in a line
        local via = "Via: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKapp\r\nVia:"
        carol:send((text:gsub("Via:", via, 1)), stage.proxy)
      elseif text:find("^SIP") then
        carol:send((text:gsub("Via: [^\n]*\n", "", 1)), stage.proxy)
      end
      return from
    end
    stage.plan = function(request)
      local back = request.message.source.address == "192.0.2.5"
      stage:forward(request, { uri = request.message.ruri,
        route = back and "<sip:192.0.2.4;lr>" or "<sip:192.0.2.5;lr>" }, { preloaded = true })
    end
    stage:answers(stage.bob, 486)
    stage:ring()
    assert.equal(1, #stage:seen(stage.proxy, stage.bob, "INVITE"))
    assert.equal(486, stage.call.response.status_code)
  end)
end)

describe("a request an endpoint would refuse", function()
  local stage

  before_each(function() stage = Relayed.new() end)
  after_each(function() stage:finish() end)

  local invites = {
    [420] = { headers = { "Require: nothing-we-know" } },
    [400] = { contact = false },
    [406] = { headers = { "Accept: text/plain" } },
    [422] = { headers = { "Supported: timer", "Session-Expires: 30" } },
  }

  for status, given in pairs(invites) do
    it(("with %d is sent on all the same (16.3.1)"):format(status), function()
      stage:answers(stage.bob, 603)
      assert.equal(603, stage:ring(given).response.status_code)
    end)

    it(("with %d is refused so when the script answers it itself"):format(status), function()
      local ok, err
      stage.plan = function(request) ok, err = request:accept({ body = stage.bob:sdp() }) end
      assert.equal(status, stage:ring(given).response.status_code)
      assert.is_nil(ok)
      assert.equal("ESTATE", err.code)
    end)

    it(("with %d is refused before a script that is no proxy sees it"):format(status), function()
      local other = Relayed.new({ settings = { proxy = false } })
      local asked = false
      other.plan = function() asked = true end
      assert.equal(status, other:ring(given).response.status_code)
      assert.is_false(asked)
      other:finish()
    end)
  end

  it("because it came twice, by two ways, is sent on twice (16.3)", function()
    stage:answers(stage.bob, 486)
    local call = stage:ring()
    local copy = call.invite.text:gsub("branch=[^;]*", "branch=z9hG4bKother")
    stage.alice:send(copy, stage.proxy)
    stage.net:settle()
    assert.equal(2, #stage:seen(stage.proxy, stage.bob, "INVITE"))
  end)

  it("because it came twice gets 482 when the script answers it itself (8.2.2.2)", function()
    stage.plan = function(request)
      if not stage.first then
        stage.first = request
      else
        assert.is_nil((request:accept({ body = stage.bob:sdp() })))
      end
    end
    local call = stage:ring()
    stage.alice:send((call.invite.text:gsub("branch=[^;]*", "branch=z9hG4bKother")), stage.proxy)
    stage.net:settle()
    assert.equal(1, #stage:seen(stage.proxy, stage.alice, "482 INVITE"))
    stage.first:reject()
    stage.net:settle()
  end)

  it("needs a script that says it is a proxy: else forward raises", function()
    local other = Relayed.new({ settings = { proxy = false } })
    local call = other:ring()
    assert.equal(500, call.response.status_code)
    assert.is_not_nil(other.proxy.log[1].text:find("script.settings = { proxy = true }", 1, true))
    other:finish({ errors = true })
  end)
end)
