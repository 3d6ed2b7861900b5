local stage = require("spec.support.stage")

describe("scripts/screening.lua", function()
  local on

  before_each(function() on = stage.new({ script = "scripts/screening.lua" }) end)
  after_each(function() on:finish() end)

  for _, name in ipairs({ "spam", "robocall" }) do
    it(("refuses %s everywhere, and logs it"):format(name), function()
      on.phone.uri = ("sip:%s@192.0.2.9:5060"):format(name)
      local call = on:ring()
      assert.equal(603, call.response.status_code)
      assert.equal("refused " .. name, on.agent.log[#on.agent.log].text)
      assert.equal(call.call_id, on.agent.log[#on.agent.log].call_id)
    end)
  end

  it("sends callers of sales elsewhere", function()
    local call = on:ring({ to = "sip:sales@192.0.2.1:5060" })
    assert.equal(302, call.response.status_code)
    assert.equal("<sip:sales@127.0.0.1:5080>", call.response:header("Contact"))
  end)

  it("rings for everybody else, and answers", function()
    on:ring()
    on.net:expect([[
      alice      bob
        INVITE -->
               <-- 180
               <-- 200 (sdp)
        ACK    -->
    ]])
  end)

  it("answers callers and takes calls without a user part", function()
    on.phone.uri = "sip:192.0.2.9:5060"
    assert.equal(200, on:ring({ to = "sip:192.0.2.1:5060" }).response.status_code)
  end)

  it("lets the caller hold", function()
    local response = on:change(on:establish(), {
      body = on.phone:sdp({ version = 2, direction = "sendonly" }),
    })
    assert.equal("recvonly", stage.description(response):direction())
  end)
end)
