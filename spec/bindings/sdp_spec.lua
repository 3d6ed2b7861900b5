local testing = require("moonsip_testing")
local files = require("sdp.files")

local sdp = testing.sdp

describe("sdp.offer", function()
  it("offers the usual telephone by default", function()
    assert.equal(files.crlf([[
v=0
o=- ID 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 9 RTP/AVP 0 8 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=sendrecv
]]), (sdp.offer():gsub("o=%- %d+", "o=- ID")))
  end)

  it("takes all its options", function()
    assert.equal(files.crlf([[
v=0
o=moon 12 3 IN IP6 2001:db8::7
s=A call
c=IN IP6 2001:db8::7
t=0 0
m=audio 4000 RTP/AVP 96 9 101
a=rtpmap:96 opus/48000/2
a=rtpmap:9 G722/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=recvonly
m=video 5000 RTP/AVP 96 97
a=rtpmap:96 VP8/90000
a=rtpmap:97 H264/90000
a=inactive
]]), sdp.offer({
      address = "2001:db8::7",
      direction = "recvonly",
      formats = { "opus", "G722", "telephone-event" },
      media = {
        "audio",
        { type = "video", port = 5000, formats = { "VP8", "H264" }, direction = "inactive" },
      },
      port = 4000,
      session_id = 12,
      session_name = "A call",
      username = "moon",
      version = 3,
    }))
  end)

  it("has an id of its own each time", function()
    assert.not_equal(sdp.offer():match("o=(%C*)"), sdp.offer():match("o=(%C*)"))
  end)

  it("may have no streams at all (RFC 3264 5, OA-004)", function()
    assert.not_matches("\nm=", sdp.offer({ media = {} }))
  end)

  it("gives every codec a payload type of its own", function()
    local names = {}
    for i = 1, 27 do
      names[i] = "x" .. i
    end
    local media = assert(sdp.parse(sdp.offer({ formats = names }))).media[1]
    local seen = {}
    for _, format in ipairs(media.formats) do
      assert.is_nil(seen[format])
      seen[format] = true
    end
    assert.equal(27, #media.formats)
    for i = 28, 40 do
      names[i] = "x" .. i
    end
    assert.has_error(function()
      sdp.offer({ formats = names })
    end)
  end)

  it("repeats the previous description: version kept when nothing changes (RFC 3264 8, OA-014)",
    function()
      local ours = sdp.offer({ address = "192.0.2.7" })
      assert.equal(ours, sdp.offer({ previous = ours }))
      assert.equal(ours, sdp.offer({ previous = ours, direction = "sendrecv" }))
      assert.equal(ours, sdp.offer({ previous = assert(sdp.parse(ours)) }))
    end)

  it("holds: streams in use change direction, the version rises by one "
    .. "(RFC 3264 8.4, OA-014, OA-023, REI-002, REI-003)", function()
      local ours = files.session("m=audio 4000 RTP/AVP 0\nm=video 0 RTP/AVP 31\n")
      local held = files.session("m=audio 4000 RTP/AVP 0\na=sendonly\nm=video 0 RTP/AVP 31\n")
      assert.equal(
        (held:gsub(" 7 IN", " 8 IN")),
        sdp.offer({ previous = ours, direction = "sendonly" })
      )
    end)

  it("adds streams behind those it had, which stay as they are (RFC 3264 8.1, OA-017)", function()
    local ours = sdp.offer({ address = "192.0.2.7", port = 4000 })
    local video = { type = "video", port = 5000, formats = { "H264" } }
    local more = sdp.offer({ previous = ours, media = { "audio", video } })
    assert.equal(ours, (more:sub(1, #ours):gsub(" 2 IN", " 1 IN", 1)))
    assert.same({ "m=audio 4000 RTP/AVP 0 8 101", "m=video 5000 RTP/AVP 96" },
      files.media_lines(more))
    assert.is_true(assert(sdp.parse(more)):check(assert(sdp.parse(ours))))
    assert.equal(more, sdp.offer({ previous = more, media = { "audio", video } }))
    assert.equal(more, sdp.offer({ previous = more }))
    assert.has_error(function()
      local many = {}
      for i = 1, 33 do many[i] = "x" .. i end
      sdp.offer({ previous = ours, media = { "audio", { type = "video", formats = many } } })
    end)
  end)

  it("is answered by sdp.answer", function()
    assert.truthy(sdp.answer(sdp.offer({ formats = { "opus", "PCMU" } })))
  end)
end)

describe("mistakes of the author", function()
  local offer = files.session("m=audio 4000 RTP/AVP 0\n")

  local function raises(pattern, options, call)
    local ok, message = pcall(call or sdp.answer, call and options or offer, options)
    assert.is_false(ok)
    assert.matches(pattern, message)
  end

  it("are raised for an unknown option, naming the nearest", function()
    raises("unknown option 'adress', did you mean 'address'%?", { adress = "192.0.2.1" })
    raises("unknown option 'codecs', did you mean '%a+'%?", { codecs = {} })
    raises("option names are strings", { "PCMU" })
    raises("unknown option 'prot', did you mean 'port'%?", { media = { { prot = 1 } } }, sdp.offer)
    raises("unknown option", { session_id = 1 })
  end)

  it("are raised for a wrong type", function()
    raises("option 'address': string expected, got number", { address = 5 })
    raises("option 'port': integer expected, got string", { port = "5" })
    raises("option 'formats': list of strings expected, got string", { formats = "PCMU" })
    raises("option 'formats': list of strings expected, got number", { formats = { 0 } })
    raises("option 'media': list of strings expected, got boolean", { media = true })
    raises("option 'previous': string or description expected, got boolean", { previous = true })
    raises("table expected", 5)
    raises("option 'media': list of strings or tables expected", { media = { 1 } }, sdp.offer)
  end)

  it("are raised for a value that would break the text", function()
    raises("option 'address'", { address = "192.0.2.1\r\na=x" })
    raises("option 'address'", { address = "" })
    raises("option 'username'", { username = "two words" })
    raises("option 'session_name'", { session_name = "a\nb" })
    raises("option 'direction'", { direction = "hold" })
    raises("option 'port': out of range", { port = 65536 })
    raises("option 'port': out of range", { port = 1.5 })
    raises("option 'formats'", { formats = { "PCMU/0" } })
    raises("option 'formats'", { formats = { "a\nb" } })
    raises("option 'media'", { media = { "audio\r\n" } }, sdp.offer)
    raises("option 'formats': needed for this type", { media = { "video" } }, sdp.offer)
  end)

  it("leave everything working", function()
    pcall(sdp.answer, offer, { port = {} })
    assert.truthy(sdp.answer(offer))
  end)
end)

describe("an error", function()
  it("has a code, a message, and prints both", function()
    local _, err = sdp.parse("x")
    assert.equal("ESYNTAX", err.code)
    assert.equal("\"x=\" expected", err.message)
    assert.equal("ESYNTAX: \"x=\" expected", tostring(err))
  end)
end)

describe("descriptions and the collector", function()
  it("keep their text while they live and nothing afterwards", function()
    local list = {}
    for i = 1, 200 do
      list[i] = assert(sdp.parse(files.session("m=audio " .. i .. " RTP/AVP 0\n")))
    end
    collectgarbage()
    for i = 1, 200 do
      assert.equal(i, list[i].media[1].port)
    end
    list = nil
    collectgarbage()
    collectgarbage()
    assert.is_nil(list)
    assert.truthy(sdp.answer(files.session("m=audio 1 RTP/AVP 0\n")))
  end)

  it("are told from every other value", function()
    local description = assert(sdp.parse(files.session("")))
    assert.equal("moonsip.Description", getmetatable(description))
    for _, other in ipairs({ {}, "text", 5, io.stdout, print }) do
      assert.has_error(function()
        description.is_hold(other)
      end)
      assert.has_error(function()
        description:same_as(other)
      end)
    end
    assert.has_error(function()
      description.is_hold()
    end)
  end)
end)
