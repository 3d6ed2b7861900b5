local testing = require "moonsip_testing"

describe("a Via value", function()
  it("is taken apart", function()
    local via = testing.via("SIP/2.0/TCP h.example.com:5070;branch=z9hG4bKa;" ..
      "received=192.0.2.1;rport=4;maddr=1.2.3.4;ttl=1;x")
    assert.same({ "TCP", "h.example.com", 5070, "z9hG4bKa", "192.0.2.1", true, 4, "1.2.3.4", true },
      { via.transport, via.host, via.port, via.branch, via.received, via.has_rport, via.rport,
        via.maddr, via.cookie })
  end)

  for _, text in ipairs { "[2001:db8::9:1]", "[2001:db8::9:1]:6050", "192.0.2.1", "h.:1",
    "h : 5 " } do
    it("may be sent by " .. text .. " (MSG-030)", function()
      local via = testing.via("SIP/2.0/UDP " .. text .. ";branch=z9hG4bKa")
      assert.equal(text:match("^%[.-%]") or text:match("^[^: ]+"), via.host)
      assert.equal(tonumber(text:match(":%s*(%d+)%s*$") or 0), via.port)
    end)
  end

  it("may have received in brackets, which are left out (RFC 5118 4.5, MSG-050)", function()
    assert.equal("2001:db8::9:255",
      testing.via("SIP/2.0/UDP [::1];received=[2001:db8::9:255]").received)
    assert.equal("2001:db8::9:255",
      testing.via("SIP/2.0/UDP [::1];received=2001:db8::9:255").received)
  end)

  it("has rport with or without a value (RFC 3581)", function()
    assert.is_true(testing.via("SIP/2.0/UDP h;rport").has_rport)
    assert.equal(0, testing.via("SIP/2.0/UDP h;rport").rport)
    assert.is_false(testing.via("SIP/2.0/UDP h").has_rport)
  end)

  for _, text in ipairs {
    "", "SIP", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0 UDP h", "SIP/7.0/UDP h",
      "HTTP/2.0/UDP h", "SIP/2.0/ h",
    "SIP/2.0/UDP ;branch=a", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:65536",
      "SIP/2.0/UDP h:x",
    "SIP/2.0/UDP [::1", "SIP/2.0/UDP ::1", "SIP/2.0/UDP h;branch=", "SIP/2.0/UDP h;branch",
      "SIP/2.0/UDP h;branch=a;branch=a",
    "SIP/2.0/UDP h;received=a;received=b", "SIP/2.0/UDP h;", "SIP/2.0/UDP h;;a",
      "SIP/2.0/UDP h i", "SIP/2.0/UDP h;rport=x",
    "SIP/2.0/UDP h;rport=70000", "SIP/2.0/UDP h;ttl=256", "SIP/2.0/UDP h;branch=\"a\"",
      "SIP/2.0/UDP h,SIP/2.0/UDP i",
    "SIP/2.0/UDP h;x=\"y",
  } do
    local id = text:find("HTTP", 1, true) and " (MSG-031)" or text:find("branch=a;", 1, true)
      and " (MSG-012)" or text:find(" ::1", 1, true) and " (MSG-048)"
      or text:find("h:", 1, true) and " (MSG-042)" or ""
    it(("is malformed: %q%s"):format(text, id), function()
      local via, what, at = testing.via(text)
      assert.is_nil(via)
      assert.is_string(what)
      assert.is_true(at <= #text)
    end)
  end

  it("names a transaction when something stands behind the cookie (RFC 3261 8.1.1.7)", function()
    local function cookie(branch) return testing.via("SIP/2.0/UDP h;branch=" .. branch).cookie end
    assert.is_true(cookie("z9hG4bKa"))
    assert.is_true(cookie("Z9HG4BKa"))
    assert.is_false(cookie("z9hG4bK"))
    assert.is_false(cookie("390skdjuw"))
  end)

  it("has the same sender when host and port agree, the usual port written or not", function()
    local function same(a, b) return testing.same_sent_by("SIP/2.0/" .. a, "SIP/2.0/" .. b) end
    assert.is_true(same("UDP h", "UDP H:5060"))
    assert.is_true(same("TLS h:5061", "TLS h"))
    assert.is_false(same("TLS h:5060", "TLS h"))
    assert.is_false(same("UDP h", "UDP h:5070"))
    assert.is_false(same("UDP h", "UDP i"))
  end)
end)
