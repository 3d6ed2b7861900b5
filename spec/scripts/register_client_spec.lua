local sim = require("moonsip.sim")
local sip = require("moonsip")

describe("scripts/register_client.lua", function()
  local net, carrier, client, events, password

  before_each(function()
    net, events, password = sim.network(), {}, "secret"
    local registrar
    carrier = net:agent({ name = "carrier", address = "127.0.0.1:5070", delegate = {
      on_register = function(request)
        registrar = registrar or sip.registrar.new({ date = false, delegate = {
          on_change = function(_, bindings, event)
            table.insert(events, event .. " " .. #bindings)
          end,
        } })
        local user = sip.auth.require(request, function() return { password = password } end,
          { realm = "carrier.example" })
        if user then registrar:handle(request, user) end
      end,
    } })
    client = net:agent({
      name = "client", address = "127.0.0.1:5060", script = "scripts/register_client.lua",
    })
  end)
  after_each(function()
    if client.core then client:close() end
    net:run(40)
    carrier:close()
  end)

  local function said()
    return client.log[#client.log].text
  end

  it("registers, and refreshes long before the registration ends (RFC 3261 10.2.4)", function()
    net:run(1)
    assert.truthy(said():find("^registration registered"))
    net:run(1100)
    net:expect([[
      client            carrier
        REGISTER -->            @0
                 <-- 401 REGISTER
        REGISTER -->
                 <-- 200 REGISTER @0.03
        REGISTER -->            @540.04
                 <-- 401 REGISTER
        REGISTER -->
                 <-- 200 REGISTER
        REGISTER -->            @1080.08
                 <-- 401 REGISTER
        REGISTER -->
                 <-- 200 REGISTER
    ]])
    assert.same({ "registered 1", "refreshed 1", "refreshed 1" }, events)
  end)

  it("says in the log that its password is wrong, and tries again later (RFC 3261 22.2)", function()
    password = "another"
    net:run(10)
    assert.truthy(said():find("registration failed", 1, true))
    assert.truthy(said():find("401", 1, true))
    assert.same({}, events)
    password = "secret"
    net:run(61)
    assert.truthy(said():find("registration registered", 1, true))
  end)

  it("answers the calls that come", function()
    net:run(1)
    local phone = net:phone({ name = "alice", address = "192.0.2.9:5060" })
    local call = phone:invite({ to = client })
    net:settle()
    assert.equal("confirmed", call.state)
    call:bye()
    net:settle()
  end)

  it("goes on with its registration when it is reloaded", function()
    net:run(1)
    net:clear()
    assert(client:reload())
    net:run(500)
    net:expect("client carrier")
    net:run(100)
    assert.same({ "registered 1", "refreshed 1" }, events)
  end)

  it("takes its registration back when it stops (RFC 3261 10.2.2)", function()
    net:run(1)
    client:close()
    net:settle()
    assert.same({ "registered 1", "unregistered 0" }, events)
  end)
end)
