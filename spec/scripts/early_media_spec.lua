local stage = require("spec.support.stage")

describe("scripts/early_media.lua", function()
  local on

  before_each(function() on = stage.new({ script = "scripts/early_media.lua" }) end)
  after_each(function() on:finish() end)

  it("sends a reliable 183 to who takes one, and answers two seconds later", function()
    local call = on:ring({ rel100 = true })
    on.net:run(2)
    on.net:settle()
    assert.equal("", call.response.body)
    on.net:expect([[
      alice        bob
        INVITE -->
               <-- 183 (sdp)
        PRACK  -->
               <-- 200 PRACK
               <-- 200 INVITE @2.01
        ACK    -->
    ]])
  end)

  it("sends a preview to who does not, and the same description again", function()
    local call = on:ring()
    on.net:run(2)
    on.net:settle()
    on.net:expect([[
      alice        bob
        INVITE -->
               <-- 183 (sdp)
               <-- 200 (sdp) @2.01
        ACK    -->
    ]])
    assert.is_nil(call.responses[1].rseq)
    assert.equal(call.responses[1].body, call.response.body)
  end)

  it("holds the 200 back until the 183 is acknowledged (RFC 3262 3)", function()
    local call = on:ring({ rel100 = "require", prack = false })
    on.net:run(3)
    assert.is_nil(call.response)
    call:prack(call.responses[1])
    on.net:settle()
    assert.equal(200, call.response.status_code)
  end)

  it("stops waiting when the caller gives up", function()
    local call = on:ring({ rel100 = true })
    on.net:run(1)
    call:cancel()
    on.net:settle()
    assert.equal(487, call.response.status_code)
    assert.equal(0, on.agent:census().tasks)
    on.net:run(5)
    assert.equal(1, call.invite:copies(487))
    assert.equal(0, call.invite:copies(200))
  end)

  it("refuses a call without a description it can answer", function()
    assert.equal(488, on:ring({ body = "nonsense" }).response.status_code)
    assert.equal(488, on:ring({ body = false }).response.status_code)
  end)

  it("lets the caller hold afterwards, and keeps its description", function()
    local call = on:ring()
    on.net:run(3)
    local held = stage.description(on:change(call, {
      body = on.phone:sdp({ version = 2, direction = "sendonly" }),
    }))
    local before = stage.description(call.response)
    assert.equal("recvonly", held:direction())
    assert.equal(before.origin.session_id, held.origin.session_id)
    assert.equal(before.version + 1, held.version)
  end)
end)
