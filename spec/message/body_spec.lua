local testing = require "moonsip_testing"

local SDP = "v=0\r\n"

local function parts(...)
  return "--b\r\n" .. table.concat({ ... }, "\r\n--b\r\n") .. "\r\n--b--\r\n"
end

describe("a multipart body", function()
  local function split(body, boundary)
    return testing.multipart("multipart/mixed;boundary=" .. (boundary or "b"), body)
  end

  it("has parts with headers and without", function()
    assert.same({
      { headers = "Content-Type: a/b\r\nc: d/e\r\nX: y\r\n", content_type = "d/e",
        disposition = "", encoding = "", body = "one" },
      { headers = "", content_type = "", disposition = "", encoding = "", body = "two\r\n" },
      { headers = "content-disposition: x;\r\n y\r\ne: gzip\r\n", content_type = "",
        disposition = "x;\r\n y", encoding = "gzip",
        body = "" },
    }, split(parts("Content-Type: a/b\r\nc: d/e\r\nX: y\r\n\r\none", "\r\ntwo\r\n",
      "content-disposition: x;\r\n y\r\ne: gzip\r\n\r\n")))
  end)

  it("has text before and behind that is skipped (RFC 2046 5.1.1, MSG-057)", function()
    local got = split("ignore\r\n--bx\r\nthis\r\n" .. parts("\r\nx") .. "and this\r\n--b\r\n\r\ny")
    assert.equal(1, #got)
    assert.equal("x", got[1].body)
  end)

  it("may lack the closing delimiter (MSG-057)", function()
    assert.equal("x", split("--b\r\n\r\nx")[1].body)
    assert.equal("x\r\n", split("--b\r\n\r\nx\r\n")[1].body)
  end)

  it("may have bare LF line ends and blanks behind a delimiter", function()
    assert.equal("x", split("--b \t\n\nx\n--b--  \n")[1].body)
  end)

  it("may have dashes and near misses of the delimiter in its parts", function()
    local body = "--\r\n--c\r\n --b\r\n--bb\r\nx--b"
    assert.equal(body, split(parts("\r\n" .. body))[1].body)
  end)

  it("may be empty", function()
    assert.same({}, split("--b--\r\n"))
    assert.equal("", split("--b\r\n--b--")[1].body)
  end)

  it("needs a boundary of 1 to 70 bytes that occurs (MSG-057)", function()
    assert.is_nil(testing.multipart("multipart/mixed", parts("\r\nx")))
    assert.is_nil(split(parts("\r\nx"), "\"\""))
    assert.is_nil(split(parts("\r\nx"), "c"))
    local long = ("b"):rep(70)
    assert.equal("x", split("--" .. long .. "\r\n\r\nx", long)[1].body)
    long = long .. "b"
    assert.is_nil(split("--" .. long .. "\r\n\r\nx", long))
  end)

  it("may have a quoted boundary", function()
    assert.equal("x", split("--a b\r\n\r\nx", "\"a b\"")[1].body)
  end)

  it("has names before its colons", function()
    assert.is_nil(split(parts("no header\r\n\r\nx")))
    assert.is_nil(split(parts(": x\r\n\r\nx")))
  end)

  it("has at most 64 parts (MSG-057)", function()
    assert.equal(64, #split(("--b\r\n\r\nx\r\n"):rep(64)))
    assert.is_nil(split(("--b\r\n\r\nx\r\n"):rep(65)))
  end)
end)

describe("the session description of a message", function()
  local function find(body, ...)
    local head = { "INVITE sip:h SIP/2.0", "Via: SIP/2.0/UDP h", "From: <sip:a@h>;tag=1",
      "To: <sip:b@h>", "Call-ID: x",
      "CSeq: 1 INVITE", ... }
    return testing.session_body(table.concat(head, "\r\n") .. "\r\n\r\n" .. body)
  end
  local MIXED = "Content-Type: multipart/mixed;boundary=b"
  local ALTERNATIVE = "Content-Type: multipart/alternative;boundary=b"
  local SDP_PART = "Content-Type: application/sdp\r\n\r\n" .. SDP
  local TEXT = "Content-Type: text/plain\r\n\r\nhello"
  local OPTIONAL_TEXT = "Content-Disposition: render;handling=optional\r\n" .. TEXT

  local function is(expected, ...)
    assert.same(expected, { find(...) })
  end

  it("is the body, when that is SDP", function()
    is({ SDP }, SDP, "Content-Type: application/sdp")
    is({ SDP }, SDP, "c: Application/SDP ;charset=x", "Content-Disposition: session",
      "Content-Encoding: identity")
  end)

  it("is absent without a body", function()
    is({ false }, "", "Content-Type: application/sdp")
    is({ false }, "")
  end)

  it("is not guessed from a body without a type (RFC 3261 7.4.1, MSG-015)", function()
    is({ nil, "ESYNTAX" }, SDP)
    is({ nil, "ESYNTAX" }, SDP, "Content-Type: sdp")
    is({ nil, "ESYNTAX" }, SDP, "Content-Type: application/sdp", "Content-Disposition: a b")
  end)

  it("cannot be another type, unless that may be ignored (RFC 3261 8.2.3)", function()
    is({ nil, "EUNSUPPORTED" }, "x", "Content-Type: text/plain")
    is({ nil, "EUNSUPPORTED" }, "x", "Content-Type: text/plain",
      "Content-Disposition: render;handling=required")
    is({ false }, "x", "Content-Type: text/plain", "Content-Disposition: render;handling=optional")
  end)

  it("cannot be in an encoding, unless that may be ignored", function()
    is({ nil, "EUNSUPPORTED" }, SDP, "Content-Type: application/sdp", "Content-Encoding: gzip")
    is({ false }, SDP, "Content-Type: application/sdp", "e: gzip",
      "Content-Disposition: session;handling=optional")
  end)

  it("is not SDP with another purpose (RFC 3959)", function()
    is({ false }, SDP, "Content-Type: application/sdp",
      "Content-Disposition: early-session;handling=optional")
    is({ nil, "EUNSUPPORTED" }, SDP, "Content-Type: application/sdp",
      "Content-Disposition: early-session")
  end)

  it("is found among parts", function()
    is({ SDP }, parts(SDP_PART), MIXED)
    is({ SDP }, parts(OPTIONAL_TEXT, SDP_PART, OPTIONAL_TEXT), MIXED)
    is({ SDP }, parts(SDP_PART, "Content-Type: application/sdp\r\n\r\nother"), MIXED)
    is({ false }, parts(OPTIONAL_TEXT), MIXED)
  end)

  it("is not enough when another part must be understood (RFC 5621)", function()
    is({ nil, "EUNSUPPORTED" }, parts(SDP_PART, TEXT), MIXED)
    is({ false }, parts(SDP_PART, TEXT), MIXED, "Content-Disposition: session;handling=optional")
  end)

  it("is enough as one of the alternatives (RFC 2046 5.1.4)", function()
    is({ SDP }, parts(TEXT, SDP_PART), ALTERNATIVE)
    is({ nil, "EUNSUPPORTED" }, parts(TEXT, TEXT), ALTERNATIVE)
  end)

  it("is found in parts of parts, to a depth of four (MSG-057)", function()
    local function nest(depth)
      local body, type = SDP, "application/sdp"
      for i = 1, depth do
        body = ("--%d\r\nContent-Type: %s\r\n\r\n%s\r\n--%d--\r\n"):format(i, type, body, i)
        type = "multipart/mixed;boundary=" .. i
      end
      return body, "Content-Type: " .. type
    end
    is({ SDP }, nest(4))
    is({ nil, "ESYNTAX" }, nest(5))
    is({ nil, "ESYNTAX" }, nest(100))
  end)

  it("is not sought in a broken multipart body", function()
    is({ nil, "ESYNTAX" }, "nothing", MIXED)
    is({ nil, "ESYNTAX" }, parts(SDP_PART), "Content-Type: multipart/mixed")
  end)
end)
