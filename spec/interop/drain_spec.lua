local process = require("spec.interop.support.process")
local server = require("spec.interop.support.server")
local wire = require("spec.interop.support.wire")

describe("a drain", function()
  local running, phone, uri, call

  before_each(function()
    local port
    running, port = server.start("scripts/answer.lua")
    phone = wire.phone()
    uri = "sip:bob@127.0.0.1:" .. port
    call = phone:invite({ to = uri })
    assert.equal(200, wire.final(call.invite).status_code)
    running:kill("sigterm")
    assert(running:await("draining: 1 calls? left"))
  end)

  after_each(function()
    phone.net:close()
    running:kill("sigkill")
    running:wait(5)
  end)

  it("refuses new calls, lets the call go on, and ends with it", function()
    local refused = wire.final(phone:invite({ to = uri }).invite)
    assert.equal(503, refused.status_code)
    assert.equal("30", refused:header("Retry-After"))
    assert.equal(200, wire.final(call:reinvite()).status_code)
    process.sleep(0.2)
    assert.is_true(running:is_running())
    assert.equal(200, wire.final(call:bye()).status_code)
    assert.equal(0, running:wait(10))
  end)

  it("is cut short by a second SIGTERM", function()
    running:kill("sigterm")
    assert.equal(0, running:wait(2))
  end)
end)
