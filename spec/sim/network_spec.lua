local sim = require("moonsip.sim")

-- Two nodes that know nothing of SIP: `far` writes down what arrived and when.
local function pair(options)
  local net = sim.network(options)
  local arrived = {}
  net:add({ name = "near", address = "192.0.2.1:5060", receive = function() end })
  net:add({
    name = "far", address = "192.0.2.2:5060",
    receive = function(_, text) arrived[#arrived + 1] = { text, net:now() } end,
  })
  return net, arrived
end

local function send(net, text)
  net:transmit("192.0.2.1:5060", "192.0.2.2:5060", text)
end

describe("the simulated network", function()
  it("delivers after the latency and not before", function()
    local net, arrived = pair({ latency = 0.25 })
    send(net, "hello")
    net:run(0.249)
    assert.same({}, arrived)
    net:run(0.001)
    assert.same({ { "hello", 0.25 } }, arrived)
  end)

  it("draws each delay from the range it was given", function()
    local net, arrived = pair({ latency = { 0.010, 0.020 } })
    for i = 1, 50 do send(net, tostring(i)) end
    net:settle()
    local seen = {}
    for _, packet in ipairs(arrived) do
      assert.is_true(packet[2] >= 0.010 and packet[2] <= 0.020)
      seen[packet[2]] = true
    end
    assert.equal(50, #arrived)
    assert.is_truthy(next(seen, next(seen)))
  end)

  it("keeps the order of packets that are equally fast", function()
    local net, arrived = pair()
    for i = 1, 20 do send(net, tostring(i)) end
    net:settle()
    for i, packet in ipairs(arrived) do assert.equal(tostring(i), packet[1]) end
  end)

  it("loses about as many packets as asked", function()
    local net, arrived = pair({ loss = 0.1, seed = 7 })
    for _ = 1, 2000 do send(net, "x") end
    net:settle()
    assert.is_true(#arrived > 1700 and #arrived < 1900, #arrived .. " of 2000")
    assert.equal(2000 - #arrived, net.lost)
  end)

  it("doubles packets", function()
    local net, arrived = pair({ duplicate = 1 })
    send(net, "x")
    net:settle()
    assert.equal(2, #arrived)
  end)

  it("lets later packets overtake earlier ones", function()
    local net, arrived = pair({ reorder = 0.3, seed = 3 })
    for i = 1, 100 do
      send(net, tostring(i))
      net:run(0.001)
    end
    net:settle()
    local overtaken = 0
    for i = 2, #arrived do
      if tonumber(arrived[i][1]) < tonumber(arrived[i - 1][1]) then overtaken = overtaken + 1 end
    end
    assert.equal(100, #arrived)
    assert.is_true(overtaken > 0)
  end)

  it("does the same again for the same seed and something else for another", function()
    local function run(seed)
      local net, arrived = pair({
        seed = seed, loss = 0.2, duplicate = 0.2, latency = { 0.001, 0.1 },
      })
      for i = 1, 100 do send(net, tostring(i)) end
      net:settle()
      return arrived
    end
    assert.same(run(5), run(5))
    assert.not_same(run(5), run(6))
  end)

  it("drops what the filter refuses", function()
    local net, arrived = pair()
    net.filter = function(packet) return packet.text ~= "no" end
    send(net, "no")
    send(net, "yes")
    net:settle()
    assert.equal("yes", arrived[1][1])
    assert.is_nil(arrived[2])
  end)

  it("delivers so much later what the filter delays", function()
    local net, arrived = pair({ latency = 0.01 })
    net.filter = function(packet) return packet.text == "slow" and 0.5 or nil end
    send(net, "slow")
    send(net, "quick")
    net:run(1)
    assert.same({ { "quick", 0.01 }, { "slow", 0.51 } }, arrived)
  end)

  it("runs timers in order and leaves later ones alone", function()
    local net = sim.network()
    local fired = {}
    for _, delay in ipairs({ 0.3, 0.1, 0.2, 5 }) do
      net:after(delay, function() fired[#fired + 1] = delay end)
    end
    net:run(1)
    assert.same({ 0.1, 0.2, 0.3 }, fired)
    assert.equal(1, net:now())
  end)

  it("runs timers of the same moment in the order they were set", function()
    local net = sim.network()
    local fired = {}
    for i = 1, 100 do net:after(1, function() fired[i] = #fired + 1 end) end
    net:run(1)
    for i = 1, 100 do assert.equal(i, fired[i]) end
  end)

  it("raises on an option it does not know", function()
    assert.has_error(function() sim.network({ losss = 1 }) end, "sim.network has no option 'losss'")
    assert.has_error(function() sim.network({ loss = "much" }) end,
      "sim.network: loss must be a number, got a string")
  end)

  it("refuses two nodes at one address", function()
    local net = pair()
    assert.has_error(function()
      net:add({ address = "192.0.2.1:5060", receive = function() end })
    end, "two nodes at 192.0.2.1:5060")
  end)

  it("calls packets that never stop an error instead of hanging", function()
    local net = sim.network({ latency = 0 })
    net:add({
      address = "192.0.2.1:5060",
      receive = function(node, text) node.net:transmit(node.address, node.address, text) end,
    })
    net:transmit("192.0.2.1:5060", "192.0.2.1:5060", "x")
    net.record = false
    assert.has_error(function() net:settle() end, "settle: packets keep coming")
  end)
end)
