--- CANCEL through a proxy, and its races (RFC 3261 9, 16.10).
local Relayed = require("spec.support.relayed")
local sip = require("moonsip")

describe("a CANCEL", function()
  local stage

  before_each(function() stage = Relayed.new({ phones = { "bob", "carol" } }) end)
  after_each(function() stage:finish() end)

  local function plan(targets, options)
    stage.plan = function(request) stage:forward(request, targets, options) end
  end

  local both = { { "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" } }

  it("is answered 200 by the proxy and goes to every branch of its own accord (16.10)", function()
    plan(both)
    stage:answers(stage.bob, 180)
    stage:answers(stage.carol, 180)
    stage:ring()
    stage.net:clear()
    stage.call:cancel({ now = true })
    stage.net:settle()
    stage.net:expect([[
      alice  proxy  bob  carol
        alice -> proxy  CANCEL
        proxy -> alice  200 CANCEL
        proxy -> bob    CANCEL
        proxy -> carol  CANCEL
        bob -> proxy    200 CANCEL
        bob -> proxy    487 INVITE
        carol -> proxy  200 CANCEL
        carol -> proxy  487 INVITE
        proxy -> bob    ACK
        proxy -> carol  ACK
        proxy -> alice  487 INVITE
        alice -> proxy  ACK
    ]])
    assert.equal(487, stage.result.status_code)
  end)

  it("has the Request-URI, branch and route of the INVITE it follows (9.1)", function()
    plan("sip:bob@192.0.2.4")
    stage:answers(stage.bob, 180)
    stage:ring()
    stage.call:cancel({ now = true })
    stage.net:settle()
    local invite = stage:seen(stage.proxy, stage.bob, "INVITE")[1]
    local cancel = stage:seen(stage.proxy, stage.bob, "CANCEL")[1]
    assert.equal(invite.branch, cancel.branch)
    assert.equal(invite.ruri, cancel.ruri)
    assert.equal(invite.cseq, cancel.cseq)
    assert.equal(1, #cancel:headers("Via"))
  end)

  it("brings its Reason to the phones (RFC 3326 2)", function()
    plan("sip:bob@192.0.2.4")
    stage:answers(stage.bob, 180)
    stage:ring()
    local reason = 'SIP;cause=200;text="Call completed elsewhere"'
    local text = stage.call.invite.text:gsub("^INVITE", "CANCEL"):gsub(" INVITE\r\n", " CANCEL\r\n")
      :gsub("\r\n\r\n.*$", "\r\n"):gsub("Content%-%a+: [^\r]*\r\n", "")
    stage.alice:send(text .. "Reason: " .. reason .. "\r\nContent-Length: 0\r\n\r\n", stage.proxy)
    stage.net:settle()
    assert.equal(reason, stage:seen(stage.proxy, stage.bob, "CANCEL")[1]:header("Reason"))
  end)

  it("waits for a provisional response of each branch (9.1)", function()
    plan("sip:bob@192.0.2.4")
    stage:answers(stage.bob)
    stage:ring()
    stage.call:cancel({ now = true })
    stage.net:settle()
    assert.equal(0, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
    assert.is_nil(stage.call.response)
    stage.bob:respond(stage.bob.ringing, { status_code = 180 })
    stage.net:settle()
    assert.equal(1, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
    assert.equal(487, stage.call.response.status_code)
  end)

  it("that crosses the answer changes nothing: the call is up (9.1, 16.7.5)", function()
    plan("sip:bob@192.0.2.4")
    stage:answers(stage.bob, 180)
    stage:ring()
    stage.call:cancel({ now = true })
    stage.bob:respond(stage.bob.ringing, { status_code = 200, body = stage.bob:sdp() })
    stage.bob.ringing = nil
    stage.net:settle()
    assert.equal(200, stage.call.response.status_code)
    assert.equal(200, stage.call.invite.cancel_request:status())
    assert.equal("confirmed", stage.call.state)
  end)

  it("that is overtaken by the answer goes no further (9.2, 16.10)", function()
    plan("sip:bob@192.0.2.4")
    stage:answers(stage.bob, 180)
    stage:ring()
    stage.bob:respond(stage.bob.ringing, { status_code = 200, body = stage.bob:sdp() })
    stage.bob.ringing = nil
    stage.net:run(0.005)
    stage.call:cancel({ now = true })
    stage.net:settle()
    assert.equal(200, stage.call.response.status_code)
    assert.equal(0, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
  end)

  it("that comes when all is decided gets 200 and does nothing (9.2)", function()
    plan("sip:bob@192.0.2.4")
    stage:answers(stage.bob, 180, 200)
    stage:ring()
    stage.call:cancel({ now = true })
    stage.net:settle()
    assert.is_true(stage.call.invite.cancel_request:status() == 200
      or stage.call.invite.cancel_request:status() == 481)
    assert.equal(0, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
  end)

  it("ends a series: no further target is tried (16.10)", function()
    plan({ "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" })
    stage:answers(stage.bob, 180)
    stage:ring()
    stage.call:cancel({ now = true })
    stage.net:settle()
    assert.equal(487, stage.call.response.status_code)
    assert.equal(0, #stage.carol.received)
  end)

  it("before the first branch is the engine's to answer with 487 (9.2)", function()
    local cleaned = false
    stage.plan = function(request)
      local _ <close> = setmetatable({}, { __close = function() cleaned = true end })
      sip.sleep(1)
      stage:forward(request, both)
    end
    stage:ring()
    stage.net:run(0.5)
    stage.call:cancel()
    stage.net:run(2)
    assert.equal(487, stage.call.response.status_code)
    assert.is_true(cleaned)
    assert.equal(0, #stage.bob.received)
  end)

  it("between two calls of forward is, too", function()
    stage.plan = function(request)
      stage:forward(request, "sip:bob@192.0.2.4", { answer = false })
      sip.sleep(1)
      stage:forward(request, "sip:carol@192.0.2.5")
    end
    stage:answers(stage.bob, 486)
    stage:ring()
    stage.call:cancel()
    stage.net:run(2)
    assert.equal(487, stage.call.response.status_code)
    assert.equal(0, #stage.carol.received)
  end)

  it("is told to request.delegate, and request.cancelled says so", function()
    local told
    stage.plan = function(request)
      request.delegate = { on_cancel = function(message) told = message.method end }
      stage:forward(request, "sip:bob@192.0.2.4")
      assert.is_true(request.cancelled)
    end
    stage:answers(stage.bob, 180)
    stage:ring()
    stage.call:cancel({ now = true })
    stage.net:settle()
    assert.equal("CANCEL", told)
    assert.is_true(stage.done)
  end)

  it("that is never answered below is given up after 64*T1, with 487 (9.1)", function()
    plan("sip:bob@192.0.2.4")
    stage:answers(stage.bob, 180)
    stage:ring()
    stage.bob.on_request = function() return false end
    stage.call:cancel({ now = true })
    stage.net:run(31)
    assert.is_nil(stage.call.response)
    stage.net:run(3)
    assert.equal(487, stage.call.response.status_code)
  end)

  it("from elsewhere is refused (9.2)", function()
    plan("sip:bob@192.0.2.4")
    stage:answers(stage.bob, 180)
    stage:ring()
    local text = stage.call.invite.text:gsub("^INVITE", "CANCEL"):gsub(" INVITE\r\n", " CANCEL\r\n")
    stage.carol:send(text, stage.proxy)
    stage.net:settle()
    assert.equal(0, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
    stage:pick_up(stage.bob)
    assert.equal(200, stage.call.response.status_code)
  end)
end)

describe("a script that fails", function()
  local stage

  before_each(function() stage = Relayed.new({ phones = { "bob", "carol" } }) end)
  after_each(function() stage:finish({ errors = true }) end)

  it("in a hook: the caller gets 500 and the branches are cancelled", function()
    stage.plan = function(request)
      stage:forward(request, { { "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" } }, {
        on_response = function(response)
          if response.status_code == 183 then error("oops") end
        end,
      })
    end
    stage:answers(stage.bob, 180)
    stage:answers(stage.carol, 180)
    stage:ring()
    stage.carol:respond(stage.carol.ringing, { status_code = 183 })
    stage.net:settle()
    assert.equal(500, stage.call.response.status_code)
    assert.equal(1, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
    assert.equal(1, #stage:seen(stage.proxy, stage.carol, "CANCEL"))
  end)

  for what, wrong in pairs({
    ["an unknown option"] = { "sip:bob@192.0.2.4", { recordroute = true } },
    ["an option of a wrong type"] = { "sip:bob@192.0.2.4", { follow = "yes" } },
    ["a target that is no URI"] = { "not a uri", nil },
    ["an unknown member of a target"] = { { uri = "sip:b@192.0.2.4", rout = "x" }, nil },
    ["a header with CR LF"] = { { uri = "sip:b@192.0.2.4", extra_headers = { "X: a\r\nY: b" } } },
    ["a header that is not its to write"] = {
      "sip:b@192.0.2.4", { extra_headers = { Via = "x" } },
    },
    ["a removed header that must stay"] = { "sip:b@192.0.2.4", { remove_headers = { "t" } } },
    ["a timeout of nothing"] = { "sip:b@192.0.2.4", { timeout = 0 } },
    ["lists in lists in lists"] = { { { { "sip:b@192.0.2.4" } } } },
  }) do
    it(("by %s raises, and the caller gets 500"):format(what), function()
      stage.plan = function(request) stage:forward(request, wrong[1], wrong[2]) end
      stage:ring()
      assert.equal(500, stage.call.response.status_code)
      assert.equal(1, stage.proxy:counters().script_errors)
      assert.equal(0, #stage.bob.received)
      assert.is_not_nil(stage.proxy.log[1].text:find("proxy.forward", 1, true)
        or stage.proxy.log[1].text:find("CR, LF", 1, true))
    end)
  end
end)
