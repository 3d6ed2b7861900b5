-- SIPp on both sides of a bridge.
local process = require("spec.interop.support.process")
local server = require("spec.interop.support.server")
local sipp = require("spec.interop.support.sipp")

local CALLS <const> = 1000

--- SIPp that answers, on a port of its own.  It takes an INVITE that is repeated
--- after its 200 for an error, so it loses nothing.
local function callee()
  local port = server.free_port()
  return process.start({
    "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", tostring(port), "-nostdin",
    "-buff_size", "1048576",
  }), port
end

--- Calls through a bridge, and how many succeeded.
local function run(rate, lost)
  local phone, port = callee()
  local bridge, at = server.start_with({ "BRIDGE_TO=" .. port }, "spec/interop/scripts/bridge.lua")
  finally(function()
    phone:stop(1)
    bridge:stop()
  end)
  local result = sipp.run(at, { calls = CALLS, rate = rate, lost = lost })
  assert.is_true(bridge:is_running(), (select(2, bridge:output())))
  return result
end

describe("SIPp calls SIPp through a bridge", function()
  it("1,000 times", function()
    local result = run(300)
    assert.equal(0, result.failed, result.log)
    assert.equal(CALLS, result.successful, result.log)
  end)

  it("1,000 times with every tenth packet of the caller lost both ways", function()
    local result = run(100, 10)
    assert.equal(0, result.failed, result.log)
    assert.equal(CALLS, result.successful, result.log)
  end)
end)
