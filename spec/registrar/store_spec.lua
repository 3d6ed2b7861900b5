-- Stores of bindings: the one in memory, and any other that keeps its interface.
local Desk = require("spec.registrar.desk")
local Memory = require("moonsip.registrar.memory")
local sip = require("moonsip")

local function list(...)
  local records = {}
  for i, expires_at in ipairs({ ... }) do records[i] = { expires_at = expires_at } end
  return records
end

local function write(store, aor, records)
  local _, version = store:get(aor)
  assert.is_true(store:put(aor, records, version))
end

describe("the store in memory", function()
  local store

  before_each(function() store = Memory.new() end)

  it("has an empty list under an address nobody has", function()
    local records, version = store:get("sip:a@x")
    assert.same({}, records)
    assert.equal(0, version)
  end)

  it("writes only over the version that was read", function()
    write(store, "sip:a@x", list(10))
    local _, version = store:get("sip:a@x")
    write(store, "sip:a@x", list(20))
    assert.is_false(store:put("sip:a@x", list(30), version))
    assert.is_false(store:put("sip:a@x", list(30), 0))
    assert.equal(20, store:get("sip:a@x")[1].expires_at)
    _, version = store:get("sip:a@x")
    write(store, "sip:a@x", {})
    write(store, "sip:a@x", list(40))
    assert.is_false(store:put("sip:a@x", {}, version))
  end)

  it("knows what expires next, and when", function()
    assert.is_nil(store:next_expiry())
    write(store, "sip:a@x", list(100, 50.2))
    write(store, "sip:b@x", list(70))
    assert.equal(51, store:next_expiry())
    assert.same({}, store:expired(50.9, 10))
    assert.same({ "sip:a@x" }, store:expired(51, 10))
    write(store, "sip:a@x", list(100))
    assert.equal(70, store:next_expiry())
    write(store, "sip:b@x", list(200))
    write(store, "sip:c@x", list(60))
    assert.equal(60, store:next_expiry())
    write(store, "sip:c@x", {})
    local due = store:expired(300, 10)
    table.sort(due)
    assert.same({ "sip:a@x", "sip:b@x" }, due)
  end)

  it("does not count its way to the end of time", function()
    write(store, "sip:a@x", list(4294967295))
    write(store, "sip:b@x", list(10))
    assert.equal(10, store:next_expiry())
    assert.same({ "sip:b@x" }, store:expired(10, 10))
    write(store, "sip:b@x", {})
    assert.is_true(store:next_expiry() < 4294967295)
    assert.same({}, store:expired(1000000, 10))
    write(store, "sip:a@x", list(1000020))
    local look = store:next_expiry()
    while look < 1000020 do look = store:next_expiry() end
    assert.equal(1000020, look)
  end)

  it("gives what has expired in portions", function()
    for i = 1, 25 do write(store, "sip:" .. i .. "@x", list(5)) end
    local seen = 0
    for _, count in ipairs({ 10, 10, 5, 0 }) do
      local due = store:expired(5, 10)
      assert.equal(count, #due)
      for _, aor in ipairs(due) do write(store, aor, {}) end
      seen = seen + #due
    end
    assert.equal(25, seen)
    assert.is_nil(store:next_expiry())
    assert.same({}, store.seconds)
    assert.same({}, store.second)
  end)

  it("takes so many addresses and no more: ETOOBIG", function()
    store = Memory.new({ limit = 1 })
    write(store, "sip:a@x", list(10))
    assert.equal("ETOOBIG", select(2, store:put("sip:b@x", list(10), 0)).code)
    write(store, "sip:a@x", list(20))
    write(store, "sip:a@x", {})
    write(store, "sip:b@x", list(10))
    local all = {}
    for aor in store:each() do all[#all + 1] = aor end
    assert.same({ "sip:b@x" }, all)
  end)
end)

describe("a registrar with a store of the script's own", function()
  local desk, store

  local function open()
    store = setmetatable({}, { __index = Memory.new() })
    desk = Desk.new({ store = store })
  end

  before_each(open)
  after_each(function() desk:finish() end)

  -- Every call of the store waits so long before and after.
  local function slow(seconds)
    local memory = getmetatable(store).__index
    for _, name in ipairs({ "get", "put", "expired", "next_expiry" }) do
      store[name] = function(_, ...)
        sip.sleep(seconds)
        local results = table.pack(memory[name](memory, ...))
        sip.sleep(seconds)
        return table.unpack(results, 1, results.n)
      end
    end
  end

  it("loses no contact when requests overtake each other (RFC 3261 10.3)", function()
    slow(0.1)
    for i = 1, 3 do
      desk.phone:request({
        method = "REGISTER", to = "sip:bob@biloxi.example.com", destination = "192.0.2.1:5060",
        contact = ("sip:bob@192.0.2.%d"):format(i),
      })
      desk.net:run(0.05)
    end
    desk.net:run(5)
    assert.same({ "registered 1", "registered 2", "registered 3" }, desk:events())
    desk.net:run(3700)
    local last = desk:events()
    assert.equal("expired 0", last[#last])
  end)

  it("fails when the list is never at rest: 500 (RFC 3261 10.3 step 7)", function()
    store.put = function() return false end
    assert.equal(500, desk:register({ contacts = { "<sip:bob@192.0.2.2>" } }).status_code)
  end)

  it("fails as the store fails: 500, and says why in the log (RFC 3261 10.3 step 7)", function()
    local function fail() return nil, { code = "EDISK", message = "no disk" } end
    for _, name in ipairs({ "put", "get" }) do
      store[name] = fail
      assert.equal(500, desk:register({ contacts = { "<sip:bob@192.0.2.2>" } }).status_code)
      assert.truthy(desk.agent.log[#desk.agent.log].text:find("no disk", 1, true))
    end
    assert.equal(500, desk:register().status_code)
    local found, err = desk:lookup()
    assert.is_nil(found)
    assert.equal("EDISK", err.code)
    assert.same({}, desk:events())
    store.get, store.put = nil, nil
  end)

  it("tries the sweep again when the store fails", function()
    desk:bind("<sip:bob@192.0.2.2>;expires=60")
    store.expired = function() return nil, { message = "no disk" } end
    desk.net:run(62)
    assert.same({ "registered 1" }, desk:events())
    store.expired = nil
    desk.net:run(5)
    assert.same({ "expired 0" }, desk:events())
  end)

  it("tries again to drop what has expired", function()
    desk:bind("<sip:bob@192.0.2.2>;expires=60")
    desk:bind("<sip:carol@192.0.2.2>;expires=60", { to = "sip:carol@biloxi.example.com" })
    store.put = function() return nil, { message = "no disk" } end
    desk.net:run(62)
    store.put = nil
    desk:events()
    desk:bind("<sip:dave@192.0.2.2>;expires=60", { to = "sip:dave@biloxi.example.com" })
    desk.net:run(5)
    assert.same({ "registered 1", "expired 0", "expired 0" }, desk:events())
  end)

  it("sweeps a thousand addresses in portions, and tells of each", function()
    for i = 1, 1000 do
      desk.phone:request({
        method = "REGISTER", to = ("sip:u%d@biloxi.example.com"):format(i), retransmit = false,
        destination = "192.0.2.1:5060", headers = { "Expires: 60" },
      })
    end
    desk.net:run(10)
    assert.equal(1000, #desk:events())
    desk.net:run(60)
    local events = desk:events()
    assert.equal(1000, #events)
    assert.equal("expired 0", events[1])
  end)
end)
