--- A request that goes to several places, at once or one after the other.
local Relayed = require("spec.support.relayed")

describe("a call that is forked", function()
  local stage

  before_each(function() stage = Relayed.new({ phones = { "bob", "carol", "dave" } }) end)
  after_each(function() stage:finish() end)

  local function fork(targets, options)
    stage.plan = function(request) stage:forward(request, targets, options) end
  end

  local both = { { "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" } }

  it("rings everywhere at once; who answers first has it, the others stop (16.7.5, 16.7.10)",
    function()
      fork(both)
      stage:answers(stage.bob, 180)
      stage:answers(stage.carol, 180)
      stage:ring()
      stage:pick_up(stage.carol)
      stage.net:expect([[
        alice  proxy  bob  carol  dave
          alice -> proxy  INVITE (sdp)
          proxy -> alice  100
          proxy -> bob    INVITE (sdp)
          proxy -> carol  INVITE (sdp)
          bob -> proxy    180
          carol -> proxy  180
          proxy -> alice  180
          proxy -> alice  180
          carol -> proxy  200 INVITE (sdp)
          proxy -> alice  200 INVITE (sdp)
          proxy -> bob    CANCEL
          alice -> carol  ACK
          bob -> proxy    200 CANCEL
          bob -> proxy    487 INVITE
          proxy -> bob    ACK
      ]])
      assert.equal('SIP;cause=200;text="Call completed elsewhere"',
        stage:seen(stage.proxy, stage.bob, "CANCEL")[1]:header("Reason"))
      assert.equal(200, stage.result.status_code)
    end)

  it("passes both when two answer at the same time (16.7.5, 13.2.2.4)", function()
    fork(both)
    stage:answers(stage.bob, 200)
    stage:answers(stage.carol, 200)
    stage:ring()
    local tags = {}
    for i, message in ipairs(stage:seen(stage.proxy, stage.alice, "200 INVITE")) do
      tags[i] = message.to_tag
    end
    assert.equal(2, #tags)
    assert.not_equal(tags[1], tags[2])
    assert.equal(0, #stage:seen(stage.proxy, stage.bob, "CANCEL"))
    assert.equal(0, #stage:seen(stage.proxy, stage.carol, "CANCEL"))
  end)

  it("gets a 2xx that comes behind a refusal it heard already (16.7.5)", function()
    fork({ "sip:bob@192.0.2.4" }, { timeout = 3 })
    stage:answers(stage.bob)
    stage:ring()
    stage.net:run(4)
    assert.equal(408, stage.call.response.status_code)
    stage:pick_up(stage.bob)
    assert.equal(1, #stage:seen(stage.proxy, stage.alice, "200 INVITE"))
  end)

  it("waits for all before it hears a refusal, and hears the best (16.7.6)", function()
    fork(both)
    stage:answers(stage.bob, 404)
    stage:answers(stage.carol, 180)
    stage:ring()
    assert.is_nil(stage.call.response)
    stage:pick_up(stage.carol, 302)
    assert.equal(302, stage.call.response.status_code)
  end)

  it("stops everywhere on a 6xx, and then hears that (16.7.5)", function()
    fork(both)
    stage:answers(stage.bob, 180)
    stage:answers(stage.carol, 603)
    stage:ring()
    stage.net:expect([[
      alice  proxy  bob  carol  dave
        alice -> proxy  INVITE (sdp)
        proxy -> alice  100
        proxy -> bob    INVITE (sdp)
        proxy -> carol  INVITE (sdp)
        bob -> proxy    180
        carol -> proxy  603
        proxy -> alice  180
        proxy -> carol  ACK
        proxy -> bob    CANCEL
        bob -> proxy    200 CANCEL
        bob -> proxy    487 INVITE
        proxy -> bob    ACK
        proxy -> alice  603
        alice -> proxy  ACK
    ]])
  end)

  it("passes a 2xx that crosses the CANCEL behind a 6xx, and no 6xx then (16.7.5)", function()
    fork(both)
    stage:answers(stage.bob, 180)
    stage:answers(stage.carol, 180)
    stage:ring()
    stage.carol:respond(stage.carol.ringing, { status_code = 600 })
    stage.bob:respond(stage.bob.ringing, { status_code = 200, body = stage.bob:sdp() })
    stage.bob.ringing, stage.carol.ringing = nil, nil
    stage.net:settle()
    assert.equal(200, stage.call.response.status_code)
    assert.equal(0, #stage:seen(stage.proxy, stage.alice, "600 INVITE"))
  end)

  it("tries no further target behind a 6xx (16.7.5)", function()
    fork({ "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" })
    stage:answers(stage.bob, 600)
    stage:ring()
    assert.equal(600, stage.call.response.status_code)
    assert.equal(0, #stage.carol.received)
  end)

  it("goes to one after the other, until one answers (16.6)", function()
    fork({ "sip:bob@192.0.2.4", "sip:carol@192.0.2.5", "sip:dave@192.0.2.6" })
    stage:answers(stage.bob, 486)
    stage:answers(stage.carol, 200)
    stage:ring()
    assert.equal(200, stage.call.response.status_code)
    assert.equal(1, #stage:seen(stage.proxy, stage.bob, "INVITE"))
    assert.equal(0, #stage.dave.received)
    assert.not_equal(stage:seen(stage.proxy, stage.bob, "INVITE")[1].branch,
      stage:seen(stage.proxy, stage.carol, "INVITE")[1].branch)
  end)

  it("tries the higher q of a list first, equal ones together (16.6)", function()
    fork({ {
      { uri = "sip:dave@192.0.2.6", q = 0.1 }, { uri = "sip:bob@192.0.2.4" },
      { uri = "sip:carol@192.0.2.5", q = 1.0 },
    } })
    for _, name in ipairs({ "bob", "carol", "dave" }) do stage:answers(stage[name], 180) end
    stage:ring()
    assert.is_not_nil(stage.bob.ringing)
    assert.is_not_nil(stage.carol.ringing)
    assert.is_nil(stage.dave.ringing)
    stage:pick_up(stage.bob, 480)
    stage:pick_up(stage.carol, 480)
    assert.is_not_nil(stage.dave.ringing)
    stage:pick_up(stage.dave)
    assert.equal(200, stage.call.response.status_code)
  end)

  it("collects the challenges of all branches in one response (16.7.7, 22.3)", function()
    fork(both)
    stage:answers(stage.bob, {
      status_code = 407, headers = { 'Proxy-Authenticate: Digest realm="b", nonce="1"' },
    })
    stage:answers(stage.carol, {
      status_code = 401, headers = { 'WWW-Authenticate: Digest realm="c", nonce="2, 3"' },
    })
    stage:ring()
    local response = stage.call.response
    assert.is_true(response.status_code == 401 or response.status_code == 407)
    assert.equal('Digest realm="b", nonce="1"', response:header("Proxy-Authenticate"))
    assert.equal('Digest realm="c", nonce="2, 3"', response:header("WWW-Authenticate"))
  end)

  it("makes a 500 of a 503, which would speak for the whole proxy (16.7.6)", function()
    fork({ "sip:bob@192.0.2.4" })
    stage:answers(stage.bob, 503)
    stage:ring()
    assert.equal(500, stage.call.response.status_code)
  end)

  it("prefers any other answer to a 503 and to silence (16.7.6)", function()
    fork(both, { timeout = 3 })
    stage:answers(stage.bob, 503)
    stage:answers(stage.carol, 502)
    stage:ring()
    assert.equal(502, stage.call.response.status_code)
    fork(both, { timeout = 3 })
    stage:answers(stage.bob)
    stage:answers(stage.carol, 404)
    stage:ring()
    stage.net:run(4)
    assert.equal(404, stage.call.response.status_code)
  end)

  it("hears the contacts of all redirections together (16.7.4, 16.7.6)", function()
    fork(both)
    stage:answers(stage.bob, { status_code = 302, contact = "sip:b@192.0.2.40" })
    stage:answers(stage.carol, { status_code = 301, contact = "sip:c@192.0.2.50" })
    stage:ring()
    local response = stage.call.response
    assert.equal(3, response.status_code // 100)
    assert.same({ "<sip:b@192.0.2.40>", "<sip:c@192.0.2.50>" }, response:headers("Contact"))
  end)

  it("hears one redirection as it came", function()
    fork({ "sip:bob@192.0.2.4" })
    stage:answers(stage.bob, {
      status_code = 302, contact = "sip:b@192.0.2.40", headers = { "X-Kept: yes" },
    })
    stage:ring()
    assert.equal("yes", stage.call.response:header("X-Kept"))
  end)

  it("shows each branch to on_branch, which may change or drop it", function()
    local seen = {}
    fork(both, { on_branch = function(target, request)
      seen[#seen + 1] = target.uri
      assert.equal(stage.request, request)
      if target.uri:find("bob") then return false end
      target.extra_headers = { ["X-For"] = target.uri }
    end })
    stage:answers(stage.carol, 200)
    stage:ring()
    assert.same({ "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" }, seen)
    assert.equal(0, #stage.bob.received)
    assert.equal("sip:carol@192.0.2.5", stage.carol.latest:header("X-For"))
  end)

  it("shows each response to on_response", function()
    local seen = {}
    fork(both, { on_response = function(response, target)
      seen[#seen + 1] = target.uri:match("sip:(%a+)") .. " " .. response.status_code
    end })
    stage:answers(stage.bob, 180, 486)
    stage:answers(stage.carol, 183, 404)
    stage:ring()
    table.sort(seen)
    assert.same({ "bob 180", "bob 486", "carol 183", "carol 404" }, seen)
  end)

  it("follows redirections when asked, by q, and never to the same URI twice (16.5, UAC-015)",
    function()
      fork({ "sip:bob@192.0.2.4" }, { follow = true })
      stage:answers(stage.bob, { status_code = 302, contact = false, headers = {
        'Contact: "B <c>" <sip:dave@192.0.2.6>;q=0.2, <sip:carol@192.0.2.5?Subject=x>;q=0.9',
        "Contact: <sip:bob@192.0.2.4>", "Contact: <mailto:b@x>",
      } })
      stage:answers(stage.carol, { status_code = 302, contact = "sip:bob@192.0.2.4" })
      stage:answers(stage.dave, 180)
      stage:ring()
      assert.equal("sip:carol@192.0.2.5", stage.carol.latest.ruri)
      assert.equal(1, #stage:seen(stage.proxy, stage.bob, "INVITE"))
      stage:pick_up(stage.dave, 486)
      -- The mailto: is left for the caller.
      assert.equal(302, stage.call.response.status_code)
      assert.same({ "<mailto:b@x>" }, stage.call.response:headers("Contact"))
    end)

  it("follows no sip URI where it was called by sips (16.7.4)", function()
    fork({ "sip:bob@192.0.2.4" }, { follow = true })
    stage:answers(stage.bob, { status_code = 302, contact = "sip:carol@192.0.2.5" })
    stage:ring({ ruri = "sips:bob@example.com" })
    assert.equal(302, stage.call.response.status_code)
    assert.equal(0, #stage.carol.received)
  end)

  it("ends when phones send each other on for ever (UAC-015)", function()
    fork({ "sip:bob@192.0.2.4" }, { follow = true })
    local n = 0
    stage.bob.on_request = function(message)
      if message.method ~= "INVITE" then return nil end
      n = n + 1
      return { status_code = 302, contact = ("sip:bob%d@192.0.2.4"):format(n) }
    end
    stage:ring()
    assert.equal(302, stage.call.response.status_code)
    assert.equal(32, n)
  end)
end)

describe("Max-Breadth", function()
  local stage

  before_each(function() stage = Relayed.new({ phones = { "bob", "carol", "dave" } }) end)
  after_each(function() stage:finish() end)

  local all = { { "sip:bob@192.0.2.4", "sip:carol@192.0.2.5", "sip:dave@192.0.2.6" } }

  local function breadths()
    local list = {}
    for i, name in ipairs({ "bob", "carol", "dave" }) do
      local sent = stage:seen(stage.proxy, stage[name], "INVITE")[1]
      list[i] = sent and sent:header("Max-Breadth")
    end
    return list
  end

  local function ring(targets, header)
    stage.plan = function(request) stage:forward(request, targets) end
    for _, name in ipairs({ "bob", "carol", "dave" }) do stage:answers(stage[name], 486) end
    return stage:ring({ headers = header and { header } or nil })
  end

  it("is 60 where there was none, and is spread over a fork (RFC 5393 5.3.3)", function()
    ring(all)
    assert.same({ "20", "20", "20" }, breadths())
  end)

  it("is spread whole when it cannot be spread evenly (RFC 5393 5.3.3)", function()
    ring(all, "Max-Breadth: 5")
    assert.same({ "1", "2", "2" }, breadths())
  end)

  it("is cut to what we allow (RFC 5393 5.3.3)", function()
    ring("sip:bob@192.0.2.4", "Max-Breadth: 100000")
    assert.same({ "60" }, breadths())
  end)

  it("is used again by the next of a series (RFC 5393 5.3.3.1)", function()
    ring({ "sip:bob@192.0.2.4", "sip:carol@192.0.2.5" }, "Max-Breadth: 1")
    assert.same({ "1", "1" }, breadths())
    assert.equal(486, stage.call.response.status_code)
  end)

  it("that does not suffice for a fork is 440, and nobody is tried (RFC 5393 5.3.3)", function()
    ring(all, "Max-Breadth: 2")
    assert.same({}, breadths())
    assert.equal(440, stage.call.response.status_code)
    assert.equal("Max-Breadth Exceeded", stage.call.response.reason_phrase)
  end)
end)
