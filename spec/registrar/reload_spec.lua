-- Bindings and reloads of the script, and engines side by side.
local Desk = require("spec.registrar.desk")

local SCRIPT <const> = [[
local sip = require "moonsip"
local script = { registrations = {} }
local registrar = sip.registrar.new { max_expires = %d, delegate = script.registrations }%s
function script.registrations.on_change(aor, bindings, event)
  sip.log:info("%s: " .. event .. " " .. #bindings)
end
function script.on_register(request) registrar:handle(request) end
function script.on_invite(request)
  request:redirect(registrar:lookup(request.message.ruri)[1].uri)
end
return script
]]

describe("a script with a registrar", function()
  local path, desk

  local function write(...)
    local file <close> = assert(io.open(path, "w"))
    file:write(SCRIPT:format(...))
  end

  before_each(function()
    path = os.tmpname()
    write(1000, "", "first")
    desk = Desk.new(nil, path)
  end)
  after_each(function()
    desk:finish()
    os.remove(path)
  end)

  local function said()
    return desk.agent.log[#desk.agent.log].text
  end

  it("keeps its bindings when it is reloaded, and takes the new options", function()
    desk:bind("<sip:bob@192.0.2.201>")
    assert.equal("first: registered 1", said())
    write(500, "", "second")
    assert(desk.agent:reload())
    local response = desk:register()
    assert.equal("<sip:bob@192.0.2.201>;expires=1000", response:header("Contact"))
    response = desk:bind("<sip:bob@192.0.2.201>")
    assert.equal("<sip:bob@192.0.2.201>;expires=500", response:header("Contact"))
    assert.equal("second: refreshed 1", said())
    desk.net:run(501)
    assert.equal("second: expired 0", said())
  end)

  it("hears of what expires after a reload in its new code", function()
    desk:bind("<sip:bob@192.0.2.201>;expires=100")
    write(500, "", "second")
    assert(desk.agent:reload())
    desk.net:run(101)
    assert.equal("second: expired 0", said())
  end)

  it("goes on as it was when a reload fails", function()
    desk:bind("<sip:bob@192.0.2.201>;expires=100")
    write(500, " error('boom')", "second")
    assert.is_nil((desk.agent:reload()))
    assert.equal("<sip:bob@192.0.2.201>;expires=100", desk:register():header("Contact"))
    desk.net:run(101)
    assert.equal("first: expired 0", said())
  end)

  it("shares its bindings with no other engine", function()
    local other = desk.net:agent({ name = "other", address = "192.0.2.7:5060", script = path })
    desk:bind("<sip:bob@192.0.2.201>")
    local request = desk.phone:request({
      method = "REGISTER", to = "sip:bob@biloxi.example.com", destination = "192.0.2.7:5060",
      contact = false,
    })
    desk.net:settle()
    assert.is_nil(request.response:header("Contact"))
    desk.net:run(40)
    other:close()
  end)
end)
