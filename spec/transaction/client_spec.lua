local testing = require("moonsip_testing")
local wire = require("transaction.wire")

describe("the client side of the transaction table", function()
  local txns, before, branch

  before_each(function()
    before = testing.pool().live_count
    txns = testing.txns({})
    branch = txns:branch()
  end)

  after_each(function()
    txns:close()
    assert.equal(before, testing.pool().live_count)
  end)

  local function request(method, fields, flow)
    fields = fields or {}
    fields.branch = branch
    return assert(txns:request(method, wire.request(method, fields), branch, flow))
  end

  local function answer(status, method, fields)
    fields = fields or {}
    fields.branch = fields.branch or branch
    return txns:receive(wire.response(status, method, fields))
  end

  local function sent() return wire.sent(txns) end

  local tcp = { transport = "TCP" }

  for _, row in ipairs({
    { "INVITE on UDP, no answer (TXN-001, TXN-002)", "INVITE", {},
      { 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 } },
    { "INVITE on TCP, no answer (TXN-001)", "INVITE", tcp, { 0 } },
    { "MESSAGE on UDP, no answer (TXN-014, TXN-016)", "MESSAGE", {},
      { 0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5 } },
    { "MESSAGE on TCP, no answer (TXN-014)", "MESSAGE", tcp, { 0 } },
    { "MESSAGE on UDP, a 100 at 0.2 s (TXN-014, TXN-016)", "MESSAGE", {},
      { 0, 0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5 }, 200 },
  }) do
    local title, method, flow, times, provisional_at = table.unpack(row)
    it("keeps the schedule of " .. title, function()
      request(method, {}, flow)
      local expected = { "32000 failure 1 ETIMEOUT", "32000 gone 1" }
      if provisional_at then
        txns:advance(provisional_at)
        answer(100, method)
        table.insert(expected, 1, "200 response 1 100")
      end
      txns:advance(31999 - (provisional_at or 0))
      assert.same(wire.at(times, method), sent())
      txns:advance(1)
      assert.same(expected, txns:events())
      txns:advance(100000)
      assert.same({}, sent())
      assert.equal(0, txns:count())
      assert.equal(0, txns:timers_armed())
    end)
  end

  it("falls silent with the first provisional and passes each on (TXN-003, TXN-004)", function()
    request("INVITE")
    txns:advance(600)
    answer(100, "INVITE")
    answer(180, "INVITE")
    txns:advance(200000)
    answer(183, "INVITE")
    assert.same(wire.at({ 0, 0.5 }, "INVITE"), sent())
    assert.same({ "600 response 1 100", "600 response 1 180", "200600 response 1 183" },
      txns:events())
  end)

  it("acknowledges a refusal and each repetition, and shows it once (TXN-005, TXN-006)", function()
    request("INVITE")
    for _ = 1, 6 do
      assert.equal("absorbed", answer(486, "INVITE", { to_tag = "b1" }))
    end
    assert.same({ "0 INVITE", "0 ACK", "0 ACK", "0 ACK", "0 ACK", "0 ACK", "0 ACK" }, sent())
    assert.same({ "0 response 1 486" }, txns:events())
  end)

  it("remembers a refusal for 32 s on UDP (TXN-007)", function()
    request("INVITE")
    answer(486, "INVITE")
    txns:advance(31999)
    assert.equal(1, txns:count())
    txns:advance(1)
    assert.equal(0, txns:count())
  end)

  it("acknowledges a refusal on a stream and ends (TXN-005, TXN-007)", function()
    request("INVITE", { transport = "TCP" }, tcp)
    answer(486, "INVITE")
    assert.same({ "0 INVITE", "0 ACK" }, sent())
    assert.same({ "0 response 1 486", "0 gone 1" }, txns:events())
  end)

  it("builds that ACK from the INVITE and the To of the response (TXN-008, TXN-009)", function()
    local fields = {
      cseq = 4711, ruri = "sip:bob@example.net;x=1",
      extra = {
        "Via: SIP/2.0/UDP proxy.example.org;branch=z9hG4bKdeeper",
        "Route: <sip:one.example.net;lr>", "Route: <sip:two.example.net;lr>,",
        " <sip:three.example.net;lr>", "Contact: <sip:alice@192.0.2.9>",
      },
    }
    request("INVITE", fields, { address = "198.51.100.7", port = 5066 })
    answer(486, "INVITE", { cseq = 4711, to_tag = "b1" })
    local packets = txns:sent()
    assert.equal("UDP 198.51.100.7:5066", packets[2].to)
    assert.equal(table.concat({
      "ACK sip:bob@example.net;x=1 SIP/2.0",
      "Via: SIP/2.0/UDP client.example.com;branch=" .. branch,
      "Max-Forwards: 70",
      "Route: <sip:one.example.net;lr>",
      "Route: <sip:two.example.net;lr>, <sip:three.example.net;lr>",
      "From: <sip:alice@example.com>;tag=a1",
      "To: <sip:bob@example.net>;tag=b1",
      "Call-ID: call1@example.com",
      "CSeq: 4711 ACK",
      "Content-Length: 0",
      "", "",
    }, "\r\n"), packets[2].bytes)
  end)

  it("sends every ACK to where the INVITE went (TXN-010)", function()
    request("INVITE", {}, { address = "198.51.100.7", port = 5066 })
    answer(302, "INVITE")
    for _, packet in ipairs(txns:sent()) do
      assert.equal("UDP 198.51.100.7:5066", packet.to)
    end
  end)

  it("passes every 2xx on for 64*T1 and acknowledges none (TXN-011, TXN-013)", function()
    request("INVITE")
    answer(200, "INVITE", { to_tag = "b1" })
    txns:advance(500)
    answer(200, "INVITE", { to_tag = "b1" })
    answer(200, "INVITE", { to_tag = "b2" })
    txns:advance(31499)
    assert.equal(1, txns:count())
    txns:advance(1)
    assert.same({ "0 INVITE" }, sent())
    assert.same({ "0 response 1 200", "500 response 1 200", "500 response 1 200",
      "32000 gone 1" }, txns:events())
  end)

  it("ignores what is late after a 2xx (TXN-012)", function()
    request("INVITE")
    answer(200, "INVITE")
    assert.equal("absorbed", answer(180, "INVITE"))
    assert.equal("absorbed", answer(486, "INVITE"))
    assert.same({ "0 response 1 200" }, txns:events())
    assert.same({ "0 INVITE" }, sent())
  end)

  it("shows one final response to another request, for T4 (TXN-015)", function()
    request("BYE")
    answer(200, "BYE")
    answer(200, "BYE")
    txns:advance(4999)
    assert.equal(1, txns:count())
    txns:advance(1)
    assert.same({ "0 response 1 200", "5000 gone 1" }, txns:events())
    assert.equal("stray", answer(200, "BYE"))
  end)

  it("lingers without the bytes of its request", function()
    local empty = testing.pool().live_bytes
    request("BYE", { extra = { "Subject: " .. ("x"):rep(3000) } })
    answer(200, "BYE")
    assert.is_true(testing.pool().live_bytes - empty < 1200)
  end)

  it("ends with the answer on a stream (TXN-015)", function()
    request("BYE", {}, tcp)
    answer(200, "BYE")
    assert.same({ "0 response 1 200", "0 gone 1" }, txns:events())
  end)

  it("matches on branch and CSeq method (TXN-017, TXN-029)", function()
    request("INVITE")
    assert.equal("stray", answer(200, "INVITE", { branch = branch .. "x" }))
    assert.equal("stray", answer(200, "BYE"))
    assert.equal("absorbed", answer(180, "INVITE", { branch = branch:upper() }))
    assert.same({ "0 response 1 180" }, txns:events())
  end)

  it("keeps our own request apart from the same one coming back", function()
    request("MESSAGE")
    local own = wire.request("MESSAGE", { branch = branch })
    assert.equal("new", txns:receive(own))
    assert.is_truthy(txns:open(own))
    assert.equal("absorbed", answer(200, "MESSAGE"))
    assert.same({ "0 response 1 200" }, txns:events())
  end)

  for _, method in ipairs({ "INVITE", "MESSAGE" }) do
    it("tells of a transport error on the next tick, never at once: " .. method .. " (TXN-018)",
      function()
        txns:set_link(false)
        request(method)
        assert.same({}, txns:events())
        assert.equal(1, txns:count())
        txns:advance(0)
        assert.same({ "0 failure 1 ETRANSPORT", "0 gone 1" }, txns:events())
        assert.equal(0, txns:timers_armed())
      end)
  end

  it("ends what waits on a path that failed, and nothing else (TXN-018, TRN-021)", function()
    for _, flow in ipairs({
      { address = "198.51.100.7" }, { address = "198.51.100.7", port = 5062 },
      { transport = "TCP", link = 3 }, { transport = "TCP", link = 4 },
    }) do
      branch = txns:branch()
      request("MESSAGE", {}, flow)
    end
    assert(txns:open(wire.request("INVITE"), { transport = "TCP", link = 3 }))
    txns:path_failed({ address = "198.51.100.7" })
    assert.same({}, txns:events())
    txns:advance(0)
    assert.same({ "0 failure 1 ETRANSPORT", "0 gone 1" }, txns:events())
    txns:path_failed({ transport = "TCP", link = 3 })
    txns:advance(0)
    assert.same({ "0 failure 3 ETRANSPORT", "0 gone 3" }, txns:events())
    assert.equal(3, txns:count())
  end)

  it("believes an answer more than an error of the link", function()
    txns:set_link(false)
    request("INVITE")
    answer(200, "INVITE")
    txns:advance(100)
    assert.equal("accepted", txns:about(1).state)
    assert.same({ "0 response 1 200" }, txns:events())
  end)

  it("reports that an ACK could not be sent (17.1.4)", function()
    request("INVITE")
    txns:set_link(false)
    answer(486, "INVITE")
    txns:advance(0)
    assert.same({ "0 response 1 486", "0 failure 1 ETRANSPORT", "0 gone 1" }, txns:events())
  end)

  it("makes branches of one letter case that never repeat (TXN-036)", function()
    local seen = {}
    for _ = 1, 1000 do
      local fresh = txns:branch()
      assert.truthy(fresh:match("^z9hG4bK[0-9a-z]+$"))
      assert.is_nil(seen[fresh])
      seen[fresh] = true
    end
  end)

  it("gives up a request when memory is out, and holds nothing", function()
    for n = 1, 2 do
      testing.fail_after(n + 2) -- two blocks are for the bytes
      local id = txns:request("BYE", wire.request("BYE"), branch)
      testing.fail_after(0)
      assert.is_nil(id)
      assert.equal(0, txns:count())
    end
    assert.same({}, sent())
  end)

  it("frees what lives when the table is closed", function()
    request("INVITE")
    txns:open(wire.request("INVITE", { branch = "z9hG4bK" .. ("x"):rep(200) }))
    assert.equal(2, txns:count())
  end)
end)
