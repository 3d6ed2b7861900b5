local testing = require("moonsip_testing")
local wire = require("transaction.wire")

-- Whatever arrives, is answered, fails to be sent or runs out of time, in
-- whatever order: nothing is left over (TXN-037).
describe("the transaction table under random traffic", function()
  local methods = { "INVITE", "INVITE", "BYE", "MESSAGE", "OPTIONS" }
  local statuses = { 100, 180, 183, 200, 200, 302, 404, 486, 603 }
  local transports = { "UDP", "UDP", "TCP" }

  local function pick(list)
    return list[math.random(#list)]
  end

  local function storm(txns, ops)
    local peers, live = {}, {}

    local function sweep()
      for _, event in ipairs(txns:events()) do
        local gone = event:match("gone (%d+)")
        if gone then
          live[tonumber(gone)] = nil
        end
      end
      txns:sent()
    end

    local function some()
      local ids = {}
      for id in pairs(live) do
        ids[#ids + 1] = id
      end
      return #ids > 0 and pick(ids) or nil
    end

    local act = {}
    function act.arrive()
      local peer = { transport = pick(transports) }
      local method = pick(methods)
      local fields = { branch = txns:branch(), transport = peer.transport,
        call_id = tostring(math.random(20)) }
      local bytes = wire.request(method, fields)
      local id = txns:receive(bytes, peer) == "new" and txns:open(bytes, peer)
      if id then
        live[id] = { server = true, method = method, fields = fields }
        txns:trying(id, wire.response(100, method, fields))
        peers[#peers + 1] = { bytes, peer, method, fields }
      end
    end
    function act.call()
      local method, fields = pick(methods), { branch = txns:branch() }
      local id = txns:request(method, wire.request(method, fields), fields.branch,
        { transport = pick(transports) })
      live[id] = { method = method, fields = fields }
    end
    function act.again()
      local peer = pick(peers)
      if peer then
        txns:receive(peer[1], peer[2])
      end
    end
    function act.ack()
      local peer = pick(peers)
      if peer then
        txns:receive(wire.request("ACK", peer[4]), peer[2])
      end
    end
    function act.answer()
      local id = some()
      local t = live[id]
      local status = pick(statuses)
      local bytes = t and wire.response(status, t.method, t.fields)
      if not t then
        return
      elseif t.server then
        local can = txns:can_respond(id, status)
        assert.equal(can, txns:respond(id, status, bytes) == true)
      else
        txns:receive(bytes)
      end
    end
    function act.repeat_response()
      local id = some()
      if id and live[id].server then
        txns:repeat_response(id)
      end
    end
    function act.wait() txns:advance(math.random(0, 700)) end
    function act.link() txns:set_link(math.random(4) > 1) end

    local names = { "arrive", "call", "again", "ack", "answer", "answer", "repeat_response",
      "wait", "link" }
    for _ = 1, ops do
      if peers[1] and math.random(10) == 1 then
        table.remove(peers, 1)
      end
      act[pick(names)]()
      sweep()
    end
  end

  it("ends with no transaction, no timer and no memory (TXN-037)", function()
    for _ = 1, 15 do
      local before = testing.pool().live_count
      local txns = testing.txns({})
      storm(txns, 1200)
      -- A call that rings has no timer of its own; its user ends it.
      txns:set_link(true)
      for id = 1, 511 do
        local known, t = pcall(txns.about, txns, id)
        if known and t.kind == "ist" and t.state == "proceeding" then
          txns:respond(id, 480, wire.response(480, "INVITE"))
        elseif known and t.kind == "ict" and t.state == "proceeding" then
          txns:receive(wire.response(487, "INVITE", { branch = t.branch }))
        end
      end
      txns:advance(70000)
      assert.equal(0, txns:count())
      assert.equal(0, txns:timers_armed())
      txns:close()
      assert.equal(before, testing.pool().live_count)
    end
  end)

  it("frees everything when it is closed in the middle (TXN-037)", function()
    for _ = 1, 10 do
      local before = testing.pool().live_count
      local txns = testing.txns({})
      storm(txns, 300)
      txns:close()
      assert.equal(before, testing.pool().live_count)
    end
  end)
end)
