local testing = require("moonsip_testing")
local files = require("sdp.files")

local sdp = testing.sdp
local all = { "sendrecv", "sendonly", "recvonly", "inactive" }

--- RFC 3264 6.1: rows are what is offered, columns what we want, both in the
--- order above.
local table_of_6_1 = {
  sendrecv = { "sendrecv", "sendonly", "recvonly", "inactive" },
  sendonly = { "recvonly", "inactive", "recvonly", "inactive" },
  recvonly = { "sendonly", "sendonly", "inactive", "inactive" },
  inactive = { "inactive", "inactive", "inactive", "inactive" },
}

local function audio(direction)
  local attribute = direction and "a=" .. direction .. "\n" or ""
  return files.session("m=audio 4000 RTP/AVP 0\n" .. attribute)
end

local function answered(offer, options)
  return assert(sdp.parse(assert(sdp.answer(offer, options)))):direction()
end

describe("the direction of an answer", function()
  for offered, row in pairs(table_of_6_1) do
    for column, wanted in ipairs(all) do
      local answer = row[column]
      it(("%s for %s when we want %s (RFC 3264 6.1, OA-009)"):format(answer, offered, wanted),
        function()
          assert.equal(answer, testing.sdp_direction_answer(offered, wanted))
          assert.equal(answer, answered(audio(offered), { direction = wanted }))
        end)
    end
  end

  it("is not written when nobody spoke of it", function()
    assert.not_matches("sendrecv", sdp.answer(audio()))
    assert.matches("a=sendrecv\r\n", sdp.answer(audio("sendrecv")))
  end)

  it("follows a direction at session level, and a stream's own before it", function()
    local offer = files.session([[
      a=sendonly
      m=audio 4000 RTP/AVP 0
      m=audio 4002 RTP/AVP 0
      a=inactive
    ]])
    local answer = assert(sdp.parse(assert(sdp.answer(offer))))
    assert.equal("recvonly", answer:direction(1))
    assert.equal("inactive", answer:direction(2))
  end)
end)

describe("hold", function()
  local held = { "sendonly", "inactive" }
  local old_style = audio():gsub("c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0")

  it("is seen by direction and by the address of RFC 2543 (RFC 3264 8.4, OA-021)", function()
    for _, direction in ipairs(held) do
      assert.is_true(assert(sdp.parse(audio(direction))):is_hold())
    end
    assert.is_true(assert(sdp.parse(old_style)):is_hold())
    assert.is_true(assert(sdp.parse((old_style:gsub("IP4 0.0.0.0", "IP6 ::")))):is_hold())
    assert.is_false(assert(sdp.parse(audio("recvonly"))):is_hold())
    assert.is_false(assert(sdp.parse(audio())):is_hold())
  end)

  it("needs every stream that is in use, and one at least", function()
    local function is_hold(lines)
      return assert(sdp.parse(files.session(lines))):is_hold()
    end
    assert.is_false(is_hold("m=audio 1 RTP/AVP 0\na=sendonly\nm=video 1 RTP/AVP 31\n"))
    assert.is_true(is_hold("m=audio 1 RTP/AVP 0\na=sendonly\nm=video 0 RTP/AVP 31\n"))
    assert.is_false(is_hold("m=video 0 RTP/AVP 31\n"))
    assert.is_false(is_hold(""))
  end)

  it("is answered so that we still listen, never with hold (RFC 3264 8.4, OA-022)", function()
    assert.equal("recvonly", answered(audio("sendonly")))
    assert.equal("recvonly", answered(old_style))
    assert.equal("inactive", answered(audio("inactive")))
    local _, ports = files.streams(sdp.answer(old_style))
    assert.same({ 9 }, ports)
    assert.not_matches("0%.0%.0%.0", (sdp.answer(old_style):gsub("127.0.0.1", "")))
  end)

  it("ends with the next offer, which the earlier answer does not colour", function()
    local first = assert(sdp.answer(audio()))
    local hold = assert(sdp.answer(audio("sendonly"), { previous = first }))
    local resume = assert(sdp.answer(audio("sendrecv"), { previous = hold }))
    assert.matches("a=recvonly", hold)
    assert.matches("a=sendrecv", resume)
  end)

  it("is set on our own description, for all streams or one", function()
    local ours = assert(sdp.parse(files.session([[
      a=recvonly
      m=audio 1 RTP/AVP 0
      m=audio 2 RTP/AVP 0
      a=sendrecv
      a=ptime:20
    ]])))
    assert.equal(ours, ours:set_direction("sendonly", 1))
    assert.equal("sendonly", ours:direction(1))
    assert.equal("sendrecv", ours:direction(2))
    ours:set_direction("inactive")
    assert.equal("inactive", ours:direction(1))
    assert.equal("inactive", ours:direction(2))
    assert.not_matches("a=recvonly", tostring(ours))
    assert.matches("a=ptime:20\r\na=inactive\r\n$", tostring(ours))
    assert.has_error(function()
      ours:set_direction("hold")
    end)
    assert.has_error(function()
      ours:set_direction("sendonly", 3)
    end)
  end)
end)
