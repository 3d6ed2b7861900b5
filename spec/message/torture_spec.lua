local testing = require "moonsip_testing"

local folder = "spec/torture/"

local function read(name)
  local file = assert(io.open(folder .. name, "rb"))
  local bytes = file:read("a")
  file:close()
  return bytes
end

-- Where a request goes wrong, its status; 0 when it is well formed; "drop" when nobody is answered.
local function verdict(bytes)
  local message = testing.parse(bytes)
  return message and message.fault_status or "drop"
end

describe("RFC 4475", function()
  -- What the parser decides; the rest of expected.tsv is for the layers above.
  local verdicts = {
    ["badinv01.dat"] = 400, ["clerr.dat"] = 400, ["ncl.dat"] = 400, ["scalar02.dat"] = 400,
      ["scalarlg.dat"] = "drop",
    ["quotbal.dat"] = 400, ["ltgtruri.dat"] = 400, ["lwsruri.dat"] = 400, ["lwsstart.dat"] = 400,
      ["trws.dat"] = 400,
    ["escruri.dat"] = 400, ["regbadct.dat"] = 400, ["badaspec.dat"] = 400, ["baddn.dat"] = 400,
      ["badvers.dat"] = 505,
    ["mismatch01.dat"] = 400, ["mismatch02.dat"] = 501, ["bigcode.dat"] = "drop",
      ["badbranch.dat"] = 400,
    ["insuf.dat"] = 400, ["multi01.dat"] = 400, ["mcl01.dat"] = 400,
    ["test.dat"] = "drop", -- its start line has no version
  }
  local seen = 0

  for line in io.lines(folder .. "rfc4475/expected.tsv") do
    local name, section, title = line:match("^(.-)\t(.-)\t(.-)\t")
    if name ~= "file" then
      seen = seen + 1
      it(("%s %s is %s"):format(section, title, verdicts[name] or "well formed"), function()
        assert.equal(verdicts[name] or 0, verdict(read("rfc4475/" .. name)))
      end)
    end
  end

  it("has 49 messages and one more in its archive", function()
    assert.equal(50, seen)
  end)

  it("3.1.2.15: unquoted names are tokens, in the completed copy too", function()
    local message = testing.parse(read("rfc4475/fixups/baddn.dat"))
    assert.equal(400, message.fault_status)
    assert.equal("Malformed From", message.fault_reason)
  end)

  it("3.1.1.1: the short tortuous INVITE is read to its last value (MSG-010)", function()
    local bytes = read("rfc4475/wsinv.dat")
    local message = testing.parse(bytes)
    assert.equal("1918181833n", message.to_tag)
    assert.equal("98asjd8", message.from_tag)
    assert.equal(68, message.max_forwards)
    assert.equal(9, message.cseq)
    assert.equal("INVITE", message.cseq_method)
    assert.equal(150, #message.body)
    assert.equal("192.0.2.2", message.via.host)
    assert.equal("390skdjuw", message.via.branch)
    local vias = {}
    for i, value in ipairs(testing.header_values(bytes, "Via")) do
      local via = testing.via(value)
      vias[i] = { via.transport, via.host, via.branch }
    end
    assert.same({ { "UDP", "192.0.2.2", "390skdjuw" }, { "TCP", "spindle.example.com",
      "z9hG4bK9ikj8" },
      { "UDP", "192.168.255.111", "z9hG4bK30239" } }, vias)
    assert.same({ 330, "sip:jdrosen@example.com" }, { testing.contacts(bytes)[1].q,
      testing.contacts(bytes)[1].uri })
    assert.same({ "newfangled value continued newfangled value" },
      { testing.unfold(testing.header_rows(bytes, "NewFangledHeader")[1]) })
    assert.equal(";;,,;;,;", testing.header_rows(bytes, "UnknownHeaderWithUnusualValue")[1])
  end)

  it("3.1.1.2: a wild method is kept and not folded (MSG-032)", function()
    local message = testing.parse(read("rfc4475/intmeth.dat"))
    assert.equal("!interesting-Method0123456789_*+`.%indeed'~", message.method_text)
    assert.equal("", message.method)
    local display = testing.nameaddr(message.to).display
    assert.equal("\"BEL:\\\a NUL:\\\0 DEL:\\\127\"", display)
  end)

  it("3.1.1.5: an escape in a header name makes another name", function()
    local bytes = read("rfc4475/esc02.dat")
    assert.equal(1, #testing.header_rows(bytes, "C%6Fntact"))
    assert.equal(2, #testing.contacts(bytes))
    assert.equal("", testing.parse(bytes).method)
  end)

  it("3.1.1.7: long values are kept whole", function()
    local bytes = read("rfc4475/longreq.dat")
    local message = testing.parse(bytes)
    assert.equal(34, #testing.header_values(bytes, "Via"))
    assert.truthy(message.call_id:find("^longreq%.one"))
    assert.is_true(#message.call_id > 140 and #message.from_tag > 50)
  end)

  it("3.1.1.8: bytes behind the body are no part of the message (MSG-019)", function()
    local bytes = read("rfc4475/dblreq.dat")
    local message = testing.parse(bytes)
    assert.equal("REGISTER", message.method)
    assert.equal(#bytes - 450, #message.bytes)
    assert.equal("", message.body)
  end)

  it("3.1.1.11: a multipart body with NULs comes apart (MSG-054)", function()
    local bytes = read("rfc4475/mpart01.dat")
    local parts = testing.multipart(testing.header_rows(bytes, "Content-Type")[1],
      testing.parse(bytes).body)
    assert.same({ "text/plain", "Hello" }, { parts[1].content_type, parts[1].body })
    assert.same({ "application/octet-stream", 342 }, { parts[2].content_type, #parts[2].body })
    assert.equal(2, #parts)
    assert.truthy(parts[2].body:find("\0", 1, true))
  end)

  it("3.1.1.13: a reason phrase may be empty (MSG-038)", function()
    local bytes = read("rfc4475/noreason.dat")
    assert.equal("", testing.parse(bytes).reason)
    assert.equal(100, testing.parse((bytes:gsub("^SIP/2.0 100 ", "SIP/2.0 100"))).status)
  end)

  it("3.4.1: without Content-Length the body is all the rest (MSG-021)", function()
    local message = testing.parse(read("rfc4475/inv2543.dat"))
    assert.equal(105, #message.body)
    assert.equal(-1, message.max_forwards)
    assert.equal("", message.from_tag)
    assert.equal("", message.via.branch)
  end)

  it("files come back byte for byte, kept copies and fixed points included (MSG-055)", function()
    for line in io.lines(folder .. "rfc4475/expected.tsv") do
      local name = line:match("^(%S+%.dat)")
      local bytes = name and read("rfc4475/" .. name)
      local message = bytes and testing.parse(bytes)
      if message then
        assert.same(message, testing.keep(bytes), name)
        assert.same(message, testing.parse(message.bytes), name)
      end
    end
  end)
end)

describe("the crafted messages", function()
  local allowed = {} -- by the class and the words of index.tsv
  local function set(...)
    local t = {}
    for _, v in ipairs { ... } do t[v] = true end
    return t
  end
  allowed["C01"] = set(0, 400)
  allowed["C02"] = set(400)
  allowed["C03"] = set(400)
  allowed["C04"] = set(400, "drop")
  allowed["C05"] = set(0, 400)
  allowed["C06"] = set(0, 400)
  allowed["C07"] = set(0, 400, 414)
  allowed["C08"] = set(0)
  allowed["C09"] = set(0)
  allowed["C10"] = set(0, 400)
  allowed["C11"] = set(0, 400)
  allowed["C12"] = set(0, 400)
  allowed["C13"] = set("drop")
  allowed["C14"] = set("drop")
  allowed["C19"] = set(0, 400)
  allowed["C20"] = set("drop")
  -- Where index.tsv is clear, or another layer decides.
  local exact = {
    ["C01-tag-no-eq.sip"] = 400, ["C01-tag-twice.sip"] = 400, ["C01-no-branch-bad-cseq.sip"] = 400,
    ["C01-branch-256.sip"] = 0, ["C01-from-tag-4096.sip"] = 0,
    ["C04-via-maddr.sip"] = 0, -- legal; no response goes there (transport)
    ["C05-cseq-alpha.sip"] = 400, ["C05-cseq-nomethod.sip"] = 400, ["C05-cseq-long.sip"] = 400,
    ["C05-mf-256.sip"] = 400, ["C05-mf-alpha.sip"] = 400, ["C05-contact-port0.sip"] = 400,
    ["C05-contact-port65536.sip"] = 400, ["C05-expires-huge.sip"] = 0, ["C05-se-huge.sip"] = 0,
    ["C07-ruri-params-5000.sip"] = 414, ["C07-ruri-user-60k.sip"] = 414,
      ["C07-ruri-hdr-inject.sip"] = 400,
    ["C07-ruri-pct-end.sip"] = 400, ["C07-contact-pct-end.sip"] = 400,
      ["C07-ruri-bracket-open.sip"] = 400,
    ["C11-name-pai-nul.sip"] = 400, ["C11-name-empty-name.sip"] = 400,
      ["C11-name-cr-in-value.sip"] = 400,
    ["C11-name-nul-in-value.sip"] = 400, ["C12-from-open.sip"] = 400,
      ["C12-from-two-uris.sip"] = 400,
    ["C12-from-star.sip"] = 400, ["C12-from-noclose.sip"] = 400,
    ["C20-resp-stray-200.sip"] = 0, ["C20-resp-two-via.sip"] = 0, -- no transaction takes these
  }

  for line in io.lines(folder .. "cve-classes/index.tsv") do
    local name, class, _, _, expected = line:match("^(.-)\t(.-)\t(.-)\t(.-)\t(.-)\t")
    if name ~= "file" then
      it(("%s: %s"):format(name, expected), function()
        local got = verdict(read("cve-classes/" .. name))
        if exact[name] then
          assert.equal(exact[name], got)
        else
          assert.truthy(allowed[class][got], tostring(got))
        end
      end)
    end
  end

  it("never make an answer that holds a line of theirs", function()
    for line in io.lines(folder .. "cve-classes/index.tsv") do
      local name = line:match("^(%S+%.sip)")
      local bytes = name and read("cve-classes/" .. name)
      local message = bytes and testing.parse(bytes)
      if message and message.status == 0 then
        local answer = testing.response(bytes, 400, "", "mine", "192.0.2.9", 5060)
        for one in answer:gmatch("(.-)\r\n") do
          assert.truthy(one:find("^SIP/2%.0 400 Bad Request$") or one:find("^Via: ")
            or one:find("^From: ") or
            one:find("^To: ") or one:find("^Call%-ID: ") or one:find("^CSeq: "),
              name .. ": " .. one)
          assert.is_nil(one:find("[\r\n]"))
        end
      end
    end
  end)

  it("keep the name of a header apart from the blanks behind it (MSG-011)", function()
    for _, name in ipairs { "C11-name-pai-space.sip", "C11-name-pai-tab.sip" } do
      assert.equal(1, #testing.header_rows(read("cve-classes/" .. name), "P-Asserted-Identity"),
        name)
    end
    assert.equal(2, #testing.header_rows(read("cve-classes/C11-name-pai-twice.sip"),
      "p-asserted-identity"))
  end)

  it("have a session description where index.tsv says so", function()
    local sdp = testing.session_body(read("cve-classes/C09-mp-ok-sdp.sip"))
    assert.equal("v=0", sdp:sub(1, 3))
    for line in io.lines(folder .. "cve-classes/index.tsv") do
      local name = line:match("^(C09%S+)")
      if name then testing.session_body(read("cve-classes/" .. name)) end
    end
  end)
end)
