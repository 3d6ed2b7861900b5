local testing = require("moonsip_testing")
local wire = require("transaction.wire")

describe("non-INVITE client transaction", function()
  local txn, first

  before_each(function()
    txn, first = testing.nict({ reliable = false })
  end)

  local function after(...) return wire.feed(txn, ...) end

  it("repeats the request, doubling up to T2 (RFC 3261 17.1.2.2)", function()
    assert.same({ "send", "arm F 32000", "arm E 500" }, first)
    for _, ms in ipairs({ 1000, 2000, 4000, 4000, 4000 }) do
      assert.same({ "send", "arm E " .. ms }, txn:step("timer_E"))
    end
    assert.equal("nict trying, E 4000 ms", txn:describe())
    assert.same({ "stop E", "timeout", "gone" }, txn:step("timer_F"))
  end)

  it("goes on repeating every T2 after a provisional (17.1.2.2)", function()
    assert.same({ "to user" }, txn:step("1xx"))
    assert.same({ "to user" }, txn:step("1xx"))
    assert.same({ "send", "arm E 4000" }, txn:step("timer_E"))
    assert.same({ "send", "arm E 4000" }, txn:step("timer_E"))
    assert.same({ "stop E", "timeout", "gone" }, txn:step("timer_F"))
  end)

  it("sends once on a stream and still gives up after 64*T1 (17.1.2.2)", function()
    txn, first = testing.nict({ reliable = true })
    assert.same({ "send", "arm F 32000" }, first)
    assert.same({ "timeout", "gone" }, txn:step("timer_F"))
  end)

  it("shows one final response and absorbs its repetitions (17.1.2.2)", function()
    assert.same({ "stop E", "stop F", "forget", "arm K 5000", "to user" }, txn:step("final"))
    assert.equal("nict completed", txn:describe())
    assert.same({}, txn:step("final"))
    assert.same({ "gone" }, txn:step("timer_K"))
    assert.equal("terminated", txn:state())
  end)

  it("takes a final response after a provisional", function()
    after("1xx")
    assert.same({ "stop E", "stop F", "forget", "arm K 5000", "to user" }, txn:step("final"))
  end)

  it("needs no timer K on a stream (17.1.2.2)", function()
    txn = testing.nict({ reliable = true })
    assert.same({ "stop F", "to user", "gone" }, txn:step("final"))
  end)

  it("reports a transport error and ends (17.1.4)", function()
    assert.same({ "stop E", "stop F", "failed", "gone" }, txn:step("transport_error"))
    txn = testing.nict({ reliable = true })
    after("1xx")
    assert.same({ "stop F", "failed", "gone" }, txn:step("transport_error"))
  end)

  for _, row in ipairs({
    { state = "trying", path = {}, events = "timer_K" },
    { state = "proceeding", path = { "1xx" }, events = "timer_K" },
    { state = "completed", path = { "final" },
      events = "1xx final timer_E timer_F transport_error" },
    { state = "terminated", path = { "timer_F" },
      events = "1xx final timer_E timer_F timer_K transport_error" },
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
