local testing = require("moonsip_testing")
local wire = require("transaction.wire")

describe("the server side of the transaction table", function()
  local txns, before

  before_each(function()
    before = testing.pool().live_count
    txns = testing.txns({})
  end)

  after_each(function()
    txns:close()
    assert.equal(before, testing.pool().live_count)
  end)

  local function open(method, fields, flow)
    local bytes = wire.request(method, fields)
    assert.equal("new", txns:receive(bytes, flow))
    return assert(txns:open(bytes, flow)), bytes
  end

  local function respond(id, status, method, fields)
    return txns:respond(id, status, wire.response(status, method, fields))
  end

  local function sent() return wire.sent(txns) end

  local tcp = { transport = "TCP" }
  local floor_to_t2 = { 0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5 }

  describe("for an INVITE", function()
    it("sends the 100 of the user after 200 ms, once (TXN-019)", function()
      local id = open("INVITE")
      txns:trying(id, wire.response(100, "INVITE"))
      txns:advance(199)
      assert.same({}, sent())
      txns:advance(60000)
      assert.same({ "0.2 100" }, sent())
    end)

    it("sends no 100 when the user was faster (TXN-019)", function()
      local id = open("INVITE")
      txns:trying(id, wire.response(100, "INVITE"))
      txns:advance(150)
      respond(id, 180, "INVITE")
      txns:advance(1000)
      assert.same({ "0.15 180" }, sent())
    end)

    it("repeats the last provisional to a retransmission, else nothing (TXN-020)", function()
      local id, invite = open("INVITE")
      txns:trying(id, wire.response(100, "INVITE"))
      assert.equal("absorbed", txns:receive(invite))
      assert.same({}, sent())
      respond(id, 180, "INVITE")
      respond(id, 183, "INVITE")
      assert.equal("absorbed", txns:receive(invite))
      assert.same({ "0 180", "0 183", "0 183" }, sent())
    end)

    it("repeats a provisional every minute while the user thinks (13.3.1.1)", function()
      respond(open("INVITE"), 180, "INVITE")
      txns:advance(185000)
      assert.same(wire.at({ 0, 60, 120, 180 }, "180"), sent())
    end)

    it("repeats a refusal until timer H and tells the user (TXN-021, TXN-023)", function()
      local id = open("INVITE")
      respond(id, 486, "INVITE", { to_tag = "b1" })
      txns:advance(31999)
      assert.same(wire.at(floor_to_t2, "486"), sent())
      assert.same({}, txns:events())
      txns:advance(1)
      assert.same({ "32000 failure 1 ETIMEOUT", "32000 gone 1" }, txns:events())
      assert.equal(0, txns:count())
      assert.equal(0, txns:timers_armed())
    end)

    it("sends a refusal once on a stream and still waits for the ACK (TXN-021)", function()
      local id = open("INVITE", { transport = "TCP" }, tcp)
      respond(id, 486, "INVITE")
      txns:advance(40000)
      assert.same({ "0 486" }, sent())
      assert.same({ "32000 failure 1 ETIMEOUT", "32000 gone 1" }, txns:events())
    end)

    it("falls silent with the ACK and absorbs its repetitions for T4 (TXN-022)", function()
      local id = open("INVITE")
      respond(id, 486, "INVITE", { to_tag = "b1" })
      txns:advance(600)
      local ack = wire.request("ACK", { to_tag = "b1" })
      assert.equal("absorbed", txns:receive(ack))
      assert.equal("confirmed", txns:about(id).state)
      assert.equal("absorbed", txns:receive(ack))
      txns:advance(4999)
      assert.equal(1, txns:count())
      txns:advance(1)
      assert.same({ "0 486", "0.5 486" }, sent())
      assert.same({ "5600 gone 1" }, txns:events())
      assert.equal("stray", txns:receive(ack))
    end)

    it("ends with the ACK at once on a stream (TXN-022)", function()
      respond(open("INVITE", { transport = "TCP" }, tcp), 486, "INVITE")
      assert.equal("absorbed", txns:receive(wire.request("ACK", { transport = "TCP" }), tcp))
      assert.equal(0, txns:count())
    end)

    it("absorbs retransmissions after a 2xx without a sound for 64*T1 (TXN-025)", function()
      local id, invite = open("INVITE")
      respond(id, 200, "INVITE")
      for _ = 1, 5 do
        txns:advance(1000)
        assert.equal("absorbed", txns:receive(invite))
      end
      txns:advance(26999)
      assert.equal(1, txns:count())
      txns:advance(1)
      assert.same({ "0 200" }, sent())
      assert.same({ "32000 gone 1" }, txns:events())
      assert.equal("new", txns:receive(invite))
    end)

    it("sends a 2xx again when the user repeats it (TXN-026)", function()
      local id = open("INVITE")
      respond(id, 200, "INVITE")
      txns:advance(500)
      assert.is_true(txns:repeat_response(id))
      assert.same({ "0 200", "0.5 200" }, sent())
      txns:forget(id)
      assert.equal("ESTATE", select(3, txns:repeat_response(id)))
    end)

    it("hands an ACK in Accepted to the user (TXN-027)", function()
      respond(open("INVITE"), 200, "INVITE")
      assert.equal("absorbed", txns:receive(wire.request("ACK", { to_tag = "b1" })))
      assert.same({ "0 ack 1" }, txns:events())
    end)

    it("calls an ACK stray when it has a branch of its own (13.2.2.4)", function()
      respond(open("INVITE"), 200, "INVITE")
      assert.equal("stray", txns:receive(wire.request("ACK", { branch = "z9hG4bKother" })))
    end)

    it("survives a transport error and tells the user on the next tick (TXN-028)", function()
      local id = open("INVITE")
      txns:set_link(false)
      assert.is_true(respond(id, 180, "INVITE"))
      assert.same({}, txns:events())
      txns:advance(0)
      assert.same({ "0 failure 1 ETRANSPORT" }, txns:events())
      txns:set_link(true)
      respond(id, 200, "INVITE")
      txns:advance(10)
      assert.same({ "0 200" }, sent())
      assert.same({}, txns:events())
      assert.equal("accepted", txns:about(id).state)
    end)

    it("goes on repeating a refusal after a transport error (RFC 6026 7.1)", function()
      local id = open("INVITE")
      txns:set_link(false)
      respond(id, 486, "INVITE")
      txns:advance(0)
      txns:set_link(true)
      txns:advance(1600)
      assert.same({ "0.5 486", "1.5 486" }, sent())
      assert.same({ "0 failure 1 ETRANSPORT" }, txns:events())
    end)

    it("refuses what is too late and says so beforehand (TXN-032)", function()
      local id = open("INVITE")
      for _, status in ipairs({ 100, 180, 200, 302, 486, 603 }) do
        assert.is_true(txns:can_respond(id, status))
      end
      respond(id, 200, "INVITE")
      for _, status in ipairs({ 100, 180, 200, 302, 486, 603 }) do
        assert.is_false(txns:can_respond(id, status))
        assert.equal("ESTATE", select(3, respond(id, status, "INVITE")))
      end
      assert.same({ "0 200" }, sent())
    end)
  end)

  describe("for another request", function()
    it("absorbs, then repeats the final response, for 64*T1 (TXN-031)", function()
      local id, bye = open("BYE")
      assert.equal("absorbed", txns:receive(bye))
      txns:advance(100)
      respond(id, 200, "BYE")
      assert.equal("absorbed", txns:receive(bye))
      txns:advance(31999)
      assert.equal(1, txns:count())
      txns:advance(1)
      assert.same({ "0.1 200", "0.1 200" }, sent())
      assert.same({ "32100 gone 1" }, txns:events())
    end)

    it("ends on the next tick after the final response on a stream (TXN-031)", function()
      local id = open("BYE", { transport = "TCP" }, tcp)
      respond(id, 200, "BYE")
      assert.equal("completed", txns:about(id).state)
      txns:advance(0)
      assert.same({ "0 gone 1" }, txns:events())
      assert.equal(0, txns:count())
    end)

    it("discards a second final response (TXN-032)", function()
      local id = open("MESSAGE")
      respond(id, 200, "MESSAGE")
      assert.is_false(txns:can_respond(id, 500))
      assert.equal("ESTATE", select(3, respond(id, 500, "MESSAGE")))
      assert.same({ "0 200" }, sent())
    end)

    it("has no provisional but 100 (TXN-040)", function()
      local id = open("MESSAGE")
      assert.is_false(txns:can_respond(id, 180))
      assert.equal("ESTATE", select(3, respond(id, 180, "MESSAGE")))
      assert.same({}, sent())
    end)

    it("sends a 100 on UDP at 3.5 s when nothing else was said (TXN-041)", function()
      local id, message = open("MESSAGE")
      txns:trying(id, wire.response(100, "MESSAGE"))
      txns:advance(3400)
      assert.is_false(txns:can_respond(id, 100))
      assert.equal("absorbed", txns:receive(message))
      txns:advance(200)
      assert.equal("absorbed", txns:receive(message))
      txns:advance(1400)
      respond(id, 200, "MESSAGE")
      assert.same({ "3.5 100", "3.6 100", "5 200" }, sent())
    end)

    it("never says 408: after 64*T1 it ends in silence (TXN-042, TXN-043)", function()
      local id = open("MESSAGE")
      txns:advance(31999)
      assert.is_true(txns:can_respond(id, 200))
      txns:advance(1)
      assert.same({}, sent())
      assert.same({ "32000 failure 1 ETIMEOUT", "32000 gone 1" }, txns:events())
      assert.equal(0, txns:timers_armed())
    end)

    for name, flow in pairs({ UDP = {}, TCP = tcp }) do
      it("ends with a transport error on " .. name .. ", told on the next tick (17.2.4)", function()
        local id = open("MESSAGE", { transport = name }, flow)
        txns:set_link(false)
        assert.is_true(respond(id, 200, "MESSAGE"))
        assert.same({}, txns:events())
        txns:advance(0)
        assert.same({ "0 failure 1 ETRANSPORT", "0 gone 1" }, txns:events())
      end)
    end
  end)

  describe("matching", function()
    it("keeps another sent-by, port or method apart (TXN-033)", function()
      open("INVITE")
      for _, fields in ipairs({
        { sent_by = "other.example.com" }, { sent_by = "client.example.com:5070" },
        { branch = "z9hG4bKabc2" },
      }) do
        assert.equal("new", txns:receive(wire.request("INVITE", fields)))
      end
      assert.equal("new", txns:receive(wire.request("CANCEL")))
      assert.equal("new", txns:receive(wire.request("FOO")))
      assert.equal("absorbed", txns:receive(wire.request("INVITE")))
    end)

    it("takes a default port for the same written out (17.2.3)", function()
      open("INVITE")
      assert.equal("absorbed",
        txns:receive(wire.request("INVITE", { sent_by = "client.example.com:5060" })))
    end)

    it("keeps methods it does not know apart by name (TXN-033)", function()
      open("FOO")
      assert.equal("new", txns:receive(wire.request("BAR")))
      assert.equal("absorbed", txns:receive(wire.request("FOO")))
    end)

    it("ignores the case of branches and host names (TXN-036)", function()
      open("INVITE", { branch = "z9hG4bKAbC" })
      assert.equal("absorbed", txns:receive(wire.request("INVITE",
        { branch = "Z9HG4BKaBc", sent_by = "CLIENT.example.com" })))
    end)

    it("tells two branches apart however long they are", function()
      local long = "z9hG4bK" .. ("x"):rep(300)
      open("INVITE", { branch = long .. "1" })
      assert.equal("new", txns:receive(wire.request("INVITE", { branch = long .. "2" })))
      assert.equal("absorbed", txns:receive(wire.request("INVITE", { branch = long .. "1" })))
      assert.equal(long .. "1", txns:about(1).branch)
    end)

    local function old(fields)
      fields = fields or {}
      fields.via = fields.via or "SIP/2.0/UDP old.example.com"
      return fields
    end

    it("knows a request of RFC 2543 by all its fields (TXN-034)", function()
      open("INVITE", old())
      assert.equal("absorbed", txns:receive(wire.request("INVITE", old())))
      for _, fields in ipairs({
        { ruri = "sip:carol@example.net" }, { from_tag = "a2" }, { call_id = "call2" },
        { call_id = "CALL1@example.com" }, { cseq = 2 }, { to_tag = "b1" },
        { via = "SIP/2.0/UDP old.example.com;x=1" },
      }) do
        assert.equal("new", txns:receive(wire.request("INVITE", old(fields))))
      end
    end)

    it("takes the bare cookie for no branch at all (TXN-035)", function()
      local via = "SIP/2.0/UDP old.example.com;branch=z9hG4bK"
      open("INVITE", { via = via })
      assert.equal("new", txns:receive(wire.request("INVITE", { via = via, call_id = "2" })))
      assert.equal("absorbed", txns:receive(wire.request("INVITE", { via = via })))
    end)

    it("knows the ACK of RFC 2543 by the To tag of our response (TXN-034)", function()
      local id = open("INVITE", old())
      respond(id, 486, "INVITE", old({ to_tag = "b1" }))
      assert.equal("stray", txns:receive(wire.request("ACK", old({ to_tag = "b2" }))))
      assert.equal("completed", txns:about(id).state)
      assert.equal("absorbed", txns:receive(wire.request("ACK", old({ to_tag = "b1" }))))
      assert.equal("confirmed", txns:about(id).state)
    end)

    it("hands the ACK of RFC 2543 to the user in Accepted (TXN-030)", function()
      local id = open("INVITE", old())
      respond(id, 200, "INVITE", old({ to_tag = "b1" }))
      local ack = wire.request("ACK", old({ to_tag = "b1" }))
      assert.equal("absorbed", txns:receive(ack))
      txns:forget(id)
      assert.equal("absorbed", txns:receive(ack))
      assert.same({ "0 ack 1", "0 ack 1" }, txns:events())
    end)

    it("knows the ACK of RFC 2543 inside a dialog, where both have the tag (TXN-034)", function()
      local id = open("INVITE", old({ to_tag = "b1" }))
      respond(id, 491, "INVITE", old({ to_tag = "b1" }))
      assert.equal("absorbed", txns:receive(wire.request("ACK", old({ to_tag = "b1" }))))
      assert.equal("confirmed", txns:about(id).state)
    end)

    it("finds what a CANCEL aims at, cookie or not (9.2, TXN-034)", function()
      local new_style = open("INVITE")
      local old_style = open("INVITE", old())
      local bye = open("BYE", { branch = "z9hG4bKbye" })
      assert.equal(new_style, txns:find_cancelled(wire.request("CANCEL")))
      assert.equal(old_style, txns:find_cancelled(wire.request("CANCEL", old())))
      assert.equal(bye, txns:find_cancelled(wire.request("CANCEL", { branch = "z9hG4bKbye" })))
      assert.is_nil(txns:find_cancelled(wire.request("CANCEL", { branch = "z9hG4bKnobody" })))
      assert.is_nil(txns:find_cancelled(wire.request("CANCEL", old({ from_tag = "a2" }))))
    end)

    it("finds the request that came another way before (8.2.2.2)", function()
      local id = open("INVITE")
      local merged = { branch = "z9hG4bKfork2" }
      assert.equal(id, txns:find_merged(wire.request("INVITE", merged)))
      for _, fields in ipairs({
        { from_tag = "a2" }, { call_id = "call2" }, { cseq = 2 },
        { call_id = "CALL1@example.com" },
      }) do
        assert.is_nil(txns:find_merged(wire.request("INVITE", fields)))
      end
      assert.is_nil(txns:find_merged(wire.request("MESSAGE")))
      local second = open("INVITE", merged)
      respond(second, 482, "INVITE")
      assert.equal(id, txns:find_merged(wire.request("INVITE", { branch = "z9hG4bKfork3" })))
    end)

    it("takes requests of a dialog for no merged ones (8.2.2.2)", function()
      open("INVITE", { to_tag = "b1" })
      assert.is_nil(txns:find_merged(wire.request("INVITE", { branch = "z9hG4bK2" })))
    end)
  end)

  describe("bounds", function()
    it("opens no transaction beyond the ceiling (TXN-045)", function()
      txns:close()
      txns = testing.txns({ max = 2 })
      open("INVITE", { branch = "z9hG4bK1" })
      open("BYE", { branch = "z9hG4bK2" })
      local taken = testing.pool().live_count
      for n = 3, 10 do
        local bytes = wire.request("INVITE", { branch = "z9hG4bK" .. n, call_id = n })
        assert.equal("new", txns:receive(bytes))
        assert.is_nil(txns:open(bytes))
      end
      assert.equal(taken, testing.pool().live_count)
      assert.equal(2, txns:count())
    end)

    it("opens no transaction it could not answer (TRN-009)", function()
      assert.is_nil(txns:open(wire.request("INVITE"), { address = "255.255.255.255" }))
      assert.equal(0, txns:count())
    end)

    it("survives any allocation that fails, and holds nothing afterwards", function()
      local bytes = wire.request("INVITE", { branch = "z9hG4bK" .. ("x"):rep(100) })
      local opened
      for n = 1, 8 do
        testing.fail_after(n)
        opened = txns:open(bytes)
        testing.fail_after(0)
        if opened then
          break
        end
        assert.equal(0, txns:count())
        assert.equal(0, txns:timers_armed())
      end
      assert.is_truthy(opened)
    end)

    it("keeps a lingering transaction within 256 bytes", function()
      assert.is_true(testing.txn_size <= 256)
      local id = open("INVITE", { branch = "z9hG4bK12345678901234567890", sent_by = "192.0.2.11" })
      local taken = testing.pool().live_bytes
      respond(id, 200, "INVITE")
      txns:forget(id)
      assert.equal(taken, testing.pool().live_bytes)
    end)
  end)

  it("sends the same at the same time whether the clock jumps or crawls", function()
    local function run(step_ms)
      txns:close()
      txns = testing.txns({})
      respond(open("INVITE"), 486, "INVITE")
      txns:trying(open("MESSAGE", { branch = "z9hG4bK2" }), wire.response(100, "MESSAGE"))
      respond(open("INVITE", { branch = "z9hG4bK3" }), 180, "INVITE")
      txns:advance(70000, step_ms)
      return { sent(), txns:events() }
    end
    assert.same(run(), run(1))
  end)

  it("follows its own clock only, however large (TXN-038)", function()
    txns:close()
    txns = testing.txns({ now = 4000000000 })
    respond(open("INVITE"), 486, "INVITE")
    txns:advance(31999)
    assert.equal(11, #sent())
    txns:advance(1)
    assert.equal(0, txns:count())
  end)

  it("uses new timers from the next deadline on (TXN-039)", function()
    local id = open("INVITE")
    txns:set_timers({ t1 = 100, t2 = 200, t4 = 300 })
    respond(id, 486, "INVITE")
    txns:advance(6399)
    assert.equal(33, #sent())
    txns:advance(1)
    assert.equal(0, txns:count())
  end)
end)
