require("moonsip") -- it brings moonsip.sim.core along
local Rig = require("spec.support.rig")

describe("a received message", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function()
    if rig.invite and not rig.invite.cancelled then rig.invite:reject() end
    rig:finish()
  end)

  local function message(options)
    rig:ring(options)
    return rig.invite.message
  end

  it("tells its start line and Call-ID", function()
    local m = message()
    assert.equal("INVITE", m.method)
    assert.equal("sip:bob@192.0.2.1:5060", tostring(m.ruri))
    assert.is_nil(m.status_code)
    assert.is_nil(m.reason_phrase)
    assert.equal("call1@192.0.2.9:5060", m.call_id)
  end)

  it("is the same value each time it is asked for", function()
    local m = message()
    assert.equal(m, rig.invite.message)
    assert.equal(m.from, m.from)
  end)

  it("gives name-addrs as tables", function()
    local m = message({ headers = { 'Contact: "Al \\"A\\" B" <sip:al@192.0.2.9>;q=0.5;isfocus' },
      contact = false })
    assert.equal("sip:alice@192.0.2.9:5060", tostring(m.from.uri))
    assert.equal("tag1", m.from.tag)
    assert.is_nil(m.from.display_name)
    assert.is_nil(m.to.tag)
    assert.equal('Al "A" B', m.contact.display_name)
    assert.same({ q = "0.5", isfocus = true }, m.contact.params)
    assert.equal("al", m.contact.uri.user)
  end)

  it("gives CSeq and Via decoded", function()
    local m = message()
    assert.same({ number = 1, method = "INVITE" }, m.cseq)
    assert.equal(1, #m.via)
    assert.equal("UDP", m.via[1].transport)
    assert.equal("192.0.2.9", m.via[1].host)
    assert.equal(5060, m.via[1].port)
    assert.is_true(m.via[1].rport)
    assert.equal("z9hG4bK", m.via[1].branch:sub(1, 7))
  end)

  it("tells where it came from", function()
    assert.same({ transport = "udp", address = "192.0.2.9", port = 5060 }, message().source)
  end)

  it("has a body and its type, or nil", function()
    local sdp = rig.phone:sdp()
    local m = message({ body = sdp, content_type = "Application/SDP;charset=utf-8" })
    assert.equal(sdp, m.body)
    assert.equal("application/sdp", m.content_type)
    assert.equal("Application/SDP;charset=utf-8", m:header("c"))
  end)

  it("without a body has nil", function()
    local m = message({ body = false })
    assert.is_nil(m.body)
    assert.is_nil(m.content_type)
    assert.same({}, m:parts())
  end)

  it("finds headers whatever their case, compact or not (RFC 3261 7.3.1, 7.3.3)", function()
    local m = message({ headers = { "k: timer, replaces", "SUPPORTED: path", "x-own: one, two",
      "X-Own: three" } })
    assert.equal("timer", m:header("Supported"))
    assert.same({ "timer", "replaces", "path" }, m:headers("supported"))
    assert.same({ "one, two", "three" }, m:headers("X-Own"))
    assert.is_true(m:has("K"))
    assert.is_true(m:has("x-OWN"))
    assert.is_false(m:has("X-Other"))
    assert.is_nil(m:header("X-Other"))
    assert.same({}, m:headers("X-Other"))
  end)

  it("writes a folded value on one line (RFC 3261 7.3.1)", function()
    local m = message({ headers = { "X-Long: one\r\n two\r\n\tthree" } })
    assert.equal("one two three", m:header("X-Long"))
  end)

  it("keeps a malformed optional header as text and gives nil for its value", function()
    local m = message({ contact = false, headers = { "Contact: <sip:al@192.0.2.9>",
      "Content-Type: nonsense" }, body = false })
    assert.is_nil(m.content_type)
    assert.equal("nonsense", m:header("Content-Type"))
  end)

  it("prints its exact bytes", function()
    local m = message()
    assert.equal(rig.net.log[1].text, tostring(m))
  end)

  it("splits a multipart body (RFC 2046 5.1)", function()
    local body = table.concat({
      "preamble", "--b1", "Content-Type: application/sdp", "Content-Disposition: session;x=y", "",
      rig.phone:sdp(), "--b1", "Content-Type: application/isup;version=itu",
      "Content-Disposition: signal;handling=optional", "Subject: a", " b", "", "IAM", "--b1--", "",
    }, "\r\n")
    local m = message({ body = body, content_type = "multipart/mixed;boundary=b1" })
    local parts = assert(m:parts())
    assert.equal(2, #parts)
    assert.equal("application/sdp", parts[1].content_type)
    assert.equal("session", parts[1].disposition)
    assert.equal(rig.phone:sdp(), parts[1].body)
    assert.equal("application/isup", parts[2].content_type)
    assert.equal("a b", parts[2].headers.subject)
    assert.equal("IAM", parts[2].body)
    assert.equal("signal", parts[2].disposition)
  end)

  it("that is not multipart is its own only part", function()
    local m = message()
    local parts = m:parts()
    assert.equal(1, #parts)
    assert.equal("application/sdp", parts[1].content_type)
    assert.equal(m.body, parts[1].body)
  end)

  it("outlives its call and its agent", function()
    local m = message()
    assert(rig.invite:reject())
    rig.net:run(60)
    collectgarbage()
    assert.equal("INVITE", m.method)
    rig:finish()
    assert.is_nil(m.method)
    assert.equal("moonsip.Message: gone", tostring(m))
    assert.equal("EGONE", select(2, m:header("To")).code)
    rig = Rig.new()
  end)

  it("cannot be changed", function()
    local m = message()
    assert.error_matches(function() m.body = "x" end, "moonsip.Message: 'body' cannot be set")
  end)
end)
