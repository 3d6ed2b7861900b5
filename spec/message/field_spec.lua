local testing = require "moonsip_testing"

-- { function, text, what it gives (nil: malformed) }
for _, row in ipairs {
  { "cseq", "4711 INVITE", { number = 4711, method = "INVITE" } },
  { "cseq", "4294967295\r\n\tX-y", { number = 4294967295, method = "X-y" } },
  { "cseq", "4294967296 INVITE" }, { "cseq", "1" }, { "cseq", " 1 A" }, { "cseq", "1 A B" }, {
    "cseq", "1A" }, { "cseq", "" },
  { "rack", "776656 1 INVITE", { rseq = 776656, cseq = 1, method = "INVITE" } },
  { "rack", "1  2\tUPDATE", { rseq = 1, cseq = 2, method = "UPDATE" } },
  { "rack", "1 INVITE" }, { "rack", "1 2" }, { "rack", "4294967296 1 INVITE" }, { "rack",
    "-1 1 INVITE" }, { "rack", "" },
  { "delta", "0", 0 }, { "delta", "3600", 3600 }, { "delta", "4294967295", 4294967295 }, {
    "delta", "4294967296", 4294967295 },
  { "delta", ("9"):rep(100), 4294967295 }, { "delta", "" }, { "delta", "-1" }, { "delta", "1.5" },
    { "delta", "x" },
  { "ctype", "application/sdp", { type = "application", subtype = "sdp", params = "" } },
  { "ctype", "multipart / mixed ; boundary=\"a;b\"", { type = "multipart", subtype = "mixed",
    params = "; boundary=\"a;b\"" } },
  { "ctype", "application" }, { "ctype", "application/" }, { "ctype", "/sdp" }, { "ctype",
    "a/b/c" }, { "ctype", "a b/c" },
  { "ctype", "a/b;" }, { "ctype", "" },
  { "disposition", "session", { type = "session", optional = false } },
  { "disposition", "icon;handling=optional", { type = "icon", optional = true } },
  { "disposition", "icon;handling=required", { type = "icon", optional = false } },
  { "disposition", "a b" }, { "disposition", "" }, { "disposition", ";handling=optional" },
  { "session_expires", "1800", { delta = 1800, refresher = "none" } },
  { "session_expires", "90 ; refresher=uac", { delta = 90, refresher = "uac" } },
  { "session_expires", "90;x;Refresher=UAS", { delta = 90, refresher = "uas" } },
  { "session_expires", ("9"):rep(40), { delta = 4294967295, refresher = "none" } },
  { "session_expires", "90;refresher=me" }, { "session_expires", "x" }, { "session_expires", "" },
    { "session_expires", "-1" },
  { "event", "presence.winfo;id=7", { package = "presence.winfo", id = "7" } },
  { "event", "dialog", { package = "dialog", id = "" } }, { "event", "" }, { "event", "a b" }, {
    "event", ";id=1" },
  { "reason", "SIP;cause=200;text=\"Call completed elsewhere\"", { protocol = "SIP", cause = 200,
    text = "Call completed elsewhere" } },
  { "reason", "Q.850 ;cause=16", { protocol = "Q.850", cause = 16, text = "" } }, { "reason", "X",
    { protocol = "X", text = "" } },
  { "reason", "SIP;cause=x" }, { "reason", "SIP;cause" }, { "reason", "SIP;cause=1;cause=2" }, {
    "reason", "" },
  { "replaces", "98732@h;from-tag=r33;to-tag=f2", { call_id = "98732@h", from_tag = "r33",
    to_tag = "f2", early_only = false } },
  { "replaces", "a ;to-tag=b;from-tag=c;early-only", { call_id = "a", to_tag = "b",
    from_tag = "c", early_only = true } },
  { "replaces", "a;to-tag=b" }, { "replaces", "a;from-tag=b" }, { "replaces",
    "a b;to-tag=b;from-tag=c" }, { "replaces", "" },
  { "replaces", "a;to-tag=b;to-tag=b;from-tag=c" }, { "replaces", ";to-tag=b;from-tag=c" },
  { "warning", "307 isi.edu \"Session parameter 'foo' not understood\"",
    { code = 307, agent = "isi.edu", text = "Session parameter 'foo' not understood" } },
  { "warning", "399 h:5060 \"a \\\"b\\\"\"", { code = 399, agent = "h:5060",
    text = "a \\\"b\\\"" } },
  { "warning", "99 h \"x\"" }, { "warning", "1000 h \"x\"" }, { "warning", "307 h x" }, {
    "warning", "307 \"x\"" },
  { "warning", "307 h \"x" }, { "warning", "307 h \"x\" y" }, { "warning", "307" }, { "warning",
    "" }, { "warning", "307h \"x\"" },
} do
  describe(row[1], function()
    it(("%s %q"):format(row[3] and "reads" or "finds malformed", row[2]), function()
      assert.same(row[3], (testing[row[1]](row[2])))
    end)
  end)
end

describe("a media type", function()
  it("matches without regard to case, parameters or what a star covers", function()
    assert.is_true(testing.ctype("Application/SDP;x=y", "application", "sdp"))
    assert.is_true(testing.ctype("application/*", "application", "sdp"))
    assert.is_true(testing.ctype("*/*", "application", "sdp"))
    assert.is_false(testing.ctype("text/sdp", "application", "sdp"))
    assert.is_false(testing.ctype("application/sd", "application", "sdp"))
  end)
end)

describe("an event", function()
  it("is the same with the same package and id (RFC 6665 8.2.1)", function()
    assert.is_true(testing.event_equal("a;x=1", "a"))
    assert.is_true(testing.event_equal("a;id=1", "a;id=1"))
    assert.is_false(testing.event_equal("a;id=1", "a"))
    assert.is_false(testing.event_equal("a", "A"))
  end)
end)

local function request(...)
  return table.concat({ "REGISTER sip:h SIP/2.0", "Via: SIP/2.0/UDP h", "From: <sip:a@h>;tag=1",
    "To: <sip:b@h>", "Call-ID: x",
    "CSeq: 1 REGISTER", ... }, "\r\n") .. "\r\n\r\n"
end

describe("contacts", function()
  it("have q and expires", function()
    assert.same({
      { uri = "sip:a@h;x", star = false, q = 700, expires = 60 }, { uri = "sip:b@h", star = false,
        q = 1000 },
      { uri = "sip:c@h", star = false, q = 0, expires = 4294967295 }, { uri = "sip:d@h",
        star = false, q = 125, expires = 3600 },
    }, testing.contacts(request("m: \"A, B\" <sip:a@h;x>;q=0.7;expires=60, sip:b@h;q=1.000",
      "Contact: <sip:c@h>;q=0;expires=99999999999, <sip:d@h>;q=0.125;expires=soon")))
  end)

  it("may be the star", function()
    assert.is_true(testing.contacts(request("Contact: *", "Expires: 0"))[1].star)
  end)

  it("have a q of at most one and three digits", function()
    for _, q in ipairs { "1.001", "2", "0.1234", "-0.5", "0,5", "x", "", ".5", "00.5", "0.5x" } do
      assert.is_nil(testing.contacts(request("Contact: <sip:a@h>;q=" .. q)), q)
    end
  end)
end)

describe("routes", function()
  it("are loose with lr (RFC 3261 16.12)", function()
    assert.same({ { text = "<sip:a;lr>", host = "a", loose = true }, {
      text = "<sips:b:5061;lr=on>;x", host = "b", loose = true },
      { text = "<sip:c>", host = "c", loose = false } },
      testing.routes(request("Route: <sip:a;lr>, <sips:b:5061;lr=on>;x", "Route: <sip:c>"),
        "Route"))
  end)

  it("are SIP addresses", function()
    assert.is_nil(testing.routes(request("Route: <tel:1>"), "Route"))
    assert.same({}, testing.routes(request(), "Route"))
  end)
end)
