local testing = require "moonsip_testing"

-- Rows of spec/conformance.tsv.
local shows = {
  ["sip:@h"] = "MSG-039", ["sip:a@h;lr;LR"] = "MSG-041", ["sip:a@h:"] = "MSG-042",
  ["sip:a@h:0"] = "MSG-042", ["sip:a@h:65536"] = "MSG-042", ["sip:a@h:99999999999"] = "MSG-042",
  ["sip:ex%61mple.com"] = "MSG-044", ["sip:a%"] = "MSG-046", ["sip:a%4@h"] = "MSG-046",
  ["sip:a@2001:db8::1"] = "MSG-048", ["<sip:a@h>"] = "MSG-004",
}

describe("a URI", function()
  it("is taken apart", function()
    assert.same({
      scheme = "sip", scheme_text = "SIP", opaque = "", user = "alice%40x", password = "s3",
      host = "Atlanta.com", port = 5070, params = ";transport=TCP;lr", headers = "a=b&c=d",
    }, testing.uri("SIP:alice%40x:s3@Atlanta.com:5070;transport=TCP;lr?a=b&c=d"))
  end)

  it("may have ';', '?' and '/' in the user part, which the first '@' ends", function()
    local uri = testing.uri("sip:user;par=u%40example.net?x=/y@example.com")
    assert.equal("user;par=u%40example.net?x=/y", uri.user)
    assert.equal("example.com", uri.host)
    assert.equal("", uri.params)
  end)

  it("keeps a password apart, even an empty one", function()
    assert.is_nil(testing.uri("sip:a@h").password)
    assert.equal("", testing.uri("sip:a:@h").password)
  end)

  it("of another scheme is opaque text", function()
    local uri = testing.uri("soap.beep://192.0.2.103:3002")
    assert.equal("other", uri.scheme)
    assert.equal("soap.beep", uri.scheme_text)
    assert.equal("//192.0.2.103:3002", uri.opaque)
  end)

  it("of a telephone has a number and parameters (RFC 3966)", function()
    local uri = testing.uri("tel:+1-201-555-0123;ext=7")
    assert.equal("tel", uri.scheme)
    assert.equal("+1-201-555-0123", uri.user)
    assert.equal(";ext=7", uri.params)
    assert.equal("*67#", testing.uri("tel:*67#;phone-context=example.com").user)
  end)

  for _, text in ipairs {
    "", "sip", ":a", "1sip:a@h", "sip:", "sips:", "tel:", "tel:+", "tel:-", "tel:+1a", "tel:1?x=y",
    "urn:", "sip:@h", "sip::pw@h", "sip:a@", "sip:a@b@c", "sip:a:b:c@h", "sip:a@h:", "sip:a@h:0",
    "sip:a@h:65536", "sip:a@h:99999999999", "sip:a@h:5x", "sip:a@h:-1", "sip:a@h;", "sip:a@h;;lr",
    "sip:a@h;lr;LR", "sip:a@h;=x", "sip:a@h?", "sip:a@h?x", "sip:a@h?=x", "sip:a@h?a=b&",
    "sip:a%", "sip:a%@h", "sip:a%4@h", "sip:%zz@h", "sip:a@h;x=%4", "sip:a@h%41",
      "sip:ex%61mple.com",
    "sip:a b@h", "sip:a@h ", " sip:a@h", "<sip:a@h>", "sip:a\"@h", "sip:a@[2001:db8::1", "sip:a@[]",
    "sip:a@[1.2.3.4]", "sip:a@2001:db8::1", "sip:a@[::1]x", "sip:a@h/x", "sip:a@h\0",
  } do
    local id = shows[text]
    it(("is malformed: %q%s"):format(text, id and " (" .. id .. ")" or ""), function()
      local uri, what, at = testing.uri(text)
      assert.is_nil(uri)
      assert.is_string(what)
      assert.is_true(at <= #text)
    end)
  end

  it("has no control byte and no space at any place (RFC 3261 7.1, MSG-004)", function()
    local text = "sip:alice@example.com;lr?a=b"
    for byte = 0, 32 do
      for at = 0, #text do
        local broken = text:sub(1, at) .. string.char(byte) .. text:sub(at + 1)
        assert.is_nil(testing.uri(broken), ("%d at %d"):format(byte, at))
      end
    end
  end)

  it("is never read beyond its end, however it is cut (MSG-046)", function()
    local text = "sip:a%41b:p%20w@[2001:db8::1]:5060;x=%41?y=%42"
    for n = 0, #text do
      testing.uri(text:sub(1, n))
    end
    assert.truthy(testing.uri(text))
  end)

  it("says what it wanted and where", function()
    local uri, what, at = testing.uri("sip:alice@example.com:0")
    assert.is_nil(uri)
    assert.equal("port of 1 to 65535 expected", what)
    assert.equal(22, at)
  end)

  it("has a bounded number of parameters and headers", function()
    local function list(n, sep, form)
      local t = {}
      for i = 1, n do t[i] = form:format(i) end
      return table.concat(t, sep)
    end
    assert.truthy(testing.uri("sip:a@h;" .. list(64, ";", "p%d")))
    assert.is_nil(testing.uri("sip:a@h;" .. list(65, ";", "p%d")))
    assert.truthy(testing.uri("sip:a@h?" .. list(64, "&", "p%d=1")))
    assert.is_nil(testing.uri("sip:a@h?" .. list(65, "&", "p%d=1")))
  end)
end)

describe("writing a URI (MSG-040)", function()
  for _, text in ipairs {
    "sip:h", "sips:a@h", "sip:a:b@h:5070;transport=tcp;lr?x=y&z=%20", "sip:a:@h", "tel:+1-2;ext=3",
    "urn:service:sos", "sip:%00@[2001:db8::1]:1;x", "SIP:A@B",
  } do
    it("gives back " .. text, function()
      assert.equal(text, testing.uri_format(text))
    end)
  end
end)

describe("two URIs", function()
  for line in io.lines("spec/uri/uri-equality.tsv") do
    local a, b, verdict, why = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    if verdict ~= "verdict" then
      local equal = verdict:sub(1, 2) == "eq"
      it(("are %s: %s, %s (%s)"):format(equal and "equal" or "different", a, b, why), function()
        assert.equal(equal, testing.uri_equal(a, b))
        assert.equal(equal, testing.uri_equal(b, a))
        assert.is_true(testing.uri_equal(a, a))
        assert.is_true(testing.uri_equal(b, b))
      end)
    end
  end

  for _, row in ipairs {
    { "sip:%2b1@h", "sip:%2B1@h", true, "hex digits ignore case" },
    { "sip:a%00b@h", "sip:a%00c@h", false, "what stands behind an escaped NUL counts" },
    { "sip:a@h?x=1&x=1", "sip:a@h?x=1", false, "headers count" },
    { "sip:a@h?x=1&x=2", "sip:a@h?x=2&x=1", true, "in any order" },
    { "sip:a@h;%6cr=1", "sip:a@h;lr=2", false, "escaped parameter names" },
    { "sip:a@h;x", "sip:a@h;x=1", false, "a value against none" },
    { "tel:+1(2)3", "tel:+12.3", true, "visual separators (RFC 3966 5.1.1, MSG-047)" },
    { "tel:1;phone-context=+1-2", "tel:1;phone-context=+12", true, "a context that is a number" },
    { "tel:1;a;b", "tel:1;b;a", true, "parameter order" },
    { "tel:1", "sip:1@h", false, "schemes" },
    { "URN:x", "urn:x", true, "scheme case" },
    { "urn:x", "urn:X", false, "opaque text byte by byte" },
    { "urn:x", "url:x", false, "other schemes among themselves" },
  } do
    it(("are %s: %s, %s (%s)"):format(row[3] and "equal" or "different", row[1], row[2], row[4]),
      function()
      assert.equal(row[3], testing.uri_equal(row[1], row[2]))
      assert.equal(row[3], testing.uri_equal(row[2], row[1]))
    end)
  end

  it("compare alike in both orders and each with itself (RFC 3261 19.1.4, URI-009)", function()
    local parts = { { "sip:", "sips:" }, { "", "a@", "%61@", "A@" }, { "h", "H", "[::1]",
      "[0::1]" }, { "", ":5060" },
      { "", ";lr", ";ttl=1", ";x=1", ";X=1;lr" }, { "", "?a=b", "?A=b&c=d", "?c=d&a=b" } }
    local all = { "" }
    for _, choices in ipairs(parts) do
      local longer = {}
      for _, head in ipairs(all) do
        for _, tail in ipairs(choices) do longer[#longer + 1] = head .. tail end
      end
      all = longer
    end
    math.randomseed(7)
    for _ = 1, 10000 do
      local a, b = all[math.random(#all)], all[math.random(#all)]
      assert.equal(testing.uri_equal(a, b), testing.uri_equal(b, a), a .. " " .. b)
      assert.is_true(testing.uri_equal(a, a))
    end
  end)
end)

describe("escapes", function()
  it("are undone once (MSG-044)", function()
    assert.equal("value%41", testing.unescape("v%61lue%25%34%31"))
    assert.equal("sips:user@example.com", testing.unescape("sips%3Auser%40example.com"))
  end)

  it("may stand for NUL, which is data (MSG-045)", function()
    assert.equal("null-\0-null", testing.unescape("null-%00-null"))
  end)

  it("must be whole (MSG-046)", function()
    for _, text in ipairs { "%", "%4", "a%zz", "%%41" } do
      assert.same({ nil, "ESYNTAX", n = 2 }, table.pack(testing.unescape(text)))
    end
  end)

  it("protect what may not stand in a user part", function()
    assert.equal("a%40b%3A%20%25%22%00%FFc", testing.escape_user("a@b: %\"\0\255c"))
    local plain = "azAZ09-_.!~*'()&=+$,;?/"
    assert.equal(plain, testing.escape_user(plain))
  end)

  it("come back as they were", function()
    local all = {}
    for i = 0, 255 do all[#all + 1] = string.char(i) end
    all = table.concat(all)
    assert.equal(all, testing.unescape(testing.escape_user(all)))
    assert.equal(testing.escape_user(all),
      testing.uri("sip:" .. testing.escape_user(all) .. "@h").user)
  end)

  it("refuses an empty label and one with a hyphen at an end, wherever it stands (25.1)", function()
    for n = 1, 40 do
      local front = ("a"):rep(n)
      for _, bad in ipairs { "..b", ".-b", "-.b", "-", ".1", "=b" } do
        assert.is_nil(testing.uri("sip:" .. front .. bad), front .. bad)
      end
      for _, good in ipairs { ".b", "--b", ".b-c.d", ".1b", "." } do
        assert.truthy(testing.uri("sip:" .. front .. good), front .. good)
      end
    end
  end)

  it("report that memory is out", function()
    testing.fail_after(1)
    assert.same({ nil, "ENOMEM", n = 2 }, table.pack(testing.unescape("abc")))
  end)
end)

describe("a host (MSG-043)", function()
  local label = ("a"):rep(63)
  local longest = table.concat({ label, label, label, ("b"):rep(61) }, ".")

  for _, row in ipairs {
    { "example.com", true }, { "example.com.", true }, { "h", true }, { "a-b.c", true }, {
      "sip_proxy", true },
    { "3gpp", true }, { "1.a", true }, { "192.0.2.1", true }, { "0.0.0.0", true }, {
      "255.255.255.255", true },
    { "[::1]", true }, { "[2001:db8::1]", true }, { "[::ffff:192.0.2.1]", true }, {
      "[2001:db8:::192.0.2.1]", true },
    { "[2001:DB8:0:0:0:0:0:1]", true }, { label, true }, { longest, true }, { longest .. ".",
      true },
    { "", false }, { ".", false }, { "a..b", false }, { ".a", false }, { "a..", false }, { "-a",
      false }, { "a-", false },
    { "a.-b", false }, { "a b", false }, { "a%41", false }, { "a/b", false }, { "1", false }, {
      "1.2.3", false },
    { "1.2.3.4.5", false }, { "256.0.0.1", false }, { "01.2.3.4", false }, { "1.2.3.4.", false },
      { "1..2.3", false },
    { "a.1", false }, { "[::1", false }, { "::1", false }, { "[]", false }, { "[::1]]", false }, {
      "[1.2.3.4]", false },
    { "[::g]", false }, { "[fe80::1%eth0]", false }, { "[" .. ("1:"):rep(30) .. "]", false },
    { label .. "a", false }, { longest .. "b", false },
  } do
    it(("is %s: %s"):format(row[2] and "whole" or "malformed", row[1]), function()
      assert.equal(row[2], testing.host_is_valid(row[1]))
    end)
  end
end)
