-- sip.registration: what it makes of the registrar's answers (RFC 3261 10.2).
local Caller = require("spec.support.caller")
local Message = require("moonsip.sim.message")
local sip = require("moonsip")

local REGISTRAR <const> = "sip:192.0.2.9:5060"
local ALICE <const> = "sip:alice@example.com"

describe("a registration", function()
  local caller, answer, kept, states

  before_each(function()
    caller, states = Caller.new(), {}
    caller.phone.on_request = function(message)
      local given = answer(message)
      if not given then return false end
      given.contact = given.contact or false
      return given
    end
  end)
  after_each(function()
    if kept then kept:stop() end
    kept = nil
    answer = function() return { status_code = 200 } end
    caller:finish()
  end)

  local function keep(options)
    options = options or {}
    options.registrar, options.address = REGISTRAR, ALICE
    options.delegate = options.delegate or {
      on_change = function(_, state) states[#states + 1] = state end,
    }
    caller:spawn(function() kept = sip.registration.keep(options) end)
    return kept
  end

  -- The REGISTERs so far; repeats of one do not count.
  local function sent()
    local list, seen = {}, {}
    for _, packet in ipairs(caller.net.log) do
      local message = Message.new(packet.text)
      if message.label == "REGISTER" and not seen[message.branch] then
        seen[message.branch] = true
        message.time = packet.time / 1000
        list[#list + 1] = message
      end
    end
    return list
  end

  local function ok(headers)
    return { status_code = 200, headers = headers }
  end

  it("uses one Call-ID, and CSeq rises (RFC 3261 10.2.4)", function()
    answer = function() return ok({ "Expires: 100" }) end
    keep()
    caller.net:run(200)
    local list = sent()
    assert.equal(4, #list)
    for i = 2, 4 do
      assert.equal(list[1].call_id, list[i].call_id)
      assert.is_true(list[i].cseq > list[i - 1].cseq)
    end
  end)

  for name, row in pairs({
    ["its own Contact's, of several"] = {
      80, { "Contact: <sip:x@192.0.2.3>;expires=5, <sip:192.0.2.1:5060>;expires=120" },
    },
    ["the shortest when the registrar rewrote it"] = {
      80, { "Contact: <sip:x@192.0.2.3>;expires=120, <sip:y@192.0.2.3>;expires=500" },
    },
    ["that of Expires, with time for one try that fails"] = { 80, { "Expires: 120" } },
    ["what it asked for"] = { 540, {} },
    ["a brief one by half"] = { 15, { "Expires: 30" } },
    ["a long one by nine tenths"] = { 3240, { "Expires: 3600" } },
  }) do
    it("believes the expiry it is granted: " .. name .. " (RFC 3261 10.2.4)", function()
      answer = function() return ok(row[2]) end
      keep()
      caller.net:run(row[1] - 1)
      assert.equal(1, #sent())
      caller.net:run(1.1)
      assert.equal(2, #sent())
    end)
  end

  it("asks again at once for what a 423 wants (RFC 3261 10.2.8)", function()
    answer = function(message)
      if tonumber(message:header("Expires")) < 1800 then
        return { status_code = 423, headers = { "Min-Expires: 1800" } }
      end
      return ok()
    end
    keep()
    caller.net:run(1)
    assert.equal(2, #sent())
    assert.same({ "registered" }, states)
    assert.equal(1800, kept.expires)
    assert.equal(200, kept.response.status_code)
  end)

  it("does not argue with a 423 that makes no sense", function()
    for _, headers in ipairs({ {}, { "Min-Expires: 5" }, { "Min-Expires: x" } }) do
      answer = function() return { status_code = 423, headers = headers } end
      local before = #sent()
      keep()
      caller.net:run(1)
      assert.equal(before + 1, #sent())
      assert.equal("failed", kept.state)
      kept:stop()
      caller.net:settle()
    end
  end)

  it("waits longer after each failure, at random (RFC 5626 4.5)", function()
    answer = function() return { status_code = 503 } end
    keep()
    caller.net:run(7200)
    local list = sent()
    for i = 2, #list do
      local longest = math.min(1800, 30 * 2 ^ (i - 1))
      local wait = list[i].time - list[i - 1].time
      assert.is_true(wait >= longest / 2 and wait <= longest + 1, i .. ": " .. wait)
    end
    assert.is_true(#list > 6)
    assert.equal("failed", states[#states])
  end)

  it("waits as long as Retry-After says (RFC 3261 21.5.4)", function()
    answer = function()
      return { status_code = 503, headers = { "Retry-After: 7 (maintenance)" } }
    end
    keep()
    caller.net:run(6.9)
    assert.equal(1, #sent())
    answer = function() return ok() end
    caller.net:run(0.2)
    assert.equal("registered", kept.state)
  end)

  it("goes on after silence (RFC 3261 17.1.2.2)", function()
    answer = function() return nil end
    keep()
    caller.net:run(33)
    assert.equal("failed", kept.state)
    assert.equal("ETIMEOUT", kept.err.code)
    answer = function() return ok() end
    caller.net:run(61)
    assert.equal("registered", kept.state)
    assert.is_nil(kept.err)
  end)

  it("goes on when nothing can be sent", function()
    answer = function() return ok() end
    caller.agent:link_down(true)
    keep()
    caller.net:run(1)
    assert.equal("failed", kept.state)
    caller.agent:link_down(false)
    caller.net:run(61)
    assert.equal("registered", kept.state)
  end)

  it("takes a 200 that grants nothing for a failure", function()
    answer = function() return ok({ "Expires: 0" }) end
    keep()
    caller.net:run(5)
    assert.equal("failed", kept.state)
    assert.equal(1, #sent())
  end)

  it("keeps the service route (RFC 3608 6.1)", function()
    answer = function() return ok({ "Service-Route: <sip:a;lr>, <sip:b;lr>" }) end
    keep()
    caller.net:run(1)
    assert.same({ "<sip:a;lr>", "<sip:b;lr>" }, kept.service_route)
  end)

  it("is one for each address: said again it goes on, said otherwise it is renewed", function()
    answer = function() return ok() end
    local first = keep()
    caller.net:run(1)
    assert.equal(first, keep())
    caller.net:run(1)
    assert.equal(1, #sent())
    assert.equal(first, keep({ expires = 100 }))
    caller.net:run(1)
    assert.equal(2, #sent())
    assert.equal("100", sent()[2]:header("Expires"))
    keep({ expires = 100, contact = "sip:alice@192.0.2.1" })
    caller.net:run(1)
    assert.equal("<sip:alice@192.0.2.1>", sent()[3]:header("Contact"))
    local auth = { username = "alice", password = "x" }
    for i, given in ipairs({
      auth, { username = "alice", password = "x" }, { username = "alice", password = "y" },
      { username = "bob", password = "y" }, { username = "bob", ha1 = ("0"):rep(32) },
    }) do
      keep({ expires = 100, contact = "sip:alice@192.0.2.1", auth = given })
      caller.net:run(1)
      assert.equal(i == 1 and 4 or i + 2, #sent())
    end
  end)

  it("takes the answer to its latest request only", function()
    local held
    answer = function(message)
      if not held then
        held = message
        return nil
      end
      return ok()
    end
    keep()
    caller.net:run(0.2)
    caller:spawn(function() assert.is_true(kept:renew()) end)
    caller.net:run(0.2)
    assert.same({ "registered" }, states)
    caller.phone:respond(held, { status_code = 503, contact = false })
    caller.net:run(1)
    assert.same({ "registered" }, states)
    assert.is_true(sent()[2].cseq > sent()[1].cseq)
  end)

  it("goes on although the call ends in which the script asked for it", function()
    answer = function() return ok() end
    local session
    caller.delegate.on_invite = function(request)
      session = request:accept({ body = sip.sdp.answer(request.message.body) }).session
      session.delegate = { on_info = function(info)
        info:accept()
        kept = sip.registration.keep({ registrar = REGISTRAR, address = ALICE })
        session:bye()
      end }
    end
    local call = caller.phone:invite({ to = caller.agent })
    caller.net:run(1)
    call:info()
    caller.net:run(1200)
    assert.equal("ended", call.state)
    assert.equal(3, #sent())
    assert.equal("registered", kept.state)
  end)

  it("ends once: Expires 0, and nothing more (RFC 3261 10.2.2)", function()
    answer = function() return ok() end
    keep()
    caller.net:run(1)
    caller:spawn(function() assert.is_true(kept:stop()) end)
    caller.net:run(10000)
    assert.equal(2, #sent())
    assert.equal("0", sent()[2]:header("Expires"))
    assert.is_nil(kept:stop())
    assert.is_nil(kept:renew())
    assert.same({ "registered", "ended" }, states)
  end)

  it("raises for options that make no sense", function()
    local new = sip.registration.keep
    for _, options in ipairs({
      {}, { registrar = REGISTRAR }, { registrar = REGISTRAR, address = ALICE, expire = 1 },
      { registrar = REGISTRAR, address = ALICE, expires = "1" },
    }) do
      assert.has_error(function() new(options) end)
    end
  end)
end)
