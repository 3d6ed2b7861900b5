local testing = require "moonsip_testing"

-- An INVITE as a list of { name, value }, so that a spec can change one row.
local function rows()
  return {
    { "Via", "SIP/2.0/UDP pc33.example.com:5070;branch=z9hG4bK776asdhds;rport" },
    { "Max-Forwards", "70" },
    { "To", "Bob <sip:bob@example.org>" },
    { "From", "Alice <sip:alice@example.com>;tag=1928301774" },
    { "Call-ID", "a84b4c76e66710@pc33.example.com" },
    { "CSeq", "314159 INVITE" },
    { "Contact", "<sip:alice@pc33.example.com>" },
    { "Content-Type", "application/sdp" },
    { "Content-Length", "4" },
  }
end

local function text(list, start, body, eol)
  local lines = { start or "INVITE sip:bob@example.org SIP/2.0" }
  for _, row in ipairs(list) do
    lines[#lines + 1] = row[1] .. ": " .. row[2]
  end
  eol = eol or "\r\n"
  return table.concat(lines, eol) .. eol .. eol .. (body or "v=0\n")
end

-- The INVITE with one header changed, or left out when value is nil.
local function with(name, value, start, body)
  local list = {}
  local found = false
  for _, row in ipairs(rows()) do
    if row[1] ~= name then
      list[#list + 1] = row
    elseif value then
      list[#list + 1] = { name, value }
      found = true
    end
  end
  if value and not found then list[#list + 1] = { name, value } end
  return text(list, start, body)
end

local function fault(bytes, limits)
  local message = testing.parse(bytes, limits)
  if not message then return "drop" end
  return message.fault_status, message.fault_reason
end

local OK = "SIP/2.0 200 OK"

-- The row of spec/conformance.tsv that a value of these headers shows.
local function shows(row)
  local id = ({ CSeq = "MSG-024", ["Max-Forwards"] = "MSG-027" })[row[1]]
  if row[1] == "Via" and row[2]:find("HTTP", 1, true) then id = "MSG-031" end
  if row[1] == "Contact" and row[2] == "*" then id = "MSG-029" end
  if row[2]:find("?", 1, true) then id = "MSG-028" end
  return id and (" (%s)"):format(id) or ""
end

describe("a request", function()
  it("is taken apart", function()
    local message = testing.parse(text(rows()))
    assert.equal("INVITE", message.method)
    assert.equal("INVITE", message.method_text)
    assert.equal("sip:bob@example.org", message.ruri)
    assert.equal(0, message.status)
    assert.equal(0, message.fault_status)
    assert.equal("a84b4c76e66710@pc33.example.com", message.call_id)
    assert.equal("1928301774", message.from_tag)
    assert.equal("", message.to_tag)
    assert.equal("Bob <sip:bob@example.org>", message.to)
    assert.equal(314159, message.cseq)
    assert.equal("INVITE", message.cseq_method)
    assert.equal(70, message.max_forwards)
    assert.equal("v=0\n", message.body)
    assert.equal("UDP", message.via.transport)
    assert.equal("pc33.example.com", message.via.host)
    assert.equal(5070, message.via.port)
    assert.equal("z9hG4bK776asdhds", message.via.branch)
    assert.is_true(message.via.has_rport)
    assert.equal(9, #message.headers)
    assert.same({ "Via", rows()[1][2] }, message.headers[1])
  end)

  it("reads the same with bare LF line ends (MSG-003)", function()
    local crlf, lf = testing.parse(text(rows())), testing.parse(text(rows(), nil, nil, "\n"))
    crlf.bytes, lf.bytes = nil, nil
    assert.same(crlf, lf)
  end)

  it("is malformed with a lone CR in any header (MSG-003)", function()
    for i = 1, #rows() do
      local list = rows()
      list[i][2] = list[i][2] .. " \r x"
      assert.equal(400, (fault(text(list))), list[i][1])
    end
    assert.equal("drop", fault(text(rows(), nil, nil, "\r")))
  end)

  it("may follow empty lines (RFC 3261 7.5)", function()
    local message = testing.parse("\r\n\r\n\n" .. text(rows()))
    assert.equal(0, message.fault_status)
    assert.equal(text(rows()), message.bytes)
  end)

  it("has its names in any case (RFC 3261 7.3.1, MSG-007)", function()
    math.randomseed(11)
    local expected = testing.parse(text(rows()))
    for _ = 1, 200 do
      local list = rows()
      for _, row in ipairs(list) do
        row[1] = row[1]:gsub("%a", function(c) return math.random(2) == 1 and c:upper()
          or c:lower() end)
      end
      local message = testing.parse(text(list))
      assert.equal(0, message.fault_status)
      assert.same({ expected.via.branch, expected.from_tag, expected.call_id, expected.cseq,
        expected.body },
        { message.via.branch, message.from_tag, message.call_id, message.cseq, message.body })
    end
  end)

  it("has its version in any case (RFC 3261 7.1, MSG-005)", function()
    assert.equal(0, (fault(text(rows(), "INVITE sip:bob@example.org sip/2.0"))))
  end)

  it("may have blanks before the colon and folds behind it (RFC 3261 7.3.1, MSG-011)", function()
    local list = rows()
    for _, row in ipairs(list) do
      row[1] = row[1] .. " \t "
      row[2] = "\r\n \t" .. row[2] .. "\r\n "
    end
    local message = testing.parse(text(list))
    assert.equal(0, message.fault_status)
    assert.same({ "Via", rows()[1][2] }, message.headers[1])
    assert.equal("1928301774", message.from_tag)
  end)

  for _, row in ipairs {
    { "Via", "SIP / 2.0 / UDP pc33.example.com : 5070 ; branch = z9hG4bK776asdhds ; rport" },
    { "To", "\"B o b\" <sip:bob@example.org> ; x = y" },
    { "To", "B o b <sip:bob@example.org> ; x = \"y z\"" },
    { "From", "Alice  <sip:alice@example.com> ; tag = 1928301774" },
    { "CSeq", "314159 INVITE" },
    { "Contact", "\"A \\\" b\" <sip:a@h> ; q = 0.5 , <sip:b@h>" },
    { "Content-Type", "application / sdp ; charset = utf-8" },
  } do
    it(("may be folded at each blank of %s: %s (MSG-010)"):format(row[1], row[2]), function()
      local plain = testing.parse(with(row[1], row[2]))
      assert.equal(0, plain.fault_status)
      for at in row[2]:gmatch("() ") do
        local message = testing.parse(with(row[1], row[2]:sub(1,
          at - 1) .. "\r\n\t" .. row[2]:sub(at + 1)))
        assert.equal(0, message.fault_status, message.fault_reason)
        assert.same({ plain.from_tag, plain.cseq, plain.via.branch, plain.via.port },
          { message.from_tag, message.cseq, message.via.branch, message.via.port })
      end
    end)
  end

  it("may use the compact name of every header that has one (RFC 3261 7.3.3, MSG-014)", function()
    local expected = testing.parse(text(rows()))
    local compact = {}
    for _, header in ipairs(testing.header_map()) do compact[header.name] = header.compact end
    for i, row in ipairs(rows()) do
      if compact[row[1]] ~= "" then
        local list = rows()
        list[i][1] = compact[row[1]]
        local message = testing.parse(text(list))
        message.headers[i][1] = row[1]
        message.bytes = expected.bytes
        assert.same(expected, message, row[1])
      end
    end
  end)

  it("keeps headers it does not know (UAS-005)", function()
    local bytes = with("X-Thing", "one, \"two\"")
    assert.same({ "one, \"two\"" }, testing.header_rows(bytes, "x-thing"))
    assert.same({}, testing.header_rows(bytes, "x-other"))
  end)

  for _, name in ipairs { "To", "From", "Call-ID", "CSeq" } do
    it("without " .. name .. " is refused (RFC 3261 8.1.1, MSG-035)", function()
      assert.same({ 400, "Missing " .. name }, { fault(with(name)) })
    end)
    it("with " .. name .. " twice is refused (RFC 3261 7.3.1, MSG-036)", function()
      local list = rows()
      for _, row in ipairs(rows()) do
        if row[1] == name then list[#list + 1] = row end
      end
      assert.same({ 400, "Repeated " .. name }, { fault(text(list)) })
    end)
  end

  it("without Via is dropped, for nobody could be answered (MSG-035)", function()
    assert.equal("drop", fault(with("Via")))
  end)

  it("without Max-Forwards is well formed (RFC 2543, MSG-035)", function()
    local message = testing.parse(with("Max-Forwards"))
    assert.equal(0, message.fault_status)
    assert.equal(-1, message.max_forwards)
  end)

  it("has a single-value header once, whichever it is (MSG-036)", function()
    for _, header in ipairs(testing.header_map()) do
      if header.kind == "ONE" then
        local list = rows()
        local value = "1"
        for i = #list, 1, -1 do
          if list[i][1] == header.name then
            value = list[i][2]
            table.remove(list, i)
          end
        end
        list[#list + 1] = { header.name, value }
        list[#list + 1] = { header.compact ~= "" and header.compact or header.name, value }
        assert.same({ 400, "Repeated " .. header.name }, { fault(text(list)) })
      end
    end
  end)

  for _, row in ipairs {
    { "To", "" }, { "To", "*" }, { "To", "<sip:@h>" }, { "To", "<sip:a b@h>" }, { "To",
      "<sip:a@h>;tag=1;tag=2" },
    { "To", "<sip:a@h>;tag=" }, { "To", "<sip:a@h>;tag=\"x\"" }, { "To", "\"x <sip:a@h>" }, {
      "To", "<sip:a@h>, <sip:b@h>" },
    { "From", "Alice" }, { "From", "sip:a@h?x=y" }, { "From", "<sip:a@h:0>;tag=1" }, { "From",
      "<sip:a@h>;tag" },
    { "Call-ID", "" }, { "Call-ID", "a b" }, { "Call-ID", "a\127" },
    { "CSeq", "" }, { "CSeq", "1" }, { "CSeq", "INVITE" }, { "CSeq", "1INVITE" }, { "CSeq",
      "-1 INVITE" },
    { "CSeq", "4294967296 INVITE" }, { "CSeq", "36893488147419103232 INVITE" }, { "CSeq",
      "1 INV ITE" }, { "CSeq", "1 BYE" },
    { "CSeq", "1 invite" }, { "CSeq", "0x1 INVITE" },
    { "Max-Forwards", "256" }, { "Max-Forwards", "-1" }, { "Max-Forwards", "x" }, {
      "Max-Forwards", "" },
    { "Max-Forwards", "99999999999" }, { "Max-Forwards", "7 0" },
    { "Content-Length", "5" }, { "Content-Length", "-1" }, { "Content-Length", "x" }, {
      "Content-Length", "" },
    { "Content-Length", "4, 4" }, { "Content-Length", "+4" }, { "Content-Length", "4294967300" },
    { "Content-Length", "18446744073709551620" }, { "Content-Length", "0x4" },
    { "Contact", "*" }, { "Contact", "sip:a@h?x=y" }, { "Contact", "<sip:a@h>, *" }, { "Contact",
      "<sip:@h>" },
    { "Contact", "<sip:a%@h>" }, { "Route", "<sip:a@h" }, { "Route", "<sip:[.1]>" }, {
      "Record-Route", "*" },
    { "Via", "SIP/2.0/UDP h;branch=z9hG4bK" }, { "Via", "HTTP/1.1/TCP h" }, { "Via",
      "SIP/2.0/UDP" }, { "Via", "," },
  } do
    it(("is refused with %s: %s%s"):format(row[1], row[2], shows(row)), function()
      assert.equal(400, (fault(with(row[1], row[2]))))
    end)
  end

  for _, row in ipairs {
    { "CSeq", "0 INVITE" }, { "CSeq", "4294967295 INVITE" }, { "CSeq", "2147483648\tINVITE" }, {
      "CSeq", "007  INVITE" },
    { "Max-Forwards", "0" }, { "Max-Forwards", "255" }, { "Content-Length", "0" }, {
      "Content-Length", "04" },
    { "To", "<urn:service:sos>" }, { "To", "isbn:2983792873" }, { "From",
      "<http://www.example.com>;tag=3" },
    { "Contact", "<sip:a@h>, <tel:1>, sip:c@h;q=1" }, { "Date", "Fri, 01 Jan 2010 16:00:00 EST" },
      { "Expires", "junk" },
    { "Contact", "<name:John_Smith>" }, { "Via", "SIP/2.0/NEW h" }, { "Route",
      "<sip:h;lr>,<sip:i>" },
  } do
    it(("is well formed with %s: %s%s"):format(row[1], row[2], shows(row)), function()
      assert.same({ 0 }, { fault(with(row[1], row[2])) })
    end)
  end

  it("may have Contact * only in a REGISTER that expires all (RFC 3261 10.2.2, MSG-029)", function()
    local function register(contact, expires)
      local list = rows()
      list[6][2] = "1 REGISTER"
      list[7][2] = contact
      if expires then list[#list + 1] = { "Expires", expires } end
      return (fault(text(list, "REGISTER sip:example.org SIP/2.0")))
    end
    assert.equal(0, register("*", "0"))
    assert.equal(400, register("*", "1"))
    assert.equal(400, register("*", nil))
    assert.equal(400, register("*", "x"))
    assert.equal(400, register("*, <sip:a@h>", "0"))
    assert.equal(400, register("*, *", "0"))
  end)

  for _, row in ipairs {
    { "INVITE  sip:bob@example.org SIP/2.0", 400 }, { "INVITE sip:bob@example.org  SIP/2.0", 400 },
    { "INVITE sip:bob@example.org SIP/2.0 ", 400 }, { "INVITE sip:bob@example.org SIP/2.0\t", 400 },
    { "INVITE <sip:bob@example.org> SIP/2.0", 400 }, { "INVITE sip:bob@example.org; lr SIP/2.0",
      400 },
    { "INVITE sip:bob@example.org?a=b SIP/2.0", 400 }, { "INVITE sip:@example.org SIP/2.0", 400 },
    { "INVITE sip:bob@example.org SIP/2", 400 }, { "INVITE sip:bob@example.org SIP/2.", 400 },
    { "INVITE sip:bob@example.org SIP/2.0x", 400 }, { "INVITE \tsip:bob@example.org SIP/2.0", 400 },
    { "INVITE sip:bob@example.org SIP/7.0", 505 }, { "INVITE sip:bob@example.org SIP/2.1", 505 },
    { "INVITE sip:bob@example.org SIP/02.0", 505 }, { "INVITE nobodyKnows:x SIP/2.0", 0 },
    { "INVITE " .. ("sip:%s@h"):format(("a"):rep(1019)) .. " SIP/2.0", 414 },
    { "INVITE " .. ("sip:%s@h"):format(("a"):rep(1018)) .. " SIP/2.0", 0 },
    { "invite sip:bob@example.org SIP/2.0", 501 }, -- another method, which CSeq does not name
    { "INVITE sip:bob@example.org", "drop" }, { "INVITE SIP/2.0", "drop" }, { "INVITE", "drop" },
      { "", "drop" },
    { " INVITE sip:bob@example.org SIP/2.0", "drop" }, { "IN(VITE sip:bob@example.org SIP/2.0",
      "drop" },
    { "GET / HTTP/1.1", "drop" }, { "INVITE sip:bob@example.org HTTP/1.1", "drop" },
  } do
    it(("that begins %q has the verdict %s%s"):format(row[1]:sub(1, 60), row[2],
      row[1]:find("<", 1, true) and " (MSG-004)" or ""), function()
      assert.equal(row[2], (fault(text(rows(), row[1]))))
    end)
  end

  it("of a method we do not know is well formed when CSeq agrees", function()
    local message = testing.parse(with("CSeq", "1 NEWMETHOD",
      "NEWMETHOD sip:bob@example.org SIP/2.0"))
    assert.equal(0, message.fault_status)
    assert.equal("", message.method)
    assert.equal("NEWMETHOD", message.method_text)
  end)

  it("keeps what could be decoded when it is refused", function()
    local message = testing.parse(with("Max-Forwards", "x"))
    assert.equal(400, message.fault_status)
    assert.equal("Malformed Max-Forwards", message.fault_reason)
    assert.equal("z9hG4bK776asdhds", message.via.branch)
    assert.equal(314159, message.cseq)
    assert.equal("1928301774", message.from_tag)
  end)

  it("names the first thing that is wrong", function()
    local list = rows()
    list[2][2], list[3][2] = "x", "x"
    assert.same({ 400, "Malformed To" }, { fault(text(list)) })
  end)

  it("has the end of its header section", function()
    local bytes = text(rows())
    local head = bytes:sub(1, bytes:find("\r\n\r\n", 1, true) + 1)
    assert.same({ 400, "Missing Empty Line" }, { fault(head) })
  end)

  for _, line in ipairs { "NoColon", ": x", "Bad Name: x", "(x): y", "X\0: y",
    " folded: nothing" } do
    it(("is refused with the line %q"):format(line), function()
      local bytes = text(rows(), "INVITE sip:bob@example.org SIP/2.0\r\n" .. line)
      assert.same({ 400, "Malformed Header Line" }, { fault(bytes) })
    end)
  end

  it("may hold NUL only behind a backslash (MSG-032)", function()
    assert.equal(400, (fault(with("Subject", "a\0b"))))
    assert.equal(0, (fault(with("Subject", "\"a\\\0b\""))))
  end)

  it("is never read beyond its end, however it is cut", function()
    local bytes = text(rows())
    for n = 0, #bytes do
      local message = testing.parse(bytes:sub(1, n))
      if message and n < #bytes then assert.equal(400, message.fault_status) end
    end
  end)
end)

describe("a response", function()
  it("is taken apart", function()
    local message = testing.parse(text(rows(), "SIP/2.0 180 Ringing twice"))
    assert.equal(180, message.status)
    assert.equal("Ringing twice", message.reason)
    assert.equal("INVITE", message.method)
    assert.equal("", message.method_text)
    assert.equal(314159, message.cseq)
  end)

  for _, line in ipairs {
    "SIP/2.0 99 x", "SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 1000 x", "SIP/2.0 2 0",
      "SIP/2.0 -20 x", "SIP/2.0 abc x",
    "SIP/2.0  200 OK", "SIP/2.0 200OK", "SIP/3.0 200 OK", "SIP/2.0", "SIP/2.0 ", "SIP/2.0 20",
      "SIP/2.0 200 O\rK", "SIP/2.0 200 O\0K",
  } do
    it(("that begins %q is dropped (RFC 3261 7.2, MSG-037)"):format(line), function()
      assert.equal("drop", fault(text(rows(), line)))
    end)
  end

  for _, name in ipairs { "Via", "To", "From", "Call-ID", "CSeq" } do
    it("without " .. name .. " is dropped", function()
      assert.equal("drop", fault(with(name, nil, OK)))
    end)
  end

  it("that is cut short is dropped (RFC 3261 18.3, MSG-020)", function()
    assert.equal("drop", fault(with("Content-Length", "5", OK)))
  end)

  it("may have any length of reason, or none (MSG-033, MSG-038)", function()
    assert.equal("", testing.parse(text(rows(), "SIP/2.0 200")).reason)
    assert.equal("", testing.parse(text(rows(), "SIP/2.0 200 ")).reason)
    assert.equal("\u{442}\u{438}", testing.parse(text(rows(), "SIP/2.0 200 \u{442}\u{438}")).reason)
  end)

  it("is not judged by headers that belong in requests (RFC 3261 7.3.2, MSG-013)", function()
    assert.equal(0, (fault(with("Max-Forwards", "x", OK))))
    assert.equal(0, (fault(with("Route", "x", OK))))
    local list = rows()
    list[#list + 1] = { "Priority", "a" }
    list[#list + 1] = { "Priority", "b" }
    assert.equal(0, (fault(text(list, OK))))
  end)

  it("with an essential header twice is dropped", function()
    for _, name in ipairs { "To", "From", "Call-ID", "CSeq", "Content-Length", "Content-Type" } do
      local list = rows()
      for _, row in ipairs(rows()) do
        if row[1] == name then list[#list + 1] = row end
      end
      assert.equal("drop", fault(text(list, OK)), name)
    end
  end)
end)

describe("limits", function()
  it("on the message give 513", function()
    local bytes = text(rows())
    assert.equal(0, (fault(bytes, { message = #bytes })))
    assert.equal(513, (fault(bytes, { message = #bytes - 1 })))
  end)

  it("on a header line count its folds and give 400", function()
    local value = "a" .. ("\r\n b"):rep(10)
    local line = #("Subject: " .. value .. "\r\n")
    assert.equal(0, (fault(with("Subject", value), { header_line = math.max(line, 80) })))
    value = ("a"):rep(8192 - #"Subject: \r\n")
    assert.equal(0, (fault(with("Subject", value))))
    assert.same({ 400, "Header Line Too Long" }, { fault(with("Subject", value .. "a")) })
  end)

  it("on the number of headers give 400", function()
    assert.equal(0, (fault(text(rows()), { headers = 9 })))
    assert.same({ 400, "Too Many Headers" }, { fault(text(rows()), { headers = 8 }) })
  end)

  it("on the Request-URI give 414", function()
    assert.equal(414, (fault(text(rows()), { uri = 18 })))
    assert.equal(0, (fault(text(rows()), { uri = 19 })))
  end)
end)

describe("a kept copy", function()
  it("says the same when the bytes it came from are gone", function()
    local bytes = text(rows())
    assert.same(testing.parse(bytes), testing.keep(bytes))
    bytes = text(rows(), "SIP/2.0 200 OK", "")
    bytes = bytes:gsub("Content%-Length: 4", "Content-Length: 0")
    assert.same(testing.parse(bytes), testing.keep(bytes))
  end)

  it("gives all its memory back", function()
    local before = testing.pool().live_bytes
    testing.keep(text(rows()))
    assert.equal(before, testing.pool().live_bytes)
  end)

  it("is nil when memory is out", function()
    testing.fail_after(1)
    assert.is_nil(testing.keep(text(rows())))
  end)
end)
