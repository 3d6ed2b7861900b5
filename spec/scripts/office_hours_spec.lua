local stage = require("spec.support.stage")

describe("scripts/office_hours.lua", function()
  local on, path

  --- The script at an hour of our choice.
  local function at(hour)
    local script = dofile("scripts/office_hours.lua")
    script.hours.now = function() return hour end
    on = stage.new({ delegate = script })
  end

  setup(function()
    path = package.path
    package.path = "./scripts/?.lua;" .. path
  end)
  teardown(function()
    package.path = path
    package.loaded.answer = nil
  end)
  after_each(function() on:finish() end)

  for _, hour in ipairs({ 9, 12, 16 }) do
    it(("answers at %d o'clock"):format(hour), function()
      at(hour)
      on:ring()
      on.net:expect([[
        alice      bob
          INVITE -->
                 <-- 180
                 <-- 200 (sdp)
          ACK    -->
      ]])
    end)
  end

  for hour, hours in pairs({ [17] = 16, [23] = 10, [0] = 9, [8] = 1 }) do
    it(("is closed at %d o'clock, and says for how long"):format(hour), function()
      at(hour)
      local response = on:ring().response
      assert.equal(480, response.status_code)
      assert.equal("Closed", response.reason_phrase)
      assert.equal(tostring(hours * 3600), response:header("Retry-After"))
    end)
  end

  it("names itself", function()
    at(12)
    assert.equal("office", on:ring().response:header("Server"))
  end)

  it("looks at the clock of the machine", function()
    local hour
    local date = stub(os, "date", function() return { hour = hour } end)
    finally(function() date:revert() end)
    on = stage.new({ script = "scripts/office_hours.lua" })
    for at_hour, status in pairs({ [8] = 480, [10] = 200 }) do
      hour = at_hour
      assert.equal(status, on:ring().response.status_code)
    end
  end)
end)
