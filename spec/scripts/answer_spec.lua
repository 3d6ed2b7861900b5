local stage = require("spec.support.stage")

describe("scripts/answer.lua", function()
  local on

  before_each(function() on = stage.new({ script = "scripts/answer.lua" }) end)
  after_each(function() on:finish() end)

  it("rings, then answers", function()
    local call = on:ring()
    call:bye()
    on.net:settle()
    on.net:expect([[
      alice             bob
        INVITE (sdp) -->
                     <-- 180
                     <-- 200 (sdp)
        ACK          -->
        BYE          -->
                     <-- 200 BYE
    ]])
    assert.same({ "0", "8" }, stage.description(call.response).media[1].formats)
  end)

  it("offers when the caller does not", function()
    on:ring({ body = false })
    on.net:expect([[
      alice       bob
        INVITE    -->
                  <-- 180
                  <-- 200 (sdp)
        ACK (sdp) -->
    ]])
  end)

  it("answers a change with the next version of its description", function()
    local call = on:establish()
    local before = stage.description(call.response)
    local after = stage.description(on:change(call, {
      body = on.phone:sdp({ version = 2, direction = "sendonly" }),
    }))
    assert.equal("recvonly", after:direction())
    assert.equal(before.origin.session_id, after.origin.session_id)
    assert.equal(before.version + 1, after.version)
  end)

  it("offers what is in use when a change comes without an offer (RFC 3261 14.2, REI-022)",
    function()
      local call = on:establish()
      local response = on:change(call, { body = false })
      assert.equal(call.response.body, response.body)
    end)

  it("refuses a call whose session description nobody can read", function()
    local call = on:ring({ body = "nonsense" })
    assert.equal(488, call.response.status_code)
  end)

  it("refuses such a change, and the call goes on", function()
    local call = on:establish()
    assert.equal(488, on:change(call, { body = "nonsense" }).status_code)
    assert.equal(200, on:change(call).status_code)
  end)

  it("answers an UPDATE that offers", function()
    local call = on:establish()
    local response = on:change(call, {
      body = on.phone:sdp({ version = 2, direction = "sendonly" }),
    }, "update")
    assert.equal(200, response.status_code)
    assert.equal("recvonly", stage.description(response):direction())
  end)

  it("accepts an UPDATE that offers nothing", function()
    local call = on:establish()
    local response = on:change(call, {}, "update")
    assert.equal(200, response.status_code)
    assert.equal("", response.body)
  end)

  it("has no more than one call in mind", function()
    local one, other = on:establish(), on:establish()
    on:change(one, { body = on.phone:sdp({ version = 2, direction = "sendonly" }) })
    assert.equal(other.response.body, on:change(other, { body = false }).body)
  end)
end)
