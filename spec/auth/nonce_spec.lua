local testing = require("moonsip_testing")

describe("a nonce", function()
  local nonces, number

  before_each(function()
    number = 0
    nonces = testing.nonces({ key = ("k"):rep(32), life = 1000, count = 64 })
  end)

  local function make(now, realm)
    number = number + 1
    return nonces:make(realm or "a", number, now)
  end

  it("is good for its life, stale behind it, foreign before it (RFC 7616 3.3, AUT-012)", function()
    local nonce = make(5000)
    assert.equal("good", nonces:check(nonce, "a", 5000))
    assert.equal("good", nonces:check(nonce, "a", 6000))
    assert.equal("stale", nonces:check(nonce, "a", 6001))
    assert.equal("foreign", nonces:check(nonce, "a", 4999))
  end)

  it("cannot be forged: no digit may change, nor the realm, nor the key (AUT-013)", function()
    local nonce = make(5000)
    for i = 1, #nonce do
      local digit = nonce:sub(i, i) == "0" and "1" or "0"
      local forged = nonce:sub(1, i - 1) .. digit .. nonce:sub(i + 1)
      assert.equal("foreign", nonces:check(forged, "a", 5500), i)
    end
    assert.equal("foreign", nonces:check(nonce, "b", 5000))
    assert.equal("foreign", nonces:check(nonce:upper() .. "", "a", 5000))
    for _, text in ipairs({ "", nonce:sub(2), nonce .. "0", ("z"):rep(#nonce) }) do
      assert.equal("foreign", nonces:check(text, "a", 5000))
    end
    local others = testing.nonces({ key = ("l"):rep(32), life = 1000 })
    assert.equal("foreign", others:check(nonce, "a", 5000))
  end)

  it("takes each count once, in rising order (RFC 7616 3.4, AUT-011)", function()
    local nonce = make(5000)
    for count = 1, 100 do
      assert.is_true(nonces:count(nonce, "a", 5000, count))
      assert.is_false(nonces:count(nonce, "a", 5000, count))
    end
    assert.is_false(nonces:count(nonce, "a", 5000, 1))
    assert.is_false(nonces:count(nonce, "a", 5000, 0))
  end)

  it("lets requests overtake each other by up to 32, each but once", function()
    local nonce = make(5000)
    for _, count in ipairs({ 40, 8, 39, 41, 10, 9, 0x7FFFFFFF, 0x7FFFFFFF - 32 }) do
      assert.is_true(nonces:count(nonce, "a", 5000, count), count)
      assert.is_false(nonces:count(nonce, "a", 5000, count), count)
    end
    assert.is_false(nonces:count(nonce, "a", 5000, 42))
    assert.is_false(nonces:count(nonce, "a", 5000, 0x7FFFFFFF - 33))
  end)

  it("is forgotten where the table is full, and no replay passes then (RFC 7616 5.4, AUT-014)",
    function()
      local list = {}
      for i = 1, 1000 do
        list[i] = make(5000 + i // 2)
        nonces:count(list[i], "a", 5500, 1)
      end
      for i = 1, 1000 do
        assert.is_false(nonces:count(list[i], "a", 5500, 1), i)
      end
      local kept = 0
      for i = 1, 1000 do
        kept = kept + (nonces:count(list[i], "a", 5500, 2) and 1 or 0)
      end
      assert.is_true(kept > 32 and kept <= 64, kept)
      -- The youngest nonces are the ones with a place.
      assert.is_true(nonces:count(make(5501), "a", 5501, 1))
    end)

  it("costs the server nothing before a right answer comes with it (AUT-013)", function()
    local used = make(5000)
    nonces:count(used, "a", 5000, 1)
    for _ = 1, 100000 do make(5001) end
    assert.is_true(nonces:count(used, "a", 5001, 2))
  end)
end)

describe("wrong answers", function()
  local attempts
  local pause = 1000

  before_each(function() attempts = testing.attempts(1024, 5, 3, pause) end)

  local function try(source, user, now)
    if attempts:wait(source, user, now) > 0 then return false end
    attempts:failed(source, user, now)
    return true
  end

  local function tries(count, now, source, user)
    local passed = 0
    for i = 1, count do
      passed = passed + (try(source or "s" .. i, user or "u" .. i, now) and 1 or 0)
    end
    return passed
  end

  it("are counted for each user, wherever they come from (AUT-026)", function()
    assert.equal(3, tries(1000, 100, nil, "bob"))
    assert.equal(1000, attempts:wait("elsewhere", "bob", 100))
    assert.equal(0, attempts:wait("elsewhere", "alice", 100))
  end)

  it("are counted for each source, whoever it claims to be (AUT-026)", function()
    assert.equal(5, tries(1000, 100, "10.0.0.1"))
    assert.equal(0, attempts:wait("10.0.0.2", "bob", 100))
  end)

  it("are forgiven one by one (AUT-026)", function()
    tries(10, 100, nil, "bob")
    assert.equal(0, tries(10, 100 + pause - 1, nil, "bob"))
    assert.equal(1, tries(10, 100 + pause, nil, "bob"))
    assert.equal(2, tries(10, 100 + 3 * pause, nil, "bob"))
    assert.equal(3, tries(10, 100 + 60 * pause, nil, "bob"))
  end)

  it("of others keep nobody out where he was right before (AUT-026)", function()
    attempts:passed("home", "bob", 50)
    tries(1000, 100, nil, "bob")
    tries(1000, 100, "home")
    assert.equal(0, attempts:wait("home", "bob", 100))
    assert.equal(3, tries(10, 100, "home", "bob"))
    assert.is_true(attempts:wait("home", "bob", 100) > 0)
  end)

  it("fill a table that has a bound (AUT-026)", function()
    tries(10, 100000, "worst")
    tries(100000, 100, nil, nil)
    assert.is_true(attempts:wait("worst", "eve", 100000) > 0)
  end)
end)
