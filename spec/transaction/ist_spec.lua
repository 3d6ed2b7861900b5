local testing = require("moonsip_testing")
local wire = require("transaction.wire")

describe("INVITE server transaction", function()
  local txn, first

  before_each(function()
    txn, first = testing.ist({ reliable = false })
  end)

  local function after(...) return wire.feed(txn, ...) end

  it("waits 200 ms for the user before a 100 (RFC 3261 17.2.1)", function()
    assert.same({ "arm T 200" }, first)
    assert.equal("proceeding", txn:state())
    assert.same({ "send" }, txn:step("timer_T"))
    assert.same({ "send" }, txn:step("invite"))
  end)

  it("has nothing to repeat before anything was sent", function()
    assert.same({}, txn:step("invite"))
    assert.equal("ESTATE", select(3, txn:step("repeat")))
  end)

  it("repeats the last provisional to a retransmission (17.2.1)", function()
    assert.same({ "send", "stop T", "arm P 60000" }, txn:step("send_1xx"))
    assert.same({ "send" }, txn:step("invite"))
    assert.same({ "send", "stop P", "arm P 60000" }, txn:step("send_1xx"))
    assert.same({ "send" }, txn:step("repeat"))
  end)

  it("repeats a provisional every minute so that proxies keep the call (13.3.1.1)", function()
    after("send_1xx")
    assert.same({ "send", "arm P 60000" }, txn:step("timer_P"))
    assert.same({ "send", "arm P 60000" }, txn:step("timer_P"))
    assert.same({ "send", "stop P", "arm L 32000" }, txn:step("send_2xx"))
  end)

  it("sends a 100 of the user at once, but none behind a better provisional", function()
    assert.same({ "send", "stop T" }, txn:step("send_100"))
    assert.same({ "send" }, txn:step("send_100"))
    after("send_1xx")
    assert.same({}, txn:step("send_100"))
  end)

  it("repeats a refusal, ever more slowly, until the ACK (17.2.1)", function()
    assert.same({ "send", "stop T", "arm H 32000", "arm G 500" }, txn:step("send_failure"))
    assert.same({ "send", "arm G 1000" }, txn:step("timer_G"))
    assert.same({ "send", "arm G 2000" }, txn:step("timer_G"))
    assert.same({ "send", "arm G 4000" }, txn:step("timer_G"))
    assert.same({ "send", "arm G 4000" }, txn:step("timer_G"))
    assert.equal("ist completed, G 4000 ms", txn:describe())
    assert.same({ "send" }, txn:step("invite"))
    assert.same({ "stop H", "stop G", "forget", "arm I 5000" }, txn:step("ack"))
    assert.equal("ist confirmed", txn:describe())
    assert.same({ "gone" }, txn:step("timer_I"))
  end)

  it("tells the user when no ACK ever comes (17.2.1)", function()
    after("send_failure")
    assert.same({ "stop G", "timeout", "gone" }, txn:step("timer_H"))
    assert.equal("terminated", txn:state())
  end)

  it("leaves a 2xx to the user and its ACK too (RFC 6026 7.1)", function()
    assert.same({ "send", "stop T", "arm L 32000" }, txn:step("send_2xx"))
    assert.same({ "to user" }, txn:step("ack"))
    assert.same({ "send" }, txn:step("repeat"))
    assert.same({}, txn:step("invite"))
    assert.equal("accepted", txn:state())
    assert.same({ "gone" }, txn:step("timer_L"))
  end)

  it("survives transport errors in every state (RFC 6026 7.1)", function()
    assert.same({ "failed" }, txn:step("transport_error"))
    after("send_1xx")
    assert.same({ "arm P 60000", "failed" }, txn:step("transport_error"))
    after("send_failure", "timer_G")
    assert.same({ "arm G 1000", "failed" }, txn:step("transport_error"))
    after("ack")
    assert.same({}, txn:step("transport_error"))
    assert.equal("confirmed", txn:state())
    txn = testing.ist({})
    after("send_2xx")
    assert.same({ "failed" }, txn:step("transport_error"))
    assert.equal("accepted", txn:state())
  end)

  it("repeats nothing by itself on a reliable transport (17.2.1)", function()
    txn = testing.ist({ reliable = true })
    assert.same({ "send", "stop T", "arm H 32000" }, txn:step("send_failure"))
    assert.same({ "failed" }, txn:step("transport_error"))
    assert.same({ "stop H", "gone" }, txn:step("ack"))
  end)

  it("gives up on a reliable transport too, when no ACK comes (17.2.1)", function()
    txn = testing.ist({ reliable = true })
    after("send_failure")
    assert.same({ "timeout", "gone" }, txn:step("timer_H"))
  end)

  it("takes its times from T1, T2 and T4 (17.1.1.1)", function()
    txn = testing.ist({ t1 = 1000, t2 = 1500, t4 = 70 })
    assert.same({ "send", "stop T", "arm H 64000", "arm G 1000" }, txn:step("send_failure"))
    assert.same({ "send", "arm G 1500" }, txn:step("timer_G"))
    assert.same({ "stop H", "stop G", "forget", "arm I 70" }, txn:step("ack"))
  end)

  -- After a final response every other response is too late.
  for state, path in pairs({
    completed = { "send_failure" },
    confirmed = { "send_failure", "ack" },
    accepted = { "send_2xx" },
    terminated = { "send_2xx", "timer_L" },
  }) do
    for _, event in ipairs({ "send_100", "send_1xx", "send_2xx", "send_failure" }) do
      it(("refuses to %s while %s and stays as it was"):format(event, state), function()
        after(table.unpack(path))
        local effects, message, code = txn:step(event)
        assert.is_nil(effects)
        assert.equal("not possible in this state", message)
        assert.equal("ESTATE", code)
        assert.equal(state, txn:state())
      end)
    end
  end

  -- One row per pair the machine must swallow without a sound.
  for _, row in ipairs({
    { state = "proceeding", path = {}, events = "ack timer_G timer_H timer_I timer_L" },
    { state = "completed", path = { "send_failure" }, events = "timer_T timer_P timer_I timer_L" },
    { state = "accepted", path = { "send_2xx" },
      events = "invite timer_T timer_P timer_G timer_H timer_I" },
    { state = "confirmed", path = { "send_failure", "ack" },
      events = "invite ack timer_T timer_P timer_G timer_H timer_L transport_error" },
    { state = "terminated", path = { "send_2xx", "timer_L" },
      events = "invite ack timer_G timer_H timer_I timer_L transport_error" },
  }) do
    for event in row.events:gmatch("%S+") do
      it(("absorbs %s while %s"):format(event, row.state), function()
        after(table.unpack(row.path))
        assert.equal(row.state, txn:state())
        assert.same({}, txn:step(event))
        assert.equal(row.state, txn:state())
      end)
    end
  end
end)
