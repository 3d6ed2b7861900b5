-- What an element in the middle of a call leaves to the ends of it.
local Relayed = require("spec.support.relayed")
local Rig = require("spec.support.rig")

describe("a proxy", function()
  local stage

  before_each(function()
    stage = Relayed.new()
    stage.plan = function(request)
      stage:forward(request, "sip:bob@192.0.2.4", { record_route = true })
    end
  end)
  after_each(function() stage:finish() end)

  it("says nothing reliably by itself in a change of the call, as an endpoint may "
    .. "(RFC 3262 3, RFC 6141 3.3, REL-004)", function()
      stage:answers(stage.bob, 200)
      stage:ring()
      stage.bob.on_request = function(message)
        if message.method == "INVITE" then
          stage.held = message
          return false
        end
      end
      stage.net:clear()
      local change = stage.call:reinvite({ headers = { "Require: 100rel" } })
      stage.net:run(20)
      for _, response in ipairs(stage:seen(stage.proxy, stage.alice)) do
        assert.equal(100, response.status_code)
        assert.is_nil(response.rseq)
        assert.is_nil(response:header("Require"))
      end
      stage.bob:respond(stage.held, { status_code = 200, body = stage.bob:sdp() })
      stage.net:settle()
      assert.equal(200, change:status())

      local rig = Rig.new()
      local call = rig:establish({ rel100 = true })
      local own, reinvite = rig:change(call, { headers = { "Require: 100rel" } })
      assert(reinvite:progress({ status_code = 183, body = Rig.sdp2, reliable = true }))
      rig.net:settle()
      assert.is_number(own.responses[1].rseq)
      assert(reinvite:accept())
      rig:finish()
    end)

  it("leaves Session-Expires, Min-SE and the refresher as the ends want them "
    .. "(RFC 4028 8.1, TMR-011)", function()
      local granted = { "Require: timer", "Session-Expires: 400;refresher=uac" }
      stage.bob.on_request = function(message)
        if message.method ~= "INVITE" then return end
        stage.seen_by_bob = message
        if message:header("Min-SE") ~= "300" then
          return { status_code = 422, headers = { "Min-SE: 300" } }
        end
        return { status_code = 200, headers = granted, body = stage.bob:sdp() }
      end
      local refused = stage:ring({ headers = { "Supported: timer", "Min-SE: 90",
        "Session-Expires: 200;refresher=uas" } })
      assert.equal("200;refresher=uas", stage.seen_by_bob:header("Session-Expires"))
      assert.equal("90", stage.seen_by_bob:header("Min-SE"))
      assert.equal(422, refused.response.status_code)
      assert.equal("300", refused.response:header("Min-SE"))
      local call = stage:ring({ headers = { "Supported: timer", "Min-SE: 300",
        "Session-Expires: 400" } })
      assert.equal("400", stage.seen_by_bob:header("Session-Expires"))
      assert.equal("400;refresher=uac", call.response:header("Session-Expires"))
      assert.is_true(call.response:lists("Require", "timer"))
      -- A caller who knows no timers gets none.
      call:bye()
      call = stage:ring()
      assert.is_nil(stage.seen_by_bob:header("Session-Expires"))
      assert.is_nil(stage.seen_by_bob:header("Min-SE"))
      assert.equal(422, call.response.status_code)
    end)
end)
