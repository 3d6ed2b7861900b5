-- Real phones at scripts/pbx.lua: they register with a password and call each other.
local baresip = require("spec.interop.support.baresip")
local server = require("spec.interop.support.server")

describe("baresip phones at scripts/pbx.lua", function()
  local running, port, phones

  local function phone(user, password)
    local self = baresip.start(user, port, { password = password, register = true })
    phones[#phones + 1] = self
    return self
  end

  local function story()
    local lines = {}
    for _, each in ipairs(phones) do lines[#lines + 1] = each:story() end
    lines[#lines + 1] = select(2, running:output())
    return table.concat(lines, "\n")
  end

  local function dial(from, user)
    assert.is_true(from:command("dial", ("sip:%s@127.0.0.1:%d"):format(user, port)))
  end

  -- An established call from one to the other.
  local function connect(from, to)
    dial(from, to.user)
    assert(to:await("CALL_INCOMING"), story())
    assert.is_true(to:command("accept"))
    assert(from:await("CALL_ESTABLISHED"), story())
    assert(to:await("CALL_ESTABLISHED"), story())
  end

  before_each(function()
    running, port = server.start("scripts/pbx.lua")
    phones = {}
  end)

  after_each(function()
    for _, each in ipairs(phones) do each:stop() end
    running:stop()
  end)

  it("one calls another, who hears it, and hangs up", function()
    local bob, alice = phone("bob", "builder"), phone("alice", "wonderland")
    connect(bob, alice)
    assert.is_true(bob:command("hangup"))
    assert(alice:await("CALL_CLOSED"), story())
  end)

  it("hold and resume reach the other side", function()
    local bob, alice = phone("bob", "builder"), phone("alice", "wonderland")
    connect(bob, alice)
    assert(alice:await("CALL_REMOTE_SDP"))
    assert.is_true(bob:command("hold"))
    assert(alice:await("CALL_REMOTE_SDP"), story())
    assert.is_true(bob:command("resume"))
    assert(alice:await("CALL_REMOTE_SDP"), story())
    assert.is_true(alice:command("hold"))
    assert(bob:await("CALL_REMOTE_SDP"), story())
    assert.is_true(alice:command("hangup"))
    assert(bob:await("CALL_CLOSED"), story())
  end)

  it("one transfers a call to a third", function()
    local bob, alice = phone("bob", "builder"), phone("alice", "wonderland")
    local carol = phone("carol", "christmas")
    connect(bob, alice)
    assert.is_true(alice:command("transfer", ("sip:carol@127.0.0.1:%d"):format(port)))
    assert(carol:await("CALL_INCOMING"), story())
    assert.is_true(carol:command("accept"))
    assert(carol:await("CALL_ESTABLISHED"), story())
    assert(alice:await("CALL_CLOSED"), story())
    assert.equal(1, bob:calls())
    assert.is_true(carol:command("hangup"))
    assert(bob:await("CALL_CLOSED"), story())
  end)

  it("a busy user's call goes on to somebody else", function()
    local bob, alice = phone("bob", "builder"), phone("alice", "wonderland")
    local carol = phone("carol", "christmas")
    dial(bob, "alice")
    assert(alice:await("CALL_INCOMING"), story())
    assert.is_true(alice:command("hangup"))
    assert(carol:await("CALL_INCOMING"), story())
    assert.is_true(carol:command("accept"))
    assert(bob:await("CALL_ESTABLISHED"), story())
    assert.is_true(bob:command("hangup"))
    assert(carol:await("CALL_CLOSED"), story())
  end)

  it("a wrong password registers nobody", function()
    local mallory = baresip.start("alice", port, { password = "guess" })
    phones[1] = mallory
    mallory:command("uafind", "")
    dial(mallory, "bob")
    assert(mallory:await("CALL_CLOSED"), story())
    assert.equal(0, mallory:calls())
  end)
end)
