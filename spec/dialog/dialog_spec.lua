local testing = require "moonsip_testing"

describe("a dialog as UAS (RFC 3261 12.1.1)", function()
  local function invite(headers)
    return table.concat({
      "INVITE sip:bob@192.0.2.1 SIP/2.0",
      "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1",
      "From: Alice <sip:alice@example.com>;tag=a1",
      "To: <sip:bob@example.com>",
      "Call-ID: c1",
      "CSeq: 1 INVITE",
      headers,
      "Content-Length: 0", "", "" }, "\r\n")
  end
  local CONTACT = "Contact: <sip:alice@192.0.2.9:5062>"

  it("sends requests to the remote target when there is no route (DLG-014)", function()
    local head, hop = testing.dialog(invite(CONTACT), "b1", "BYE")
    assert.equal("sip:alice@192.0.2.9:5062", hop)
    assert.matches("^BYE sip:alice@192.0.2.9:5062 SIP/2.0\r\n", head)
    assert.is_nil(head:find("\r\nRoute:"))
    assert.matches("\r\nFrom: <sip:bob@example.com>;tag=b1\r\n", head)
    assert.matches("\r\nTo: Alice <sip:alice@example.com>;tag=a1\r\n", head)
    assert.matches("\r\nCSeq: 7 BYE\r\n", head)
    assert.matches("\r\nMax%-Forwards: 70\r\n", head)
  end)

  it("keeps the route set in the order of the request (DLG-003, DLG-012)", function()
    local head, hop = testing.dialog(invite(
      "Record-Route: <sip:p2.example.com;lr>;x=\"a,b\", <sip:p1.example.com;lr>\r\n" .. CONTACT),
      "b1", "BYE")
    assert.equal("sip:p2.example.com;lr", hop)
    assert.matches("^BYE sip:alice@192.0.2.9:5062 ", head)
    assert.matches('\r\nRoute: <sip:p2[^\r]*>;x="a,b"\r\nRoute: <sip:p1.example.com;lr>\r\n', head)
  end)

  it("puts a strict router into the Request-URI and the target last (DLG-013)", function()
    local head, hop = testing.dialog(invite(
      "Record-Route: <sip:strict.example.com>\r\n" ..
      "Record-Route: <sip:p1.example.com;lr>\r\n" .. CONTACT),
      "b1", "BYE")
    assert.equal("sip:strict.example.com", hop)
    assert.matches("^BYE sip:strict.example.com SIP/2.0\r\n", head)
    assert.matches("\r\nRoute: <sip:p1.example.com;lr>\r\nRoute: <sip:alice@192[^\r]*>\r\n", head)
  end)

  it("writes folded values on one line", function()
    local folded = "Record-Route: <sip:p1.example.com;lr>\r\n ;x=1\r\n"
    local head = testing.dialog(invite(folded .. CONTACT),
      "b1", "BYE")
    assert.matches("\r\nRoute: <sip:p1.example.com;lr> *;x=1\r\n", head)
  end)

  it("needs a Contact", function()
    assert.is_nil((testing.dialog(invite("Subject: none"), "b1", "BYE")))
  end)

  it("is secure when it came over TLS for a sips URI, both (DLG-006)", function()
    local sips = invite(CONTACT):gsub("^INVITE sip:", "INVITE sips:")
    assert.is_true(testing.dialog_is_secure(sips, "TLS"))
    assert.is_false(testing.dialog_is_secure(sips, "TCP"))
    assert.is_false(testing.dialog_is_secure(sips, "UDP"))
    assert.is_false(testing.dialog_is_secure(invite(CONTACT), "TLS"))
  end)

  it("has its place in the table by a secret, so that nobody can crowd it (RFC 3261 12, DLG-026)",
    function()
      local secret = 4711
      assert.equal(testing.dialog_hash(secret, "c", "l", "r"),
        testing.dialog_hash(secret, "c", "l", "r"))
      -- What meets in one of 64 places under one secret is spread under another.
      local crowd = {}
      for i = 1, 20000 do
        local call_id = "crafted" .. i
        if testing.dialog_hash(secret, call_id, "l", "r") & 63 == 0 then
          crowd[#crowd + 1] = call_id
        end
      end
      assert.is_true(#crowd > 200)
      local places, most = {}, 0
      for _, call_id in ipairs(crowd) do
        local place = testing.dialog_hash(secret + 1, call_id, "l", "r") & 63
        places[place] = (places[place] or 0) + 1
        most = math.max(most, places[place])
      end
      assert.is_true(most < #crowd / 10, most)
    end)

  it("gives all memory back, even when memory runs out", function()
    local live = testing.pool().live_count
    for n = 1, 8 do
      testing.fail_after(n)
      testing.dialog(invite("Record-Route: <sip:strict.example.com>\r\n" .. CONTACT), "b1", "BYE")
      testing.fail_after(0)
      assert.equal(live, testing.pool().live_count)
    end
  end)
end)
