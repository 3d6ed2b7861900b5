-- What modules of the library share: options, timers of nobody, versions of the
-- script.
local Rig = require("spec.support.rig")
local library = require("moonsip.library")
local sim = require("moonsip.sim")
local sip = require("moonsip")

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

describe("an option of the library", function()
  it("is told by the nearest name, at the author's line", function()
    for text, wrong in pairs({
      ["registrar.new: unknown option 'max_contact', did you mean 'max_contacts'?"] =
        function() sip.registrar.new { max_contact = 1 } end,
      ["events.notifier: unknown option 'evnt', did you mean 'event'?"] =
        function() sip.events.notifier { evnt = "x" } end,
      ["presence.server: option 'allow': function expected, got string"] =
        function() sip.events.presence.server { allow = "all" } end,
      ["registration.keep: option 'address' is missing"] =
        function() sip.registration.keep { registrar = "sip:192.0.2.9" } end,
      ["registration.keep: table of options expected, got nil"] =
        function() sip.registration.keep() end,
      ["registrar.new: max_contacts is 1 to 40"] =
        function() sip.registrar.new { max_contacts = 0 } end,
      ["registrar.new: unknown option 'zzzzzzzz', there are accepts, "] =
        function() sip.registrar.new { zzzzzzzz = 1 } end,
    }) do
      local _, err = pcall(wrong)
      assert.matches("^spec/bindings/library_spec%.lua:%d+: ", err)
      assert.truthy(err:find(text, 1, true), err)
    end
  end)
end)

describe("a timer of the library", function()
  it("goes off although the call is over that it was set in", function()
    local rig = Rig.new()
    local ran = {}
    local call = rig:establish()
    rig.call.on_info = function(request)
      sip.after(1, function() ran.mine = true end)
      library.after(1, function() ran.nobodys = true end)
      request:accept()
    end
    call:info()
    rig.net:settle()
    call:bye()
    rig.net:run(2)
    assert.same({ nobodys = true }, ran)
    rig:finish()
  end)
end)

describe("a script that is being loaded", function()
  it("begins nothing: it may still fail", function()
    local path = os.tmpname()
    write(path, "return {}")
    local net = sim.network()
    local agent = net:agent({ name = "bob", address = "192.0.2.1:5060", script = path })
    for _, line in ipairs({ "sip.spawn(print)", "sip.after(1, print)" }) do
      write(path, "local sip = require 'moonsip' " .. line .. " return {}")
      local ok, why = agent:reload()
      assert.is_nil(ok)
      assert.matches("not loaded yet: wait for on_reload", why)
    end
    assert.equal(0, agent:census().tasks)
    agent:close()
    os.remove(path)
  end)
end)
