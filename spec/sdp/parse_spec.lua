local testing = require("moonsip_testing")
local files = require("sdp.files")

local sdp = testing.sdp

local function refused(text)
  local description, err = sdp.parse(text)
  assert.is_nil(description)
  return err
end

describe("parsing a session description", function()
  local head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n"

  it("gives the examples of the RFCs back byte for byte", function()
    local names = {
      "rfc4566-01", "rfc8866-01", "rfc8866-02", "rfc5245-01", "rfc5245-03", "rfc5245-05",
    }
    for _, name in ipairs(names) do
      local text = files.read("examples/" .. name .. ".sdp")
      assert.equal(text, tostring(assert(sdp.parse(text))), name)
    end
  end)

  it("takes lines that end in LF alone, and writes CRLF (OA-024)", function()
    local text = head .. "m=audio 4000 RTP/AVP 0\n"
    assert.equal(files.crlf(text), tostring(assert(sdp.parse(text))))
  end)

  it("needs no line end at the end, and drops blank lines there", function()
    local wanted = files.crlf(head)
    assert.equal(wanted, tostring(assert(sdp.parse((wanted:gsub("\r\n$", ""))))))
    assert.equal(wanted, tostring(assert(sdp.parse(wanted .. "\r\n\r\n"))))
  end)

  it("keeps lines and attributes it does not know (OA-024)", function()
    local text = files.crlf(head .. "y=what\na=x-thing:1\nm=audio 4000 RTP/AVP 0\nb=XX:9\na=zz\n")
    local description = assert(sdp.parse(text))
    assert.equal(text, tostring(description))
    assert.same({ "zz" }, description.media[1].attributes)
    assert.same({ "x-thing:1" }, description.attributes)
  end)

  it("takes session lines in any order behind v= (OA-025)", function()
    assert.truthy(sdp.parse(files.read("rfc3264/rfc3264-01.sdp")))
    assert.truthy(sdp.parse("v=0\nt=0 0\nc=IN IP4 192.0.2.1\ns=-\no=- 1 1 IN IP4 192.0.2.1\n"))
    assert.equal("ESYNTAX", refused("o=- 1 1 IN IP4 192.0.2.1\nv=0\n").code)
  end)

  it("refuses what is no description, with the place (OA-024)", function()
    local bad = {
      [""] = "v= expected",
      ["\r\n\r\n"] = "v= expected",
      ["m"] = "\"x=\" expected",
      ["v=1\r\n"] = "version 0 expected at byte 2",
      ["v=0\r\n"] = "o= expected at byte 3",
      ["v=0\r\n\r\no=- 1 1 IN IP4 a\r\n"] = "\"x=\" expected at byte 5",
      ["v=0\r\no=- 1 IN IP4 a\r\n"] = "o= needs an id and a version at byte 7",
      ["v=0\r\no=- 1 1 IN\r\n"] = "o= needs an address at byte 7",
      ["v=0\r\no=- 1 1 IN IP4 a\r\nhello\r\n"] = "\"x=\" expected at byte 23",
      ["v=0\r\no=- 1 1 IN IP4 a\r\n c=x\r\n"] = "\"x=\" expected at byte 23",
      ["v=0\r\no=- 1 1 IN IP4 a\r\nc=IN IP4\r\n"] = "connection address expected at byte 25",
      ["v=0\r\no=- 1 1 IN IP4 a\r\nm=audio\r\n"] = "port expected at byte 30",
      ["v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 65536 RTP/AVP 0\r\n"] = "port expected at byte 31",
      ["v=0\r\no=- 1 1 IN IP4 a\r\nm=audio -1 RTP/AVP 0\r\n"] = "port expected at byte 31",
      ["v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 1/0 RTP/AVP 0\r\n"] = "port expected at byte 31",
    }
    for text, message in pairs(bad) do
      local err = refused(text)
      assert.equal("ESYNTAX", err.code, text)
      assert.equal(message, err.message, text)
    end
  end)

  it("refuses a second description in one body (RFC 3264 5, OA-003)", function()
    local err = refused(head .. head)
    assert.equal("ESYNTAX", err.code)
    assert.matches("second v= line", err.message)
  end)

  it("refuses NUL and lone CR anywhere", function()
    assert.equal("ESYNTAX", refused(head .. "i=a\0b\n").code)
    assert.equal("ESYNTAX", refused(head .. "i=a\rb\n").code)
  end)

  it("bounds text, lines and streams (OA-024)", function()
    local function big(tail)
      return refused(head .. tail).code
    end
    assert.equal("ETOOBIG", refused(head .. ("a=x\n"):rep(20000)).code)
    assert.equal("ETOOBIG", big("a=" .. ("x"):rep(4095) .. "\n"))
    assert.truthy(sdp.parse(head .. "a=" .. ("x"):rep(4094) .. "\n"))
    assert.equal("ETOOBIG", big(("a=x\n"):rep(2045)))
    assert.truthy(sdp.parse(head .. ("a=x\n"):rep(2044)))
    assert.equal("ETOOBIG", big(("m=audio 1 RTP/AVP 0\n"):rep(257)))
    assert.equal(256, #assert(sdp.parse(head .. ("m=audio 1 RTP/AVP 0\n"):rep(256))).media)
  end)

  it("says the same whether the text came with or without its last byte's line end", function()
    local text = files.read("rfc4317/rfc4317-2.1-1-offer.sdp")
    for length = 0, #text do
      local description, err = sdp.parse(text:sub(1, length))
      assert.truthy(description or err.code == "ESYNTAX")
      if description then
        assert.truthy(sdp.parse(tostring(description)))
      end
    end
  end)

  it("is nil, err for a body that is not there", function()
    local description, err = sdp.parse(nil)
    assert.is_nil(description)
    assert.equal("EOFFER: no session description", tostring(err))
  end)

  it("raises for what can be no body", function()
    assert.has_error(function()
      sdp.parse({})
    end)
  end)
end)

describe("a description", function()
  local description = assert(sdp.parse(files.session([[
    a=inactive
    m=audio 4000/2 RTP/AVP 0 101
    a=rtpmap:101 telephone-event/8000
    a=sendonly
    m=video 0 RTP/AVP 31
    c=IN IP6 2001:db8::1
  ]])))

  it("shows its fields", function()
    assert.equal(7, description.version)
    assert.equal("-", description.session_name)
    assert.equal("IN IP4 192.0.2.1", description.connection)
    assert.same(
      { username = "alice", session_id = 2890844526, version = 7, address = "192.0.2.1" },
      description.origin
    )
    assert.is_nil(description.nothing)
    assert.same({
      index = 1,
      type = "audio",
      port = 4000,
      port_count = 2,
      proto = "RTP/AVP",
      formats = { "0", "101" },
      direction = "sendonly",
      connection = "IN IP4 192.0.2.1",
      attributes = { "rtpmap:101 telephone-event/8000", "sendonly" },
    }, description.media[1])
    assert.equal("IN IP6 2001:db8::1", description.media[2].connection)
  end)

  it("has the media that are in use", function()
    assert.is_true(description:has_media("audio"))
    assert.is_false(description:has_media("video"))
    assert.is_false(description:has_media("image"))
  end)

  it("takes the session's direction where a stream says none", function()
    assert.equal("sendonly", description:direction())
    assert.equal("inactive", description:direction(2))
    assert.has_error(function()
      description:direction(3)
    end)
  end)

  it("keeps numbers of o= over 63 bits as text, and fails its check (RFC 3264 5, OA-002)",
    function()
      local huge = assert(sdp.parse("v=0\no=- 18446744073709551616 1 IN IP4 a\ns=-\n"))
      assert.equal("18446744073709551616", huge.origin.session_id)
      assert.equal("ESYNTAX", select(2, huge:check()).code)
      local most = assert(sdp.parse("v=0\no=- 9223372036854775807 1 IN IP4 a\ns=-\n"))
      assert.is_true(most:check())
      local over = assert(sdp.parse("v=0\no=- 1 9223372036854775808 IN IP4 a\ns=-\n"))
      assert.is_nil((over:check()))
    end)

  it("fails its check when a stream in use has no c= (RFC 8866 5.7, OA-026)", function()
    local function check(lines)
      return assert(sdp.parse("v=0\no=- 1 1 IN IP4 a\ns=-\nt=0 0\n" .. lines)):check()
    end
    assert.is_nil((check("m=audio 4000 RTP/AVP 0\n")))
    assert.is_true(check("m=audio 4000 RTP/AVP 0\nc=IN IP4 192.0.2.1\n"))
    assert.is_true(check("m=audio 0 RTP/AVP 0\n"))
  end)

  it("fails its check after another that had more streams (RFC 3264 8, OA-016)", function()
    local one = assert(sdp.parse(files.session("m=audio 1 RTP/AVP 0\n")))
    local two = assert(sdp.parse(files.session("m=audio 1 RTP/AVP 0\nm=audio 1 RTP/AVP 0\n")))
    assert.is_true(two:check(one))
    local ok, err = one:check(two)
    assert.is_nil(ok)
    assert.equal("EOFFER: fewer m= lines than before", tostring(err))
  end)

  it("fails its check when a payload type changed its codec (RFC 3264 8.3.2, OA-020)", function()
    local function with(map)
      return assert(sdp.parse(files.session("m=audio 1 RTP/AVP 96\na=rtpmap:96 " .. map .. "\n")))
    end
    assert.is_true(with("opus/48000/2"):check(with("OPUS/48000/2")))
    assert.equal("EOFFER", select(2, with("iLBC/8000"):check(with("opus/48000/2"))).code)
  end)

  it("is the same as another but for the version in o=", function()
    local text = files.session("m=audio 1 RTP/AVP 0\n")
    local a = assert(sdp.parse(text))
    assert.is_true(a:same_as(assert(sdp.parse((text:gsub(" 7 IN", " 8 IN"))))))
    assert.is_false(a:same_as(assert(sdp.parse((text:gsub("2890844526", "1"))))))
    assert.is_false(a:same_as(assert(sdp.parse((text:gsub("audio 1", "audio 2"))))))
    assert.is_false(a:same_as(assert(sdp.parse(text .. "a=x\r\n"))))
  end)
end)

describe("out of memory", function()
  after_each(function()
    testing.fail_after(0)
  end)

  it("refuses with ENOMEM and holds nothing, whichever allocation fails", function()
    local text = files.session(("m=audio 1 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n"):rep(40))
    local wanted = assert(testing.sdp_answer(text))
    local before = testing.pool().live_count
    local failed = 0
    for n = 1, 40 do
      testing.fail_after(n)
      local answer, err = testing.sdp_answer(text)
      if answer then
        assert.equal(wanted, answer)
      else
        failed = failed + 1
        assert.equal("ENOMEM", err.code)
      end
      assert.equal(before, testing.pool().live_count)
    end
    assert.truthy(failed > 4)
    assert.truthy(failed < 40)
  end)
end)
