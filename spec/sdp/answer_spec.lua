local testing = require("moonsip_testing")
local files = require("sdp.files")

local sdp = testing.sdp

local offer = files.session([[
  m=audio 49170 RTP/AVP 0 8 97 101
  a=rtpmap:97 iLBC/8000
  a=fmtp:97 mode=20
  a=rtpmap:101 telephone-event/8000
  a=fmtp:101 0-16
  a=ptime:20
  m=video 51372 RTP/AVP 31 99
  b=AS:256
  a=rtpmap:99 H264/90000
]])

local function origin(text)
  return text:match("\no=([^\r]*)")
end

describe("an answer", function()
  it("takes all that plain RTP offers, on terms that point nowhere", function()
    assert.equal(files.crlf([[
v=0
o=- ID 7 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 9 RTP/AVP 0 8 97 101
a=rtpmap:97 iLBC/8000
a=fmtp:97 mode=20
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
m=video 9 RTP/AVP 31 99
a=rtpmap:99 H264/90000
]]), (sdp.answer(offer):gsub("o=%- %d+", "o=- ID")))
  end)

  it("is the same from the text and from the description", function()
    local options = { address = "192.0.2.7", port = 4000, formats = { "PCMA" } }
    assert.equal(sdp.answer(offer, options), assert(sdp.parse(offer)):answer(options))
  end)

  it("says who and where we are", function()
    local answer = sdp.answer(offer, {
      address = "2001:db8::7",
      port = 4000,
      username = "moon",
      session_name = "A call",
    })
    assert.matches("\no=moon %d+ 7 IN IP6 2001:db8::7\r\ns=A call\r\n", answer)
    assert.matches("\nc=IN IP6 2001:db8::7\r\n", answer)
    assert.same({ 4000, 4000 }, select(2, files.streams(answer)))
  end)

  it("repeats the times of the offer (RFC 3264 6, OA-006)", function()
    local timed = offer:gsub("t=0 0", "t=3338481189 3370017201\r\nr=7d 1h 0")
    assert.matches("\nt=3338481189 3370017201\r\nr=7d 1h 0\r\nm=", sdp.answer(timed))
    assert.matches("\nt=0 0\r\nm=", sdp.answer((offer:gsub("t=0 0\r\n", ""))))
  end)

  it("keeps the formats that are wanted, in the offer's order (RFC 3264 6.1, OA-008)", function()
    local answer = sdp.answer(offer, { formats = { "telephone-event", "ilbc", "PCMA/8000" } })
    assert.same(
      { "m=audio 9 RTP/AVP 8 97 101", "m=video 0 RTP/AVP 31 99" },
      files.media_lines(answer)
    )
    assert.not_matches("rtpmap:0", answer)
    assert.matches("a=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=20\r\n", answer)
  end)

  it("tells codecs of one name apart by their rate", function()
    local text = files.session([[
      m=audio 1 RTP/AVP 96 97
      a=rtpmap:96 speex/8000
      a=rtpmap:97 speex/16000
    ]])
    local wide = sdp.answer(text, { formats = { "speex/16000" } })
    assert.same({ "m=audio 9 RTP/AVP 97" }, files.media_lines(wide))
    local both = sdp.answer(text, { formats = { "speex" } })
    assert.same({ "m=audio 9 RTP/AVP 96 97" }, files.media_lines(both))
  end)

  it("asks a function about each format", function()
    local seen = {}
    local answer = sdp.answer(offer, {
      formats = function(codec, media)
        seen[#seen + 1] = ("%s %d/%s/%d"):format(media.type, codec.payload, codec.name, codec.rate)
        return codec.name == "PCMU" or codec.name == "H264"
      end,
    })
    assert.same({
      "audio 0/PCMU/8000",
      "audio 8/PCMA/8000",
      "audio 97/iLBC/8000",
      "audio 101/telephone-event/8000",
      "video 31/H261/90000", "video 99/H264/90000",
    }, seen)
    assert.same({ "m=audio 9 RTP/AVP 0", "m=video 9 RTP/AVP 99" }, files.media_lines(answer))
  end)

  it("asks a function for each port", function()
    local answer = sdp.answer(offer, {
      port = function(media)
        return media.type == "audio" and 4000 + media.index or 0
      end,
    })
    assert.same({ 4001, 0 }, select(2, files.streams(answer)))
    assert.has_error(function()
      sdp.answer(offer, { port = function() return "many" end })
    end)
  end)

  it("lets an error of such a function through and works on", function()
    local text = sdp.answer(offer)
    for _ = 1, 3 do
      assert.has_error(function()
        sdp.answer(offer, { formats = function() error("boom") end })
      end)
    end
    assert.equal(text, sdp.answer(offer))
  end)

  it("stands a function that answers and edits meanwhile", function()
    local description = assert(sdp.parse(offer))
    local answer = description:answer({
      formats = function(codec)
        description:set_direction("sendonly")
        sdp.answer(offer)
        collectgarbage()
        return codec.name == "PCMA"
      end,
      previous = sdp.answer(offer),
    })
    assert.matches("m=audio 9 RTP/AVP 8\r\na=recvonly\r\nm=video 0 ", answer)
  end)

  it("refuses streams of other media, keeping their place (RFC 3264 6, OA-007)", function()
    local answer = sdp.answer(offer, { media = { "video" } })
    assert.same(
      { "m=audio 0 RTP/AVP 0 8 97 101", "m=video 9 RTP/AVP 31 99" },
      files.media_lines(answer)
    )
  end)

  it("refuses streams over what needs keys or is not RTP (OA-027)", function()
    local text = files.session([[
      m=audio 1 RTP/SAVP 0
      m=audio 2 RTP/AVPF 0
      m=image 3 udptl t38
      m=audio 4 UDP/TLS/RTP/SAVPF 111
      m=application 5 TCP/MSRP *
    ]])
    assert.same({
      "m=audio 0 RTP/SAVP 0",
      "m=audio 9 RTP/AVPF 0",
      "m=image 0 udptl t38",
      "m=audio 0 UDP/TLS/RTP/SAVPF 111",
      "m=application 0 TCP/MSRP *",
    }, files.media_lines(sdp.answer(text)))
  end)

  it("answers port 0 with port 0 (RFC 3264 8.2, OA-018)", function()
    local answer = sdp.answer((offer:gsub("video 51372", "video 0")), { port = 4000 })
    assert.same({ 4000, 0 }, select(2, files.streams(answer)))
  end)

  it("does not take a dynamic payload type that nobody explained", function()
    local text = files.session("m=audio 1 RTP/AVP 96 0 97\na=rtpmap:97 /////\n")
    assert.same({ "m=audio 9 RTP/AVP 0" }, files.media_lines(sdp.answer(text)))
  end)

  it("does not take tones alone where talk was offered", function()
    local text = files.session("m=audio 1 RTP/AVP 18 101\na=rtpmap:101 telephone-event/8000\n")
    local terms = { formats = { "PCMU", "telephone-event" } }
    assert.equal("EUNSUPPORTED", select(2, sdp.answer(text, terms)).code)
    local tones = text:gsub("18 101", "101")
    assert.same({ "m=audio 9 RTP/AVP 101" }, files.media_lines(sdp.answer(tones, terms)))
  end)

  it("names a payload type once even when the offer did twice", function()
    assert.same(
      { "m=audio 9 RTP/AVP 0 8" },
      files.media_lines(sdp.answer(files.session("m=audio 1 RTP/AVP 0 8 0\n")))
    )
  end)

  it("is nil, err when streams were offered and none is left (RFC 3264 6: 488, OA-008)", function()
    local answer, err = sdp.answer(offer, { formats = { "opus" } })
    assert.is_nil(answer)
    assert.equal("EUNSUPPORTED: no stream in common", tostring(err))
  end)

  it("has no streams when none were offered (RFC 3264 5, OA-004)", function()
    assert.not_matches("\nm=", sdp.answer(files.session("")))
    assert.same({ 0 }, select(2, files.streams(sdp.answer(files.session("m=audio 0 RTP/AVP 0\n")))))
  end)

  it("keeps the one view of a multicast stream (RFC 3264 6.2, OA-012)", function()
    local text = files.session([[
      m=audio 49170 RTP/AVP 0
      c=IN IP4 233.252.0.1/127
      a=recvonly
    ]])
    local answer = sdp.answer(text, { port = 4000 })
    assert.matches("m=audio 49170 RTP/AVP 0\r\nc=IN IP4 233.252.0.1/127\r\na=recvonly\r\n", answer)
    local six = sdp.answer((text:gsub("IP4 233.252.0.1/127", "IP6 FF15::101")))
    assert.matches("m=audio 49170 RTP/AVP 0\r\nc=IN IP6 FF15::101\r\n", six)
  end)

  it("is nil, err for an offer that fails its check (OA-026)", function()
    local no_c = offer:gsub("c=[^\r]*\r\n", "")
    assert.equal("ESYNTAX", select(2, sdp.answer(no_c)).code)
    assert.equal("ESYNTAX", select(2, assert(sdp.parse(no_c)):answer()).code)
    local over = offer:gsub(" 7 IN", " 9223372036854775808 IN")
    assert.equal("ESYNTAX", select(2, sdp.answer(over)).code)
  end)

  it("is nil, err for no body and for a body that is no description", function()
    assert.equal("EOFFER", select(2, sdp.answer(nil)).code)
    assert.equal("EOFFER", select(2, sdp.answer()).code)
    assert.equal("ESYNTAX", select(2, sdp.answer("hello")).code)
  end)
end)

describe("the o= line of an answer", function()
  it("is ours, not the offer's (RFC 3264 6, OA-013)", function()
    assert.not_equal(origin(offer), origin(sdp.answer(offer)))
  end)

  it("keeps its id in a session and moves with the peer's version (RFC 3264 8, OA-015)", function()
    local first = sdp.answer(offer)
    assert.equal(first, sdp.answer(offer))
    local second = sdp.answer((offer:gsub(" 7 IN", " 8 IN"):gsub("49170", "49180")))
    assert.equal(origin(first):gsub(" 7 IN", " 8 IN"), origin(second))
    assert.not_equal(origin(first), origin(sdp.answer((offer:gsub("2890844526", "1")))))
  end)

  it("follows the previous one: the same text keeps the version (OA-014)", function()
    local first = sdp.answer(offer, { address = "192.0.2.7" })
    assert.equal(first, sdp.answer(offer, { address = "192.0.2.7", previous = first }))
    local peer_moved = offer:gsub(" 7 IN", " 8 IN"):gsub("49170", "49180")
    assert.equal(first, sdp.answer(peer_moved, { address = "192.0.2.7", previous = first }))
  end)

  it("follows the previous one: another text raises the version by one (RFC 3264 8, OA-014)",
    function()
      local previous = files.session("m=audio 4000 RTP/AVP 0\nm=video 0 RTP/AVP 31\n")
      local answer = sdp.answer(offer, { address = "192.0.2.7", previous = previous })
      assert.equal("alice 2890844526 8 IN IP4 192.0.2.1", origin(answer))
      local before = assert(sdp.parse(answer))
      assert.equal(answer, sdp.answer(offer, { address = "192.0.2.7", previous = before }))
    end)

  it("keeps the version below 2^62 whatever the peer's is (RFC 3264 5, OA-002)", function()
    local answer = sdp.answer((offer:gsub(" 7 IN", " 9223372036854775807 IN")))
    assert.equal(223372036854775807, assert(sdp.parse(answer)).version)
  end)

  it("is nil, err when the offer lost streams (RFC 3264 8, OA-016)", function()
    local previous = sdp.answer(offer)
    local less = files.session("m=audio 49170 RTP/AVP 0\n")
    assert.equal("EOFFER", select(2, sdp.answer(less, { previous = previous })).code)
  end)

  it("is nil, err when the previous text is no description", function()
    assert.equal("ESYNTAX", select(2, sdp.answer(offer, { previous = "hello" })).code)
  end)
end)

describe("a random offer", function()
  local protos = { "RTP/AVP", "RTP/AVP", "RTP/AVP", "RTP/SAVP", "udptl" }
  local types = { "audio", "video", "image", "text" }
  local directions = { "sendrecv", "sendonly", "recvonly", "inactive" }

  local function random_offer()
    local lines = {}
    for _ = 1, math.random(0, 12) do
      local formats = {}
      for _ = 1, math.random(1, 6) do
        formats[#formats + 1] = math.random(0, 127)
      end
      lines[#lines + 1] = ("m=%s %d %s %s"):format(
        types[math.random(#types)],
        math.random(0, 2) * 20000,
        protos[math.random(#protos)],
        table.concat(formats, " ")
      )
      for _, format in ipairs(formats) do
        if math.random(2) == 1 then
          lines[#lines + 1] = ("a=rtpmap:%d X%d/8000"):format(format, format)
        end
      end
      if math.random(2) == 1 then
        lines[#lines + 1] = "a=" .. directions[math.random(#directions)]
      end
    end
    return files.session(table.concat(lines, "\n") .. "\n")
  end

  it("gets an answer with as many streams, of the same types in the same order (OA-005)", function()
    for _ = 1, 500 do
      local text = random_offer()
      local answer, err = sdp.answer(text)
      if answer then
        local theirs, their_ports = files.streams(text)
        local ours, our_ports = files.streams(answer)
        assert.same(theirs, ours)
        for i, port in ipairs(their_ports) do
          assert.truthy(port ~= 0 or our_ports[i] == 0)
        end
        assert.is_true(assert(sdp.parse(answer)):check())
      else
        assert.equal("EUNSUPPORTED", err.code)
      end
    end
  end)

  it("gets formats it offered, and an rtpmap for each dynamic one (RFC 3264 6.1, OA-010, OA-011)",
    function()
      for _ = 1, 200 do
        local text = random_offer()
        local answer = sdp.answer(text)
        local theirs = assert(sdp.parse(text)).media
        for i, media in ipairs(answer and assert(sdp.parse(answer)).media or {}) do
          local offered = " " .. table.concat(theirs[i].formats, " ") .. " "
          local attributes = "\n" .. table.concat(media.attributes, "\n") .. "\n"
          for _, format in ipairs(media.formats) do
            assert.truthy(offered:find(" " .. format .. " ", 1, true))
            local explained = attributes:find("\nrtpmap:" .. format .. " ", 1, true)
            assert.truthy(media.port == 0 or tonumber(format) < 96 or explained)
          end
        end
      end
    end)
end)
