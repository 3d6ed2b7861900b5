local testing = require("moonsip_testing")
local files = require("sdp.files")

local sdp = testing.sdp

local function rfc4317(name)
  return files.read("rfc4317/rfc4317-" .. name .. ".sdp")
end

--- Offer, answer, our text before it, and what we want when not sendrecv.
--- Section 2.3 answers iLBC under another number, which RFC 3264 6.1 says one
--- SHOULD NOT: there only types and ports are compared.
local pairs_of_4317 = {
  { "2.1-1-offer", "2.1-2-answer" },
  { "2.2-1-offer", "2.2-2-answer" },
  { "2.2-3-offer2", "2.2-4-answer2", previous = "2.2-2-answer" },
  { "2.3-1-offer", "2.3-2-answer", renumbered = true },
  { "2.4-1-offer", "2.4-2-answer" },
  { "2.5-1-offer", "2.5-2-answer" },
  { "2.5-3-offer2", "2.5-4-answer2", previous = "2.5-1-offer" },
  { "2.6-1-offer", "2.6-2-answer" },
  { "2.7-1-offer", "2.7-2-answer" },
  { "2.7-3-offer2", "2.7-4-answer2", previous = "2.7-2-answer" },
  { "2.8-1-offer", "2.8-2-answer" },
  { "3.1-1-offer", "3.1-2-answer", wanted = "sendonly" },
  { "3.1-3-offer2", "3.1-4-answer2", previous = "3.1-1-offer" },
  { "3.2-1-offer", "3.2-2-answer" },
  { "3.2-3-offer2", "3.2-4-answer2", previous = "3.2-1-offer", held = true },
  { "4.1-1-offer", "4.1-2-answer" },
  { "4.1-3-offer2", "4.1-4-answer2", previous = "4.1-1-offer" },
  { "4.2-1-offer", "4.2-2-answer" },
  { "4.2-3-offer2", "4.2-4-answer2", previous = "4.2-2-answer" },
  { "4.3-1-offer", "4.3-2-answer" },
  { "4.3-3-offer2", "4.3-4-answer2", previous = "4.3-1-offer" },
  { "5.1-1-offer", "5.1-2-answer" },
  { "5.1-3-offer2", "5.1-4-answer2", previous = "5.1-2-answer" },
  { "5.2-1-offer", "5.2-2-answer", held = true },
  { "5.2-3-offer2", "5.2-4-answer2", previous = "5.2-2-answer" },
  { "5.3-1-offer", "5.3-2-answer" },
  { "5.3-3-offer2", "5.3-4-answer2", previous = "5.3-1-offer" },
}

--- What makes us answer as the RFC's answerer did.
local function terms(theirs, case)
  return {
    address = "192.0.2.7",
    direction = case.wanted,
    previous = case.previous and rfc4317(case.previous),
    port = function(media)
      return theirs.media[media.index].port
    end,
    formats = function(codec, media)
      for _, attribute in ipairs(theirs.media[media.index].attributes) do
        if attribute:match("^rtpmap:%d+ ([^/]+)") == codec.name then
          return true
        end
      end
      return false
    end,
  }
end

--- The RFC lists all formats in a second answer where the offer had one left
--- (3.2), and some attributes in refused streams.
local function streams_of(description, case)
  local streams = {}
  for i, media in ipairs(description.media) do
    local plain = media.port ~= 0 and not case.renumbered and not case.held
    streams[i] = {
      type = media.type,
      port = media.port,
      proto = media.proto,
      formats = plain and media.formats or nil,
      direction = plain and media.direction or nil,
    }
  end
  return streams
end

describe("RFC 4317 (OA-005)", function()
  for _, case in ipairs(pairs_of_4317) do
    it(case[1] .. " is answered like " .. case[2], function()
      local theirs = assert(sdp.parse(rfc4317(case[2])))
      local text = assert(sdp.answer(rfc4317(case[1]), terms(theirs, case)))
      local ours = assert(sdp.parse(text))
      assert.same(streams_of(theirs, case), streams_of(ours, case))
      assert.is_true(ours:check())
      if case.previous then
        local before = assert(sdp.parse(rfc4317(case.previous)))
        assert.equal(before.origin.session_id, ours.origin.session_id)
        assert.equal(before.origin.username, ours.origin.username)
        assert.equal(before.version + 1, ours.version)
      end
    end)
  end

  it("3.2: hold of a stream is answered with listening, though it names one codec", function()
    local text = assert(sdp.answer(rfc4317("3.2-3-offer2")))
    local ours = assert(sdp.parse(text))
    assert.equal("recvonly", ours:direction(1))
    assert.equal("sendonly", ours:direction(2))
    assert.same({ "97" }, ours.media[1].formats)
  end)

  it("5.2: an offer with the address 0.0.0.0 is a hold that keeps the port (OA-021)", function()
    local description = assert(sdp.parse(rfc4317("5.2-1-offer")))
    assert.is_true(description:is_hold())
    assert.is_false(assert(sdp.parse(rfc4317("5.2-3-offer2"))):is_hold())
  end)
end)

describe("RFC 3264", function()
  local function example(number)
    return files.read(("rfc3264/rfc3264-%02d.sdp"):format(number))
  end

  it("10.1: audio and the second video are taken, the first video is refused", function()
    local answer = sdp.answer(example(2), {
      port = function(media)
        return ({ 49920, 0, 53000 })[media.index]
      end,
    })
    assert.same(files.media_lines(example(3)), files.media_lines(answer))
  end)

  it("10.1: the second offer brings a stream for tones, answered sendonly", function()
    local answer = sdp.answer(example(4), {
      previous = example(2),
      port = function(media)
        return ({ 49170, 0, 53000, 53122 })[media.index]
      end,
    })
    assert.same(files.media_lines(example(5)), files.media_lines(answer))
    assert.matches("a=rtpmap:110 telephone%-events/8000\r\na=sendonly\r\n$", answer)
    assert.equal(2890844527, assert(sdp.parse(answer)).version)
  end)

  it("10.2: one of several codecs, inactive first, then in both directions", function()
    local first = sdp.answer(example(6), { port = 54344, formats = { "PCMU", "G723" } })
    assert.same(files.media_lines(example(7)), files.media_lines(first))
    assert.matches("a=inactive\r\n$", first)
    local second = sdp.answer(example(8), { port = 54344, previous = first })
    assert.same(files.media_lines(example(9)), files.media_lines(second))
    assert.matches("a=sendrecv\r\n$", second)
  end)

  it("9: an answer that only tells what we can do has port 0 (OPT-004)", function()
    local video = { type = "video", formats = { "H264" } }
    local text = sdp.offer({ port = 0, media = { "audio", video } })
    assert.matches("\nt=0 0\r\n", text)
    assert.same({ 0, 0 }, select(2, files.streams(text)))
  end)
end)

describe("crafted bodies of known vulnerabilities", function()
  --- The code of the error, or false where the body is taken.
  local verdicts = {
    ["binary"] = "ESYNTAX",
    ["c-long"] = "ETOOBIG",
    ["cand-bad"] = false,
    ["cr-only"] = "ESYNTAX",
    ["empty-lines"] = "ESYNTAX",
    ["fmtp-empty"] = false,
    ["m-1000"] = "ETOOBIG",
    ["m-no-fmt"] = "ESYNTAX",
    ["m-only"] = "ESYNTAX",
    ["m-portcount"] = "ESYNTAX",
    ["mid-dup"] = false,
    ["no-c"] = "ESYNTAX",
    ["no-crlf-end"] = false,
    ["o-2^64"] = "ESYNTAX",
    ["one-char"] = "ESYNTAX",
    ["ptime-0"] = false,
    ["ptime-huge"] = false,
    ["rtpmap-empty"] = false,
    ["rtpmap-nopt"] = false,
    ["rtpmap-rate"] = false,
    ["rtpmap-slash"] = false,
    ["t38-mix"] = false,
  }

  for name, verdict in pairs(verdicts) do
    it(name .. (verdict and " is refused" or " gets a valid answer"), function()
      local answer, err = sdp.answer(files.read("torture/" .. name .. ".sdp"))
      if verdict then
        assert.is_nil(answer)
        assert.equal(verdict, err.code)
      else
        assert.is_true(assert(sdp.parse(answer)):check())
        local lines = files.media_lines(answer)
        assert.equal("m=audio 9 RTP/AVP 0 8 101", lines[1])
        assert.equal(1, select(2, answer:gsub("a=rtpmap", "")))
      end
    end)
  end
end)
