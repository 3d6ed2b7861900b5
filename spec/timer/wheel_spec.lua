local testing = require("moonsip_testing")

describe("the timing wheel", function()
  -- Everything that is due at `now`, as { number, due } pairs, in order.
  local function round(wheel, now)
    local popped = {}
    for number, due in function() return wheel:pop(now) end do
      popped[#popped + 1] = { number, due }
    end
    return popped
  end

  local function numbers(wheel, now)
    local list = {}
    for i, pair in ipairs(round(wheel, now)) do
      list[i] = pair[1]
    end
    return list
  end

  it("gives timers by deadline, and equal ones in the order they were armed", function()
    local wheel = testing.wheel(1000)
    wheel:arm(1, 1500)
    wheel:arm(2, 33000)
    wheel:arm(3, 1500)
    wheel:arm(4, 1001)
    assert.same({ 4, 1, 3, 2 }, numbers(wheel, 40000))
    assert.equal(0, wheel:count())
  end)

  it("keeps the order of arming through every level a deadline passes", function()
    local wheel = testing.wheel(0)
    wheel:arm(1, 300000)
    assert.same({}, numbers(wheel, 299000))
    wheel:arm(2, 300000)
    assert.same({}, numbers(wheel, 299990))
    wheel:arm(3, 300000)
    assert.same({}, numbers(wheel, 299999))
    assert.same({ 1, 2, 3 }, numbers(wheel, 300000))
  end)

  it("has a deadline that has passed due at once, with what was due before it", function()
    local wheel = testing.wheel(5000)
    wheel:arm(1, 5001)
    wheel:arm(2, 10)
    wheel:arm(3, 5000)
    assert.equal(5000, wheel:next())
    assert.same({ { 2, 5000 }, { 3, 5000 }, { 1, 5001 } }, round(wheel, 5001))
  end)

  it("leaves what is armed within a round to the next one", function()
    local wheel = testing.wheel(0)
    wheel:arm(1, 10)
    assert.equal(1, wheel:pop(10))
    wheel:arm(1, 10)
    assert.is_nil(wheel:pop(10))
    assert.equal(10, wheel:next())
    assert.equal(1, wheel:pop(10))
  end)

  it("forgets a stopped timer, even one collected already", function()
    local wheel = testing.wheel(0)
    for number = 1, 3 do
      wheel:arm(number, 20)
    end
    wheel:stop(2)
    wheel:stop(2)
    assert.equal(1, wheel:pop(20))
    assert.is_true(wheel:is_armed(3))
    wheel:stop(3)
    assert.is_nil(wheel:pop(20))
    assert.is_nil(wheel:next())
  end)

  it("moves a timer that is armed again", function()
    local wheel = testing.wheel(0)
    wheel:arm(1, 100)
    wheel:arm(1, 7200000)
    assert.equal(1, wheel:count())
    assert.same({}, numbers(wheel, 7199999))
    assert.same({ 1 }, numbers(wheel, 7200000))
  end)

  it("carries deadlines beyond its last level", function()
    local wheel = testing.wheel(12345)
    local far, farther = (1 << 36) + 12345, (1 << 50) + 7
    wheel:arm(1, farther)
    wheel:arm(2, far)
    wheel:arm(3, 20000)
    assert.same({ 3 }, numbers(wheel, far - 1))
    assert.same({ { 2, far } }, round(wheel, far))
    assert.same({}, numbers(wheel, farther - 1))
    assert.same({ { 1, farther } }, round(wheel, farther))
  end)

  it("never names a moment after the first deadline, and reaches it in few steps", function()
    for _, due in ipairs({ 1, 63, 64, 500, 4095, 32000, 300000, 1 << 30, (1 << 40) + 99 }) do
      local wheel, steps = testing.wheel(0), 0
      wheel:arm(1, due)
      repeat
        local at = wheel:next()
        assert.is_true(at <= due)
        steps = steps + 1
      until wheel:pop(at)
      assert.is_true(steps <= 7, due .. " took " .. steps)
    end
  end)

  -- A sorted list, the plainest thing that could be right.
  local function naive(now)
    local list, order = {}, 0
    local model = { now = now }
    function model.stop(number)
      for i, entry in ipairs(list) do
        if entry[1] == number then
          table.remove(list, i)
          return
        end
      end
    end
    function model.arm(number, due)
      model.stop(number)
      order = order + 1
      list[#list + 1] = { number, math.max(due, model.now), order }
      table.sort(list, function(a, b)
        if a[2] ~= b[2] then
          return a[2] < b[2]
        end
        return a[3] < b[3]
      end)
    end
    function model.round(till)
      local popped = {}
      while list[1] and list[1][2] <= till do
        local entry = table.remove(list, 1)
        popped[#popped + 1] = { entry[1], entry[2] }
      end
      model.now = till
      return popped
    end
    function model.count() return #list end
    function model.first() return list[1] and list[1][2] end
    return model
  end

  local reach = { 1, 10, 70, 5000, 40000, 300000, 1 << 25, 1 << 37 }

  it("agrees with a sorted list under random arming, moving, stopping and jumps", function()
    for _ = 1, 60 do
      local now = math.random(0, 1 << 38)
      local wheel, model = testing.wheel(now), naive(now)
      for _ = 1, 300 do
        local dice, number = math.random(10), math.random(40)
        if dice <= 6 then
          local due = now + math.random(-5, reach[math.random(#reach)])
          wheel:arm(number, due)
          model.arm(number, due)
        elseif dice <= 8 then
          wheel:stop(number)
          model.stop(number)
        else
          now = now + math.random(0, reach[math.random(#reach)])
          assert.same(model.round(now), round(wheel, now))
        end
        assert.equal(model.count(), wheel:count())
        local first, next_at = model.first(), wheel:next()
        assert.equal(first == nil, next_at == nil)
        assert.is_true(first == nil or next_at <= first)
      end
    end
  end)

  it("gives the same order for one jump and for single milliseconds", function()
    for _ = 1, 20 do
      local start = math.random(0, 1 << 20)
      local jump, crawl = testing.wheel(start), testing.wheel(start)
      for number = 1, 60 do
        local due = start + math.random(0, 9000)
        jump:arm(number, due)
        crawl:arm(number, due)
      end
      local crawled = {}
      for now = start, start + 9000 do
        table.move(round(crawl, now), 1, 60, #crawled + 1, crawled)
      end
      assert.same(round(jump, start + 9000), crawled)
    end
  end)
end)
