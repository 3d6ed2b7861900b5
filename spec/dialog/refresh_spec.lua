local testing = require "moonsip_testing"

describe("a session timer (RFC 4028 section 9)", function()
  local function grant(ask)
    local interval, side = testing.refresh(ask)
    return { interval, side }
  end

  it("gives the refresher by table 2 (TMR-014)", function()
    local rows = {
      -- supported, refresher asked for, who refreshes
      { false, "nobody", "us" }, { false, "us", "us" },
      { true, "nobody", "them" }, { true, "them", "them" }, { true, "us", "us" },
    }
    for _, row in ipairs(rows) do
      assert.same({ 1800, row[3] }, grant {
        supported = row[1], refresher = row[2], interval = 1800 })
    end
  end)

  it("never raises the interval that was asked for (TMR-013)", function()
    assert.same({ 600, "them" }, grant { supported = true, interval = 600 })
  end)

  it("lowers it to ours, not below the peer's Min-SE (TMR-013)", function()
    assert.same({ 1800, "them" }, grant { supported = true, interval = 7200 })
    assert.same({ 3600, "them" }, grant { supported = true, interval = 7200, min_se = 3600 })
    assert.same({ 90, "them" }, grant { supported = true, interval = 7200, ours = 20 })
  end)

  it("asks a peer that could refresh for it, and leaves others alone", function()
    assert.same({ 1800, "them" }, grant { supported = true })
    assert.same({ 0, "nobody" }, grant { supported = false })
  end)

  it("can be switched off", function()
    assert.same({ 0, "nobody" }, grant { supported = true, interval = 1800, ours = 0 })
  end)

  it("calls an interval too small only of a peer that could raise it (TMR-012)", function()
    assert.is_true((select(4, testing.refresh { supported = true, interval = 89 })))
    assert.is_false((select(4, testing.refresh { supported = false, interval = 89 })))
    assert.is_false((select(4, testing.refresh { supported = true, interval = 90 })))
  end)

  it("ends the session min(32, interval / 3) seconds before its end (TMR-017)", function()
    for interval, due in pairs { [90] = 60, [180] = 148, [1800] = 1768 } do
      assert.equal(due, (select(3, testing.refresh { supported = true, interval = interval })))
    end
  end)

  it("refreshes at half the interval when we are the refresher (TMR-006)", function()
    assert.equal(900, (select(3, testing.refresh {
      supported = true, refresher = "us", interval = 1800 })))
  end)
end)

describe("RSeq (RFC 3262 section 3)", function()
  it("starts between 1 and 2^31 - 1 and counts up by one (REL-005)", function()
    for _, random in ipairs { 0, 1, 0x7fffffff, 0xffffffff } do
      local list = testing.rseq(random, 3)
      assert.is_true(list[1] >= 1 and list[1] < 2 ^ 31)
      assert.same({ list[1], list[1] + 1, list[1] + 2 }, list)
    end
  end)

  it("never wraps (REL-006)", function()
    assert.same({ 0x7fffffff }, testing.rseq(0, 3, 0x7ffffffe))
  end)
end)
