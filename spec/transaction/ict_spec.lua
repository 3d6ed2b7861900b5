local testing = require("moonsip_testing")
local wire = require("transaction.wire")

describe("INVITE client transaction", function()
  local txn, first

  before_each(function()
    txn, first = testing.ict({ reliable = false })
  end)

  local function after(...) return wire.feed(txn, ...) end

  it("repeats the INVITE, doubling without a cap (RFC 3261 17.1.1.2)", function()
    assert.same({ "send", "arm B 32000", "arm A 500" }, first)
    for _, ms in ipairs({ 1000, 2000, 4000, 8000, 16000, 32000 }) do
      assert.same({ "send", "arm A " .. ms }, txn:step("timer_A"))
    end
    assert.equal("ict calling, A 32000 ms", txn:describe())
    assert.same({ "stop A", "timeout", "gone" }, txn:step("timer_B"))
  end)

  it("sends once on a stream and still gives up after 64*T1 (17.1.1.2)", function()
    txn, first = testing.ict({ reliable = true })
    assert.same({ "send", "arm B 32000" }, first)
    assert.same({ "timeout", "gone" }, txn:step("timer_B"))
  end)

  it("stops repeating and waiting once anybody answers (17.1.1.2)", function()
    assert.same({ "stop A", "stop B", "to user" }, txn:step("1xx"))
    assert.equal("ict proceeding", txn:describe())
    assert.same({ "to user" }, txn:step("1xx"))
  end)

  it("acknowledges a refusal by itself and shows it once (17.1.1.2)", function()
    assert.same({ "stop A", "stop B", "ack", "arm D 32000", "to user" }, txn:step("failure"))
    for _ = 1, 5 do
      assert.same({ "ack" }, txn:step("failure"))
    end
    assert.same({ "gone" }, txn:step("timer_D"))
    assert.equal("terminated", txn:state())
  end)

  it("acknowledges a refusal on a stream too and ends at once (17.1.1.2)", function()
    txn = testing.ict({ reliable = true })
    assert.same({ "stop B", "ack", "to user", "gone" }, txn:step("failure"))
  end)

  it("acknowledges a refusal after ringing", function()
    after("1xx")
    assert.same({ "ack", "arm D 32000", "to user" }, txn:step("failure"))
  end)

  it("never makes timer D shorter than 32 s (RFC 6026 8.4)", function()
    txn = testing.ict({ t1 = 10 })
    assert.same({ "stop A", "stop B", "ack", "arm D 32000", "to user" }, txn:step("failure"))
    txn = testing.ict({ t1 = 1000 })
    assert.equal("arm D 64000", txn:step("failure")[4])
  end)

  it("leaves every 2xx to the user and never acknowledges one (RFC 6026 7.2)", function()
    assert.same({ "stop A", "stop B", "arm M 32000", "to user" }, txn:step("2xx"))
    assert.same({ "to user" }, txn:step("2xx"))
    assert.same({ "gone" }, txn:step("timer_M"))
    txn = testing.ict({})
    after("1xx")
    assert.same({ "arm M 32000", "to user" }, txn:step("2xx"))
  end)

  it("reports a transport error and ends (17.1.4)", function()
    assert.same({ "stop A", "stop B", "failed", "gone" }, txn:step("transport_error"))
    txn = testing.ict({})
    after("1xx")
    assert.same({ "failed", "gone" }, txn:step("transport_error"))
    txn = testing.ict({})
    after("failure")
    assert.same({ "stop D", "failed", "gone" }, txn:step("transport_error"))
  end)

  for _, row in ipairs({
    { state = "calling", path = {}, events = "timer_D timer_M" },
    { state = "proceeding", path = { "1xx" }, events = "timer_A timer_B timer_D timer_M" },
    { state = "completed", path = { "failure" }, events = "1xx 2xx timer_A timer_B timer_M" },
    { state = "accepted", path = { "2xx" },
      events = "1xx failure timer_A timer_B timer_D transport_error" },
    { state = "terminated", path = { "timer_B" },
      events = "1xx 2xx failure timer_A timer_B timer_D timer_M transport_error" },
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
