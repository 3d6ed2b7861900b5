local testing = require "moonsip_testing"

local function lines(list) return table.concat(list, "\r\n") .. "\r\n" end

local function request(more, body)
  return lines({
    "INVITE sip:bob@biloxi.example SIP/2.0",
    "v: SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bKabc;rport, SIP/2.0/TCP a.example;branch=z9hG4bKx",
    "Max-Forwards: 70",
    "X-Odd :   kept ; as it is",
    "From: \"A. \\\"B\" <sip:alice@atlanta.example>;tag=1",
    "t: <sip:bob@biloxi.example>",
    "i: call",
    "CSeq: 1 INVITE",
    table.unpack(more or {}),
  }) .. ("l: %d\r\n\r\n%s"):format(#(body or ""), body or "")
end

local VIA = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKours;rport\r\n"

local function forward(bytes, options)
  options = options or {}
  options.source = options.source or "192.0.2.9"
  options.port = options.port or 5099
  return testing.forward(bytes, options)
end

local function has(text, piece)
  assert(text:find(piece, 1, true), ("%q is not in\n%s"):format(piece, text))
end

local function lacks(text, piece)
  assert(not text:find(piece, 1, true), ("%q is in\n%s"):format(piece, text))
end

-- The rows of a message, folds and spelling as they are.
local function rows(text)
  local list = {}
  for row in text:match("^(.-\r\n)\r\n"):gsub("\r\n([ \t])", "\n%1"):gmatch("(.-)\r\n") do
    list[#list + 1] = row
  end
  return list
end

describe("a request on its way through a proxy", function()
  it("gets our Via first and keeps every other row, its order and spelling (16.6.1, 16.6.8)",
    function()
      local sent = forward(
        request({ "Route: <sip:p9.example;lr>, <sip:p8.example;lr>" }, "v=0\r\n"))
      assert.equal("INVITE sip:bob@biloxi.example SIP/2.0\r\n" .. VIA
        .. "v: SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bKabc;rport=5099;received=192.0.2.9, "
        .. "SIP/2.0/TCP a.example;branch=z9hG4bKx\r\n"
        .. "Max-Forwards: 69\r\n"
        .. "X-Odd :   kept ; as it is\r\n"
        .. "From: \"A. \\\"B\" <sip:alice@atlanta.example>;tag=1\r\n"
        .. "t: <sip:bob@biloxi.example>\r\ni: call\r\nCSeq: 1 INVITE\r\n"
        .. "Route: <sip:p9.example;lr>, <sip:p8.example;lr>\r\nl: 5\r\n\r\nv=0\r\n", sent)
    end)

  it("gets the target as its Request-URI (16.6.2)", function()
    local sent, hop = forward(request(), { target = "sip:bob@192.0.2.4" })
    has(sent, "INVITE sip:bob@192.0.2.4 SIP/2.0\r\n")
    assert.equal("sip:bob@192.0.2.4", hop)
  end)

  it("gains Max-Forwards 70 when it has none (16.6.3)", function()
    local sent = forward((request():gsub("Max%-Forwards: 70\r\n", "")))
    has(sent, VIA .. "Max-Forwards: 70\r\nv: ")
  end)

  it("loses the Route values that are ours, whole rows when nothing is left (16.4)", function()
    local sent, hop = forward(request({ "Route: <sip:us;lr>", "Route: <sip:us2;lr>,<sip:q;lr>" }),
      { pop = 2 })
    lacks(sent, "sip:us")
    has(sent, "\r\nRoute: <sip:q;lr>\r\n")
    assert.equal("sip:q;lr", hop)
    sent, hop = forward(request({ "Route: <sip:us;lr>" }), { pop = 1 })
    lacks(sent, "Route:")
    assert.equal("sip:bob@biloxi.example", hop)
  end)

  it("gets its target back from the end of the Route when a strict router sent it (16.4)",
    function()
      local sent, hop = forward(
        request({ "Route: <sip:q;lr>", "Route: <sip:bob@192.0.2.4;x=1>" }), { strict = true })
      has(sent, "INVITE sip:bob@192.0.2.4;x=1 SIP/2.0\r\n")
      has(sent, "\r\nRoute: <sip:q;lr>\r\nl:")
      assert.equal("sip:q;lr", hop)
    end)

  it("is written for a strict router behind us (16.6.6)", function()
    local sent, hop = forward(request({ "Route: <sip:us;lr>, <sip:strict.example>, <sip:z;lr>" }),
      { pop = 1 })
    has(sent, "INVITE sip:strict.example SIP/2.0\r\n")
    has(sent, "\r\nRoute: <sip:z;lr>\r\n")
    has(sent, "\r\nRoute: <sip:bob@biloxi.example>\r\n")
    assert.is_true(sent:find("sip:z;lr", 1, true) < sent:find("Route: <sip:bob@", 1, true))
    assert.equal("sip:strict.example", hop)
  end)

  it("gets pushed routes before those it has, and goes to the first (16.6.6)", function()
    local sent, hop = forward(request({ "Route: <sip:q;lr>" }),
      { routes = { "<sip:p1;lr>", "sip:p2;lr" }, target = "sip:bob@192.0.2.4" })
    has(sent, VIA .. "Route: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\nv:")
    has(sent, "\r\nRoute: <sip:q;lr>\r\n")
    assert.equal("sip:p1;lr", hop)
  end)

  it("gets Record-Route and Path before those of others (16.6.4, RFC 3327 5.2)", function()
    local sent = forward(request({ "Record-Route: <sip:o;lr>", "Path: <sip:o2;lr>" }),
      { record_route = "<sip:us;lr>", path = "<sip:me;lr>" })
    has(sent, VIA .. "Record-Route: <sip:us;lr>\r\nPath: <sip:me;lr>\r\nv:")
    has(sent, "\r\nRecord-Route: <sip:o;lr>\r\nPath: <sip:o2;lr>\r\n")
  end)

  it("keeps credentials for others, loses those for our realm (22.3, AUT-007)", function()
    local sent = forward(request({
      'Proxy-Authorization: Digest username="a, realm=b", realm="ours", nonce="1"',
      'Proxy-Authorization: Digest username="a", realm="theirs", nonce="2"',
    }), { realm = "ours" })
    lacks(sent, 'nonce="1"')
    has(sent, 'Proxy-Authorization: Digest username="a", realm="theirs", nonce="2"\r\n')
  end)

  it("has one Max-Breadth, ours (RFC 5393 5.3.3)", function()
    local sent = forward(request({ "Max-Breadth: 60" }), { max_breadth = 20 })
    has(sent, "Max-Breadth: 20\r\n")
    lacks(sent, "Max-Breadth: 60")
  end)

  it("loses and gains rows by name, compact forms counted", function()
    local sent = forward(request({ "s: lunch", "X-Secret: 1", "X-Secret: 2" }),
      { remove = { "Subject", "x-secret" }, headers = { "P-Hint:  north ", "X-Two: 2" } })
    lacks(sent, "lunch")
    lacks(sent, "Secret")
    has(sent, "\r\nP-Hint: north\r\nX-Two: 2\r\n\r\n")
  end)

  it("gains Content-Length when it has none (16.6.9)", function()
    local sent = forward((request(nil, "abc"):gsub("l: 3\r\n", "")))
    has(sent, "CSeq: 1 INVITE\r\nContent-Length: 3\r\n\r\nabc")
  end)

  it("ends every row in CRLF, those that came with a bare LF too (7, MSG-001)", function()
    local sent = forward((request({ "X-Fold: a\r\n b" }):gsub("\r\n", "\n")))
    lacks(sent:gsub("\r\n", ""), "\n")
    has(sent, "X-Fold: a\r\n b\r\n")
  end)

  for name, options in pairs({
    target = { target = "sip:a\r\nX: y" }, header = { headers = { "X: a\r\nY: b" } },
    ["header without colon"] = { headers = { "nothing" } },
    route = { routes = { "<sip:p\r\n;lr>" } },
    ["Record-Route"] = { record_route = "<sip:p\n>" },
  }) do
    it("is refused when the author's " .. name .. " cannot stand in a header", function()
      local sent, err = forward(request(), options)
      assert.is_nil(sent)
      assert.is_true(err == "EINVALID" or err == "ESYNTAX", err)
    end)
  end

  it("is refused when the Route that decides is none, or a strict router left none", function()
    assert.same({ nil, "ESYNTAX" }, { forward(request({ "Route: <http://q>" })) })
    assert.same({ nil, "ESYNTAX" }, { forward(request(), { strict = true }) })
  end)
end)

describe("a response on its way back", function()
  local function response(vias, more)
    local list = { "SIP/2.0 401 Go  Away" }
    for _, via in ipairs(vias) do list[#list + 1] = via end
    for _, row in ipairs({
      "f: <sip:a@x>;tag=1", "To: <sip:b@x>;tag=2", "Call-ID: c", "CSeq: 1 INVITE",
      table.unpack(more or {}),
    }) do
      list[#list + 1] = row
    end
    return lines(list) .. "Content-Length: 0\r\n\r\n"
  end

  it("loses the top Via and nothing else (16.7.3)", function()
    local theirs = "v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa;received=192.0.2.9"
    local came = response({ "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKours", theirs })
    assert.equal(response({ theirs }), testing.forward_response(came))
  end)

  it("loses only the first value of a Via row that has more (7.3.1, MSG-008)", function()
    local came = response({ "Via: SIP/2.0/UDP h;branch=z9hG4bK1 , SIP/2.0/UDP i;branch=z9hG4bK2" })
    assert.equal(response({ "Via: SIP/2.0/UDP i;branch=z9hG4bK2" }),
      testing.forward_response(came))
  end)

  it("brings the challenges of other branches with it, each in its row (16.7.7, AUT-007)",
    function()
      local first = 'WWW-Authenticate: Digest realm="a", nonce="1"'
      local second = 'Proxy-Authenticate: Digest realm="b", nonce="2"'
      local via = "Via: SIP/2.0/UDP h;branch=z9hG4bK1"
      local sent = testing.forward_response(response({ via }, { first }),
        response({ via }, { second, "X-Not: this" }), response({ via }, { first }))
      has(sent, first .. "\r\nContent-Length: 0\r\n" .. second .. "\r\n" .. first .. "\r\n\r\n")
      lacks(sent, "X-Not")
    end)
end)

describe("the CANCEL of a request that was sent on", function()
  it("has its Request-URI, its top Via alone, its Route, tags, Call-ID and number (9.1)",
    function()
      local sent = forward(
        request({ "Route: <sip:q;lr>", "Require: x", "Proxy-Require: y" }, "v=0"))
      assert.equal("CANCEL sip:bob@biloxi.example SIP/2.0\r\n" .. VIA .. "Max-Forwards: 70\r\n"
        .. "Route: <sip:q;lr>\r\nFrom: \"A. \\\"B\" <sip:alice@atlanta.example>;tag=1\r\n"
        .. "To: <sip:bob@biloxi.example>\r\nCall-ID: call\r\nCSeq: 1 CANCEL\r\n"
        .. "Reason: SIP;cause=200\r\nContent-Length: 0\r\n\r\n", testing.forward_cancel(sent))
    end)
end)

describe("messages that look odd but are fine go on as they are:", function()
  local changed = { via = true, v = true, ["max-forwards"] = true }

  local function name_of(row) return row:match("^([^%s:]+)[ \t]*:") end

  -- Rows that no proxy has to touch.
  local function others(list)
    local kept = {}
    for i = 2, #list do
      local name = name_of(list[i])
      if not changed[name:lower()] then kept[#kept + 1] = list[i] end
    end
    return kept
  end

  local function files()
    local list = {}
    for _, folder in ipairs({ "rfc4475", "cve-classes" }) do
      local pipe <close> = assert(io.popen("ls spec/torture/" .. folder))
      for name in pipe:lines() do list[#list + 1] = folder .. "/" .. name end
    end
    return list
  end

  local count = 0
  for _, name in ipairs(files()) do
    local file <close> = assert(io.open("spec/torture/" .. name, "rb"))
    local bytes = file:read("a")
    if name:find("mpart01") then -- its strict router would have it reordered
      bytes = bytes:gsub("(Route: <sip:127.0.0.1:5080)>", "%1;lr>")
    end
    local read = bytes and testing.parse(bytes) -- a folder has none
    if read and read.fault_status == 0 and read.status == 0 then
      count = count + 1
      it(name .. " (16.6.1)", function()
        local sent = assert(forward(bytes))
        local again = assert(testing.parse(sent, { message = 200000, headers = 254 }))
        local normal = read.bytes:gsub("\r?\n", "\r\n")
        local has_length = #testing.header_rows(bytes, "Content-Length") > 0
        if not has_length then sent = sent:gsub("Content%-Length: %d+\r\n(\r\n)", "%1", 1) end
        assert.same(others(rows(normal)), others(rows(sent)))
        assert.equal(0, again.fault_status)
        assert.equal(read.body, again.body)
        assert.equal(read.ruri, again.ruri)
        assert.equal(read.method_text, again.method_text)
        assert.equal(read.max_forwards == -1 and 70 or math.max(read.max_forwards - 1, 0),
          again.max_forwards)
        assert.equal(#testing.header_values(bytes, "Via") + 1,
          #testing.header_values(sent, "Via"))
        assert.equal("z9hG4bKours", again.via.branch)
      end)
    end
  end

  it("there are more than seventy of them", function() assert.is_true(count > 70, count) end)
end)
