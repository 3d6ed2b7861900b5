local server = require("spec.interop.support.server")
local sipp = require("spec.interop.support.sipp")

describe("SIPp against moonsip", function()
  local function call(script, options)
    local running, port = server.start(script)
    finally(function() running:stop() end)
    local result = sipp.run(port, options)
    assert.is_true(running:is_running(), (select(2, running:output())))
    assert.equal(0, result.failed, result.log)
    assert.equal(1000, result.successful, result.log)
    assert.equal(0, result.status, result.log)
  end

  for _, case in ipairs({
    { does = "calls and hangs up", script = "scripts/answer.lua" },
    { does = "holds and resumes", scenario = "uac_reinvite_hold",
      script = "scripts/hold_policy.lua" },
    { does = "gives up while it rings", scenario = "uac_cancel",
      script = "spec/interop/scripts/ring.lua" },
    { does = "wants reliable ringing", scenario = "uac_prack", script = "scripts/answer.lua" },
    { does = "holds with UPDATE", scenario = "uac_update", script = "scripts/answer.lua" },
  }) do
    it(case.does .. ", 1,000 times", function()
      call(case.script, { scenario = case.scenario })
    end)

    it(case.does .. ", 1,000 times, with every tenth packet lost both ways", function()
      call(case.script, { scenario = case.scenario, lost = 10 })
    end)
  end
end)
