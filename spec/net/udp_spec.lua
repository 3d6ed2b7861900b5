local socket = require("socket")
local testing = require("moonsip_testing")

-- One packet takes far less; this only bounds a failure.
local PATIENCE <const> = 2000

describe("a UDP listener", function()
  local rig, peer

  local function open(uri, family)
    local name
    rig, name = assert(testing.udp_echo(uri))
    peer = assert(family == 6 and socket.udp6() or socket.udp4())
    peer:settimeout(PATIENCE / 1000)
    return name, tonumber(name:match("%d+$"))
  end

  after_each(function()
    if rig then rig:close() end
    if peer then peer:close() end
    rig, peer = nil, nil
  end)

  it("takes a free port for port 0 and says which", function()
    local name, port = open("udp:127.0.0.1:0")
    assert.equal("127.0.0.1:" .. port, name)
    assert.is_true(port > 0)
  end)

  it("gives bytes, peer and its own address, and answers", function()
    local name, port = open("udp:127.0.0.1:0")
    assert(peer:setsockname("127.0.0.1", 0))
    local _, mine = peer:getsockname()
    peer:sendto("hello", "127.0.0.1", port)
    local got = rig:step(PATIENCE)
    assert.same({ {
      bytes = "hello", remote = "127.0.0.1:" .. mine, place = name, err = 0,
    } }, got)
    assert.same({ "hello", "127.0.0.1", port }, { peer:receivefrom() })
  end)

  it("reads a burst in batches, in order", function()
    local _, port = open("udp:127.0.0.1:0")
    for i = 1, 100 do
      peer:sendto("datagram " .. i, "127.0.0.1", port)
    end
    local seen = {}
    while #seen < 100 do
      local got = rig:step(PATIENCE)
      assert.is_true(#got >= 1 and #got <= 32)
      for _, datagram in ipairs(got) do
        seen[#seen + 1] = datagram.bytes
      end
    end
    for i = 1, 100 do
      assert.equal("datagram " .. i, seen[i])
      assert.equal("datagram " .. i, (peer:receive()))
    end
  end)

  it("takes the largest and the smallest datagram whole (TRN-003)", function()
    local _, port = open("udp:127.0.0.1:0")
    for _, size in ipairs({ 0, 1, 1500, 65507 }) do
      local bytes = ("x"):rep(size)
      assert(peer:sendto(bytes, "127.0.0.1", port))
      assert.equal(size, #rig:step(PATIENCE)[1].bytes)
      assert.equal(size, #peer:receive(65507))
    end
  end)

  it("on 0.0.0.0 knows which of our addresses was meant and answers from it (TRN-017)", function()
    local _, port = open("udp:0.0.0.0:0")
    for _, address in ipairs({ "127.0.0.1", "127.0.0.2", "127.1.2.3" }) do
      peer:sendto("hello", address, port)
      assert.equal(address .. ":" .. port, rig:step(PATIENCE)[1].place)
      assert.same({ "hello", address, port }, { peer:receivefrom() })
    end
  end)

  it("on :: does the same for IPv6", function()
    local _, port = open("udp:[::]:0", 6)
    peer:sendto("hello", "::1", port)
    assert.equal("[::1]:" .. port, rig:step(PATIENCE)[1].place)
    assert.same({ "hello", "::1", port }, { peer:receivefrom() })
  end)

  it("on :: leaves the port of 0.0.0.0 to another", function()
    local _, port = open("udp:[::]:0", 6)
    local other, name = testing.udp_echo("udp:0.0.0.0:" .. port)
    assert.equal("0.0.0.0:" .. port, name)
    other:close()
  end)

  it("refuses a port that is in use", function()
    local _, port = open("udp:127.0.0.1:0")
    local other, why = testing.udp_echo("udp:127.0.0.1:" .. port)
    assert.is_nil(other)
    assert.equal(("cannot listen on udp:127.0.0.1:%d: address already in use"):format(port), why)
  end)

  it("gives all its memory back", function()
    local before = testing.pool().live_count
    local _, port = open("udp:127.0.0.1:0")
    peer:sendto("hello", "127.0.0.1", port)
    rig:step(PATIENCE)
    rig:close()
    assert.equal(before, testing.pool().live_count)
  end)

  it("is not made when memory is out, and leaves nothing behind", function()
    local before = testing.pool().live_count
    for n = 1, 2 do
      testing.fail_after(n)
      local none, why = testing.udp_echo("udp:127.0.0.1:0")
      testing.fail_after(0)
      assert.is_nil(none)
      assert.matches("^cannot listen on udp:.*out of memory$", why)
      assert.equal(before, testing.pool().live_count)
    end
  end)
end)
