local stage = require("spec.support.stage")

describe("scripts/hold_policy.lua", function()
  local on, call

  before_each(function()
    on = stage.new({ script = "scripts/hold_policy.lua" })
    call = on:establish()
  end)
  after_each(function() on:finish() end)

  local function offer(version, direction)
    return { body = on.phone:sdp({ version = version, direction = direction }) }
  end

  it("answers hold with recvonly and resume with sendrecv (RFC 3264 6.1)", function()
    local held = stage.description(on:change(call, offer(2, "sendonly")))
    assert.equal("recvonly", held:direction())
    local resumed = stage.description(on:change(call, offer(3, "sendrecv")))
    assert.equal("sendrecv", resumed:direction())
  end)

  it("answers inactive with inactive", function()
    local description = stage.description(on:change(call, offer(2, "inactive")))
    assert.equal("inactive", description:direction())
  end)

  it("counts the version in o= up by one with each change (RFC 3264 8)", function()
    local first = stage.description(call.response)
    local held = stage.description(on:change(call, offer(2, "sendonly")))
    local resumed = stage.description(on:change(call, offer(3, "sendrecv")))
    assert.equal(first.version + 1, held.version)
    assert.equal(held.version + 1, resumed.version)
    assert.equal(first.origin.session_id, resumed.origin.session_id)
  end)

  it("keeps the version when nothing changes", function()
    assert.equal(call.response.body, on:change(call, offer(1, "sendrecv")).body)
  end)

  it("refuses video with 488 and says why, and the session stays as it was", function()
    local response = on:change(call, {
      body = on.phone:sdp({ version = 2, media = "m=video 40002 RTP/AVP 96\r\n"
        .. "a=rtpmap:96 VP8/90000\r\n" }),
    })
    assert.equal(488, response.status_code)
    assert.equal('304 moonsip "media type not available: video"', response:header("Warning"))
    assert.equal(call.response.body, on:change(call, { body = false }).body)
  end)

  it("refuses a call with video", function()
    local other = on:ring({ body = on.phone:sdp({ media = "m=video 40002 RTP/AVP 31\r\n" }) })
    assert.equal(488, other.response.status_code)
    assert.matches("^304 ", other.response:header("Warning"))
  end)

  it("takes a call whose video is switched off", function()
    local other = on:ring({ body = on.phone:sdp({ media = "m=video 0 RTP/AVP 31\r\n" }) })
    assert.equal(200, other.response.status_code)
  end)

  it("refuses what is no session description", function()
    local response = on:change(call, { body = "nonsense" })
    assert.equal(488, response.status_code)
    assert.equal(200, on:change(call, offer(2, "sendonly")).status_code)
  end)

  it("offers what is in use when a re-INVITE offers nothing (RFC 3261 14.2, REI-022)", function()
    local held = on:change(call, offer(2, "sendonly"))
    assert.equal(held.body, on:change(call, { body = false }).body)
  end)

  it("remembers what it offered in a call that began without an offer", function()
    local other = on:establish({ body = false })
    local first = stage.description(other.response)
    local held = stage.description(on:change(other, offer(2, "sendonly")))
    assert.equal(first.origin.session_id, held.origin.session_id)
    assert.equal(first.version + 1, held.version)
  end)
end)
