-- A real phone calls a script.
local baresip = require("spec.interop.support.baresip")
local server = require("spec.interop.support.server")

describe("baresip", function()
  local running, port, phone

  before_each(function()
    running, port = server.start("scripts/answer.lua")
    phone = baresip.start("alice", port)
  end)

  after_each(function()
    phone:stop()
    running:stop()
  end)

  it("calls a script, holds, resumes and hangs up", function()
    assert(phone:command("dial", "sip:bob@127.0.0.1:" .. port))
    assert(phone:await("CALL_ESTABLISHED"), phone:story())
    assert(phone:await("CALL_REMOTE_SDP"))
    assert.is_true(phone:command("hold"))
    assert(phone:await("CALL_REMOTE_SDP"), phone:story())
    assert.is_true(phone:command("resume"))
    assert(phone:await("CALL_REMOTE_SDP"), phone:story())
    assert.is_true(phone:command("hangup"))
    assert(phone:await("CALL_CLOSED"))
    assert.equal(0, phone:calls())
  end)
end)
