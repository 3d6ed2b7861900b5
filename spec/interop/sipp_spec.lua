local server = require("spec.interop.support.server")
local sipp = require("spec.interop.support.sipp")

local CALLS <const> = 1000

local cases = {
  { does = "calls and hangs up", script = "scripts/answer.lua" },
  { does = "holds and resumes", scenario = "uac_reinvite_hold",
    script = "scripts/hold_policy.lua" },
  { does = "gives up while it rings", scenario = "uac_cancel",
    script = "spec/interop/scripts/ring.lua" },
  { does = "hears an announcement, reliably", scenario = "uac_prack",
    script = "scripts/early_media.lua" },
  { does = "holds with UPDATE", scenario = "uac_update", script = "scripts/answer.lua" },
}

--- Starts an engine with the script of a case, and SIPp that calls it.
local function start(case, rate, lost)
  local running, port = server.start(case.script)
  local options = { scenario = case.scenario, calls = CALLS, rate = rate, lost = lost }
  return { server = running, sipp = sipp.start(port, options) }
end

local function expect_success(run)
  local result = run.sipp:finish()
  assert.is_true(run.server:is_running(), (select(2, run.server:output())))
  assert.equal(0, result.failed, result.log)
  assert.equal(CALLS, result.successful, result.log)
  assert.equal(0, result.status, result.log)
end

describe("SIPp against moonsip", function()
  for _, case in ipairs(cases) do
    it(case.does .. ", 1,000 times", function()
      local run = start(case, 500)
      finally(function() run.server:stop() end)
      expect_success(run)
    end)
  end
end)

-- These wait more than they work, so all of them wait at the same time.
describe("SIPp, with every tenth packet lost both ways,", function()
  local runs = {}

  lazy_setup(function()
    for i, case in ipairs(cases) do
      runs[i] = start(case, 100, 10)
    end
  end)

  lazy_teardown(function()
    for _, run in ipairs(runs) do
      run.sipp.process:stop()
      run.server:stop()
    end
  end)

  for i, case in ipairs(cases) do
    it(case.does .. ", 1,000 times", function()
      expect_success(runs[i])
    end)
  end
end)
