local testing = require("moonsip_testing")
local wire = require("transaction.wire")

describe("non-INVITE server transaction", function()
  local txn, first

  before_each(function()
    txn, first = testing.nist({ reliable = false })
  end)

  local function after(...) return wire.feed(txn, ...) end

  it("is silent until the user answers (RFC 3261 17.2.2)", function()
    assert.same({ "arm T 3500", "arm F 32000" }, first)
    assert.equal("nist trying", txn:describe())
    assert.same({}, txn:step("request"))
    assert.equal("ESTATE", select(3, txn:step("repeat")))
  end)

  it("sends its 100 when the client repeats every T2 only (RFC 4320 4.1)", function()
    assert.same({ "send" }, txn:step("timer_T"))
    assert.equal("proceeding", txn:state())
    assert.same({ "send" }, txn:step("request"))
    assert.same({ "send", "stop F", "arm J 32000" }, txn:step("send_final"))
  end)

  for _, row in ipairs({
    { 500, 4000, 3500 }, { 100, 4000, 6300 }, { 500, 500, 500 }, { 2000, 500, 2000 },
  }) do
    it(("reckons that moment from T1 %d and T2 %d"):format(row[1], row[2]), function()
      local _, effects = testing.nist({ t1 = row[1], t2 = row[2] })
      assert.equal("arm T " .. row[3], effects[1])
    end)
  end

  it("refuses a 100 on UDP before that moment (RFC 4320 4.1)", function()
    assert.equal("ESTATE", select(3, txn:step("send_100")))
    assert.equal("trying", txn:state())
    after("timer_T")
    assert.same({ "send" }, txn:step("send_100"))
  end)

  it("sends a 100 on a stream whenever the user likes (RFC 4320 4.1)", function()
    txn = testing.nist({ reliable = true })
    assert.same({ "send", "stop T" }, txn:step("send_100"))
    assert.equal("proceeding", txn:state())
  end)

  it("refuses every other provisional (RFC 4320 4.1)", function()
    assert.equal("ESTATE", select(3, txn:step("send_1xx")))
    after("timer_T")
    assert.equal("ESTATE", select(3, txn:step("send_1xx")))
  end)

  it("repeats the final response to retransmissions until timer J (17.2.2)", function()
    assert.same({ "send", "stop T", "stop F", "arm J 32000" }, txn:step("send_final"))
    assert.same({ "send" }, txn:step("request"))
    assert.same({ "send" }, txn:step("repeat"))
    assert.same({ "gone" }, txn:step("timer_J"))
    assert.equal("terminated", txn:state())
  end)

  it("needs no timer J on a stream (17.2.2)", function()
    txn = testing.nist({ reliable = true })
    assert.same({ "send", "stop T", "stop F", "arm J 0" }, txn:step("send_final"))
  end)

  it("ends without a word on the wire when the client has given up (RFC 4320 4.2)", function()
    assert.same({ "stop T", "timeout", "gone" }, txn:step("timer_F"))
    assert.equal("ESTATE", select(3, txn:step("send_final")))
    txn = testing.nist({})
    after("timer_T")
    assert.same({ "timeout", "gone" }, txn:step("timer_F"))
  end)

  it("ends with a transport error (17.2.4)", function()
    assert.same({ "stop T", "stop F", "failed", "gone" }, txn:step("transport_error"))
    txn = testing.nist({})
    after("timer_T")
    assert.same({ "stop F", "failed", "gone" }, txn:step("transport_error"))
    txn = testing.nist({})
    after("send_final")
    assert.same({ "stop J", "failed", "gone" }, txn:step("transport_error"))
  end)

  it("refuses a second final response and stays as it was (17.2.2)", function()
    after("send_final")
    for _, event in ipairs({ "send_100", "send_1xx", "send_final" }) do
      assert.equal("ESTATE", select(3, txn:step(event)))
    end
    assert.equal("completed", txn:state())
  end)

  for _, row in ipairs({
    { state = "trying", path = {}, events = "request timer_J" },
    { state = "proceeding", path = { "timer_T" }, events = "timer_T timer_J" },
    { state = "completed", path = { "send_final" }, events = "timer_T timer_F" },
    { state = "terminated", path = { "timer_F" },
      events = "request timer_T timer_F timer_J transport_error" },
  }) do
    for event in row.events:gmatch("%S+") do
      it(("absorbs %s while %s"):format(event, row.state), function()
        after(table.unpack(row.path))
        assert.same({}, txn:step(event))
        assert.equal(row.state, txn:state())
      end)
    end
  end
end)
