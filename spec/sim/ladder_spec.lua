local sim = require("moonsip.sim")
local uas = require("spec.support.uas")

describe("a ladder", function()
  local net, phone, far

  before_each(function()
    net = sim.network()
    phone = net:phone({ name = "alice", address = "192.0.2.9:5060" })
    far = uas.new(net)
    far.name = "bob"
    far.answers = { 180, 200 }
    phone:invite({ to = far })
    net:settle()
  end)

  it("draws what crossed", function()
    assert.equal([[
  alice                          bob
    INVITE (sdp) @0          -->
                             <--   180 INVITE @0.01
                             <--   200 INVITE (sdp) @0.01
    ACK @0.02                -->
]], net:ladder())
  end)

  it("fits its own drawing", function()
    net:expect(net:ladder())
  end)

  it("fits a drawing that says less", function()
    net:expect([[
      alice      bob
        INVITE -->
               <-- 180
               <-- 200 INVITE
        ACK    -->
    ]])
  end)

  it("fits a drawing with remarks", function()
    net:expect("alice bob\nINVITE --> # F1\n<-- 180 # F2\n<-- 200 # 200 --> and more\nACK -->")
  end)

  it("shows both flows when they differ", function()
    local ok, why = pcall(net.expect, net, [[
      alice      bob
        INVITE -->
               <-- 183
               <-- 200
        ACK    -->
    ]])
    assert.is_false(ok)
    assert.truthy(why:find("differs at line 2", 1, true))
    assert.truthy(why:find("<--   183", 1, true))
    assert.truthy(why:find("<--   180 INVITE @0.01", 1, true))
  end)

  for what, drawing in pairs({
    ["a message too many"] = "alice bob\nINVITE -->\n<-- 180\n<-- 200",
    ["a message too few"] = "alice bob\nINVITE -->\n<-- 180\n<-- 200\nACK -->\nBYE -->",
    ["the other direction"] = "alice bob\n<-- INVITE\n<-- 180\n<-- 200\nACK -->",
    ["another method"] = "alice bob\nINVITE -->\n<-- 180\n<-- 200 BYE\nACK -->",
    ["another time"] = "alice bob\nINVITE -->\n<-- 180\n<-- 200\nACK --> @0.5",
    ["a session description that is missing"] =
      "alice bob\nINVITE -->\n<-- 180 (sdp)\n<-- 200\nACK -->",
    ["a loss that did not happen"] = "alice bob\nINVITE --x\n<-- 180\n<-- 200\nACK -->",
  }) do
    it("does not fit " .. what, function()
      assert.is_false(pcall(net.expect, net, drawing))
    end)
  end

  it("marks what was lost", function()
    net:clear()
    net.filter = function(packet) return not packet.text:find("^OPTIONS") end
    phone:request({ to = far, method = "OPTIONS", retransmit = false })
    net:settle()
    net:expect("alice bob\nOPTIONS --x")
  end)

  it("names both ends when there are more than two", function()
    local carol = net:phone({ name = "carol", address = "192.0.2.3:5060" })
    net:clear()
    carol:request({ to = far, method = "OPTIONS" })
    net:settle()
    assert.truthy(net:ladder():find("carol -> bob  OPTIONS", 1, true))
    net:expect("alice bob carol\ncarol -> bob OPTIONS\nbob -> carol 200")
  end)
end)
