local testing = require("moonsip_testing")
local wire = require("transaction.wire")

describe("the way of a response", function()
  local function route(via, flow)
    return testing.reply_route(wire.request("OPTIONS", { via = via }), flow)
  end

  local source = { address = "198.51.100.9", port = 40000 }

  for _, row in ipairs({
    { "the source port when the Via has rport (RFC 3581 4, TRN-016)",
      "SIP/2.0/UDP pc.example.com:5070;rport;branch=z9hG4bK1", "UDP 198.51.100.9:40000" },
    { "the port of sent-by without rport (RFC 3261 18.2.2)",
      "SIP/2.0/UDP pc.example.com:5070;branch=z9hG4bK1", "UDP 198.51.100.9:5070" },
    { "port 5060 when sent-by has none (RFC 3261 18.2.2)",
      "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1", "UDP 198.51.100.9:5060" },
    { "the source address, whatever maddr and received say (TRN-010)",
      "SIP/2.0/UDP 192.0.2.3;maddr=203.0.113.66;received=203.0.113.67;branch=z9hG4bK1",
      "UDP 198.51.100.9:5060" },
  }) do
    it("is " .. row[1], function()
      assert.equal(row[3], route(row[2], source))
    end)
  end

  for _, transport in ipairs({ "TCP", "TLS", "WS", "WSS" }) do
    it("is the connection itself on " .. transport .. " (RFC 3261 18.2.2)", function()
      local flow = { transport = transport, address = "198.51.100.9", port = 40000 }
      assert.equal(transport .. " 198.51.100.9:40000",
        route(("SIP/2.0/%s pc.example.com:5070;branch=z9hG4bK1"):format(transport), flow))
    end)
  end

  for _, row in ipairs({
    { "255.255.255.255", 5060 }, { "224.0.1.75", 5060 }, { "ff02::1", 5060 },
    { "::ffff:224.0.1.75", 5060 }, { "0.0.0.0", 5060 }, { "198.51.100.9", 0 },
  }) do
    it(("is never %s port %d (TRN-009)"):format(row[1], row[2]), function()
      local to, _, code = route("SIP/2.0/UDP pc.example.com;rport;branch=z9hG4bK1",
        { address = row[1], port = row[2] })
      assert.is_nil(to)
      assert.equal("ETRANSPORT", code)
    end)
  end
end)
