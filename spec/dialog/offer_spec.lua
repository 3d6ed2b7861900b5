local testing = require "moonsip_testing"

describe("an offer/answer exchange", function()
  it("knows whose turn it is (RFC 3264 section 4)", function()
    local turns = {
      { "initial", "send", "ours" }, { "initial", "recv", "theirs" },
      { "stable", "send", "ours" }, { "stable", "recv", "theirs" },
      { "ours", "recv", "stable" }, { "theirs", "send", "stable" },
      { "ours", "send", nil }, { "theirs", "recv", nil },
    }
    for _, turn in ipairs(turns) do
      assert.equal(turn[3], testing.offer_next(turn[1], turn[2]))
    end
  end)

  it("keeps the pair that was agreed on", function()
    assert.same({ "stable", "a", "b" }, { testing.exchange { "recv a", "send b" } })
    assert.same({ "ours", "c", nil }, { testing.exchange { "recv a", "send b", "send c" } })
  end)

  it("goes back to the pair before a refused offer (RFC 3261 14.1)", function()
    assert.same({ "stable", "a", "b" },
      { testing.exchange { "recv a", "send b", "save", "recv c", "restore" } })
  end)

  it("goes back over two exchanges inside one re-INVITE (RFC 6141 3.1)", function()
    assert.same({ "stable", "a", "b" }, { testing.exchange {
      "recv a", "send b", "save", "recv c", "send d", "recv e", "send f", "restore" } })
  end)

  it("changes nothing when it is not somebody's turn", function()
    assert.same({ "theirs", "a", nil }, { testing.exchange { "recv a", "recv b" } })
  end)

  it("leaves no memory behind, even when memory runs out", function()
    local live = testing.pool().live_count
    for n = 1, 8 do
      testing.fail_after(n)
      testing.exchange { "recv a", "send b", "save", "recv c", "send d", "restore" }
      testing.fail_after(0)
      assert.equal(live, testing.pool().live_count)
    end
  end)
end)
