local testing = require "moonsip_testing"

local function request(via, to, ...)
  local lines = { "INVITE sip:h SIP/2.0", "v: " .. via, "f: <sip:a@h>;tag=1", "t: " .. (to
    or "<sip:b@h>"), "i: x",
    "CSeq: 1  INVITE" }
  for _, line in ipairs { ... } do lines[#lines + 1] = line end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function top(via, ip, port)
  return testing.response(request(via), 200, "", "", ip, port):match("Via: (.-)\r\n")
end

local BRANCH = ";branch=z9hG4bKa"

describe("a response", function()
  it("begins with what it takes over from the request (RFC 3261 8.2.6.2, UAS-016)", function()
    assert.equal(table.concat({ "SIP/2.0 180 Ringing",
      "Via: SIP/2.0/UDP h" .. BRANCH .. ";received=192.0.2.9",
      "Via: SIP/2.0/TCP i, SIP/2.0/UDP j", "From: <sip:a@h>;tag=1", "To: <sip:b@h>;tag=mine",
        "Call-ID: x", "CSeq: 1  INVITE",
      "" }, "\r\n"),
      testing.response(request("SIP/2.0/UDP h" .. BRANCH, nil,
        "Via: SIP/2.0/TCP i,\r\n SIP/2.0/UDP j"),
        180, "", "mine", "192.0.2.9", 5060))
  end)

  it("writes a lone CR of the request as a space", function()
    local answer = testing.response(request("SIP/2.0/UDP h", "<sip:b@h>\rX: y"), 400, "", "")
    assert.equal("<sip:b@h> X: y", answer:match("To: (.-)\r\n"))
  end)

  it("has the reason it is given", function()
    assert.equal("SIP/2.0 486 Not Now", testing.response(request("SIP/2.0/UDP h"), 486, "Not Now",
      ""):match("^(.-)\r\n"))
    assert.equal("SIP/2.0 499 Unknown", testing.response(request("SIP/2.0/UDP h"), 499, "",
      ""):match("^(.-)\r\n"))
  end)

  it("keeps the To tag of the request (UAS-018)", function()
    local answer = testing.response(request("SIP/2.0/UDP h", "<sip:b@h>;tag=theirs"), 200, "",
      "mine")
    assert.equal("<sip:b@h>;tag=theirs", answer:match("To: (.-)\r\n"))
  end)

  it("adds no To tag when it has none to add (TXN-024)", function()
    assert.equal("<sip:b@h>", testing.response(request("SIP/2.0/UDP h"), 100, "",
      ""):match("To: (.-)\r\n"))
  end)

  it("says where the request came from unless sent-by does (RFC 3261 18.2.1, TRN-007)", function()
    assert.equal("SIP/2.0/UDP 192.0.2.1" .. BRANCH, top("SIP/2.0/UDP 192.0.2.1" .. BRANCH,
      "192.0.2.1"))
    assert.equal("SIP/2.0/UDP [2001:DB8::1]" .. BRANCH, top("SIP/2.0/UDP [2001:DB8::1]" .. BRANCH,
      "2001:db8::1"))
    assert.equal("SIP/2.0/UDP 192.0.2.1" .. BRANCH .. ";received=198.51.100.255",
      top("SIP/2.0/UDP 192.0.2.1" .. BRANCH, "198.51.100.255"))
    assert.equal("SIP/2.0/UDP h" .. BRANCH .. ";received=2001:db8::1",
      top("SIP/2.0/UDP h" .. BRANCH, "2001:db8::1"))
    assert.equal("SIP/2.0/UDP 192.0.2.1", top("SIP/2.0/UDP 192.0.2.1", "::ffff:192.0.2.1"))
  end)

  it("fills rport in and then always says received (RFC 3581 section 4, TRN-016)", function()
    assert.equal("SIP/2.0/UDP 192.0.2.1;rport=65535" .. BRANCH .. ";received=192.0.2.1",
      top("SIP/2.0/UDP 192.0.2.1;rport" .. BRANCH, "192.0.2.1", 65535))
    assert.equal("SIP/2.0/UDP h" .. BRANCH .. ";rport=7;received=192.0.2.1",
      top("SIP/2.0/UDP h" .. BRANCH .. ";RPORT", "192.0.2.1", 7))
  end)

  it("replaces what the client claims about itself", function()
    assert.equal("SIP/2.0/UDP h;rport=7;x;received=192.0.2.1",
      top("SIP/2.0/UDP h;received=203.0.113.1;rport=99;x", "192.0.2.1", 7))
    assert.equal("SIP/2.0/UDP 192.0.2.1;received=192.0.2.1",
      top("SIP/2.0/UDP 192.0.2.1;received=203.0.113.1", "192.0.2.1"))
  end)

  it("marks the top Via only, also in a list", function()
    assert.equal("SIP/2.0/UDP h ;x;received=192.0.2.1 , SIP/2.0/UDP i;rport",
      top("SIP/2.0/UDP h ;\r\n x , SIP/2.0/UDP i;rport", "192.0.2.1"):gsub("; x", ";x"))
    assert.equal("SIP/2.0/UDP h;received=192.0.2.1", top(", SIP/2.0/UDP h", "192.0.2.1"))
  end)

  it("leaves a Via alone that it could not read", function()
    assert.equal("SIP/2.0/UDP h;;", top("SIP/2.0/UDP h;;", "192.0.2.1"))
    assert.equal("", top("", "192.0.2.1"))
  end)

  it("leaves out what a broken request lacks", function()
    local bytes = "INVITE sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCSeq: junk\r\n\r\n"
    assert.equal("SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP h\r\nCSeq: junk\r\n",
      testing.response(bytes, 400, "", "t"))
  end)

  it("adds a To tag to a refused request unless the To is too broken to know", function()
    local function to(value)
      return testing.response(request("SIP/2.0/UDP h", value, "Max-Forwards: x"), 400, "",
        "t"):match("To: (.-)\r\n")
    end
    assert.equal("<sip:b@h>;tag=t", to("<sip:b@h>"))
    assert.equal("<sip:@h>;tag=u", to("<sip:@h>;tag=u"))
    assert.equal("<sip:b@h", to("<sip:b@h"))
  end)

  it("with 100 repeats Timestamp and says how long it took (RFC 3261 8.2.6.1, UAS-014)", function()
    local bytes = request("SIP/2.0/UDP h", nil, "Timestamp: 54.5 2")
    assert.equal("54.5 1.007", testing.response(bytes, 100, "", "", "192.0.2.1", 5060,
      1007):match("Timestamp: (.-)\r\n"))
    assert.equal("54.5", testing.response(bytes, 100, "", "", "192.0.2.1", 5060,
      0):match("Timestamp: (.-)\r\n"))
    assert.is_nil(testing.response(bytes, 180, "", ""):match("Timestamp"))
  end)

  it("refuses text that would make a line of its own", function()
    for _, bad in ipairs { "a\rb", "a\nb", "a\0b" } do
      assert.same({ nil, "EINVALID", n = 2 },
        table.pack(testing.response(request("SIP/2.0/UDP h"), 200, bad, "")))
      assert.same({ nil, "EINVALID", n = 2 },
        table.pack(testing.response(request("SIP/2.0/UDP h"), 200, "", bad)))
    end
    assert.same({ nil, "EINVALID", n = 2 }, table.pack(testing.response(request("SIP/2.0/UDP h"),
      99, "", "")))
  end)

  it("reports that memory is out", function()
    testing.fail_after(1)
    assert.same({ nil, "ENOMEM", n = 2 }, table.pack(testing.response(request("SIP/2.0/UDP h"),
      200, "", "")))
  end)

  it("reads back as a message of its own", function()
    local head = testing.response(request("SIP/2.0/UDP h;rport" .. BRANCH), 200, "", "mine",
      "192.0.2.1", 7)
    local message = testing.parse(head .. "Content-Length: 0\r\n\r\n")
    assert.same({ 200, "OK", "mine", "1", 1, "INVITE", 7, "192.0.2.1" },
      { message.status, message.reason, message.to_tag, message.from_tag, message.cseq,
        message.method, message.via.rport,
        message.via.received })
  end)
end)

describe("a request", function()
  it("is written front to back", function()
    assert.equal(table.concat({ "MESSAGE sip:b@h SIP/2.0", "CSeq: 4294967295 MESSAGE",
      "Max-Forwards: 70", "X-Y: z",
      "Content-Type: text/plain", "Content-Disposition: render", "Content-Length: 2", "", "hi" },
        "\r\n"),
      testing.build("MESSAGE", "sip:b@h", { { "CSeq", "4294967295 MESSAGE" }, { "Max-Forwards",
        70 }, { "X-Y", "z" } },
        "text/plain", "render", "hi"))
  end)

  it("ends with an empty line when it has no body (RFC 3261 7, MSG-002, MSG-023)", function()
    assert.equal("BYE sip:b@h SIP/2.0\r\nContent-Length: 0\r\n\r\n", testing.build("BYE",
      "sip:b@h", {}, "", "", ""))
  end)

  it("may have any byte in its body", function()
    assert.equal("\r\n\r\n\0\r\n", testing.build("INFO", "sip:b@h", {}, "a/b", "",
      "\0\r\n"):sub(-7))
  end)

  it("has a Via that asks for rport (TRN-015)", function()
    for number, name in pairs { [0] = "UDP", "TCP", "TLS", "WS", "WSS" } do
      assert.equal("Via: SIP/2.0/" .. name .. " h:1;branch=z9hG4bKa;rport\r\n",
        testing.build_via(number, "h:1", "z9hG4bKa"))
    end
  end)

  it("refuses text that would make a line of its own", function()
    local refused = { nil, "EINVALID", n = 2 }
    for _, bad in ipairs { "a\rb", "a\nb", "a\0b", "a\r\nEvil: b", ("a"):rep(100) .. "\n" } do
      assert.same(refused, table.pack(testing.build("BYE", bad, {}, "", "", "")))
      assert.same(refused, table.pack(testing.build(bad, "sip:h", {}, "", "", "")))
      assert.same(refused, table.pack(testing.build("BYE", "sip:h", { { "Subject", bad } }, "",
        "", "")))
      assert.same(refused, table.pack(testing.build("BYE", "sip:h", { { "X", bad } }, "", "", "")))
      assert.same(refused, table.pack(testing.build("BYE", "sip:h", {}, bad, "", "")))
      assert.same(refused, table.pack(testing.build("BYE", "sip:h", {}, "", bad, "")))
      assert.same(refused, table.pack(testing.build_via(0, bad, "x")))
      assert.same(refused, table.pack(testing.build_via(0, "h", bad)))
    end
    assert.same(refused, table.pack(testing.build("BYE", "sip:h", { { "X Y", "z" } }, "", "", "")))
    assert.same(refused, table.pack(testing.build("BYE", "sip:h", { { "", "z" } }, "", "", "")))
  end)

  it("writes tabs and UTF-8 as they are (MSG-033)", function()
    local bytes = testing.build("BYE", "sip:h", { { "Subject", "a\tb\u{442}\127" } }, "", "", "")
    assert.equal("a\tb\u{442}\127", bytes:match("Subject: (.-)\r\n"))
  end)
end)

describe("copied rows", function()
  it("are all there, unfolded and under their full name", function()
    local bytes = request("SIP/2.0/UDP h", nil, "Record-Route: <sip:a;lr>,\r\n\t<sip:b>", "X: y",
      "record-route: <sip:c>")
    assert.equal("Record-Route: <sip:a;lr>, <sip:b>\r\nRecord-Route: <sip:c>\r\n",
      testing.build_copy(bytes, "Record-Route"))
    assert.equal("", testing.build_copy(bytes, "Route"))
  end)
end)

describe("reason phrases", function()
  it("are those of the RFCs", function()
    for status, phrase in pairs { [100] = "Trying", [200] = "OK", [302] = "Moved Temporarily",
      [422] = "Session Interval Too Small",
      [469] = "Bad Info Package", [481] = "Call/Transaction Does Not Exist",
        [491] = "Request Pending", [603] = "Decline" } do
      assert.equal(phrase, testing.reason_phrase(status))
    end
    for _, status in ipairs { 0, 99, 101, 299, 609, 700, 4294967295 } do
      assert.equal("Unknown", testing.reason_phrase(status))
    end
  end)
end)
