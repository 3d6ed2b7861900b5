-- What editors are told about the API is what the API has, name by name.
local Rig = require("spec.support.rig")
local sip = require("moonsip")
local stubs = require("spec.support.stubs")

describe("the stubs for editors know exactly the names of", function()
  local rig
  local things = {}
  local documented = stubs.read()

  local function collect()
    local call, session = rig:establish()
    rig.call.on_ack = function(ack) things["moonsip.IncomingAckRequest"] = ack end
    things["moonsip.Session"] = session
    things["moonsip.Logger"] = session.logger
    local change = assert(session:update())
    things["moonsip.OutgoingRequest"] = change
    rig.net:settle()
    for response in change:responses() do things["moonsip.IncomingResponse"] = response end
    rig.call.on_refer = function(request)
      things["moonsip.Subscription"] = request:accept().subscription
    end
    call:request({ method = "REFER", headers = { "Refer-To: <sip:carol@192.0.2.7>" } })
    rig.net:settle()
    rig:change(call)
    rig.reinvite:accept({ body = rig.sdp })
    rig.net:settle()
  end

  setup(function()
    rig = Rig.new()
    rig.on_invite = function(request)
      local message = request.message
      things["moonsip.IncomingInviteRequest"] = request
      things["moonsip.Message"] = message
      things["moonsip.URI"] = message.ruri
      things["moonsip.Engine"] = sip.engine()
      things["moonsip.Timer"] = sip.after(1, function() end)
    end
    collect()
    things["moonsip.Response"] = assert(rig:ring() and rig.invite:progress())
    rig.invite:reject()
  end)

  teardown(function() rig:finish() end)

  -- The table behind a class of C: method names, and field names with a number.
  local function names_of(value)
    local index = debug.getmetatable(value).__index
    local n, upvalue = 0, index
    while type(upvalue) ~= "table" do
      n = n + 1
      upvalue = select(2, assert(debug.getupvalue(index, n)))
    end
    index = upvalue
    local names = {}
    for name, what in pairs(index) do
      names[name] = type(what) == "function" and "method" or "field"
    end
    return names
  end

  for _, class in ipairs({
    "moonsip.Engine", "moonsip.IncomingAckRequest", "moonsip.IncomingInviteRequest",
    "moonsip.IncomingResponse", "moonsip.Logger", "moonsip.Message", "moonsip.OutgoingRequest",
    "moonsip.Response", "moonsip.Session", "moonsip.Subscription", "moonsip.Timer", "moonsip.URI",
  }) do
    it(class, function()
      assert.same(documented[class], names_of(assert(things[class], "none met")))
    end)
  end

  it("moonsip.Description", function()
    local description = assert(sip.sdp.parse(rig.sdp))
    local methods = {}
    for name, kind in pairs(documented["moonsip.Description"]) do
      if kind == "method" then
        methods[name] = "method"
      elseif name ~= "connection" then
        assert.is_not_nil(description[name], name)
      end
    end
    assert.same(methods, names_of(description))
  end)

  it("the module, its log, sip.auth and sip.sdp", function()
    local function names(t)
      local list = {}
      for name in pairs(t) do list[name] = true end
      return list
    end
    local module = names(documented.moonsip)
    local parts = {
      "auth",
      "b2bua",
      "events",
      "proxy",
      "registrar",
      "registration",
      "sim",
    }
    for _, part in ipairs(parts) do -- loaded on first use
      assert.is_true(module[part])
      assert.is_table(sip[part])
    end
    assert.same(module, names(sip))
    assert.same(names(documented["moonsip.auth"]), names(sip.auth))
    assert.same(names(documented["moonsip.Log"]), names(sip.log))
    assert.same(names(documented["moonsip.sdp"]), names(sip.sdp))
    assert.same(names(documented["moonsip.uri"]), names(sip.uri))
    assert.same(names(documented["moonsip.proxy"]), names(sip.proxy))
    assert.same(names(documented["moonsip.registrar"]), names(sip.registrar))
    assert.same(names(documented["moonsip.registration"]), names(sip.registration))
    for _, part in ipairs({ "dialog", "message_summary", "presence" }) do
      local class = "moonsip.events." .. part
      assert.same(names(documented[class]), names(sip.events[part]), class)
    end
    assert.same(names(documented["moonsip.b2bua"]), names(sip.b2bua))
    assert.same(names(documented["moonsip.registrar.reginfo"]), names(sip.registrar.reginfo))
  end)

  it("plain tables: addresses, CSeq, Via, source, transaction, status", function()
    local request = things["moonsip.IncomingInviteRequest"]
    local message = request.message
    for class, value in pairs({
      ["moonsip.NameAddr"] = message.from, ["moonsip.CSeq"] = message.cseq,
      ["moonsip.Via"] = message.via[1], ["moonsip.Source"] = message.source,
      ["moonsip.ServerTransaction"] = request.transaction,
      ["moonsip.EngineStatus"] = things["moonsip.Engine"]:status(),
    }) do
      for name in pairs(value) do
        assert.equal("field", documented[class][name], class .. "." .. tostring(name))
      end
    end
  end)

  it("callbacks: each one documented may be in a script", function()
    local script, call = {}, {}
    for name, kind in pairs(documented["moonsip.Script"]) do
      if kind == "field" and name:find("^on_") then script[name] = function() end end
    end
    for _, class in ipairs({
      "moonsip.SessionDelegate", "moonsip.IncomingRequestDelegate",
      "moonsip.OutgoingRequestDelegate", "moonsip.RegistrarDelegate", "moonsip.b2bua.Hooks",
      "moonsip.SubscriptionDelegate", "moonsip.SubscribeDelegate",
    }) do
      for name in pairs(documented[class]) do call[name] = function() end end
    end
    script.call = call
    local other = Rig.new({ delegate = script })
    other:finish()
  end)

  it("moonsip.EndReason: what the engine says to on_terminated", function()
    local file <close> = assert(io.open("bindings/lua/moonsip/_meta/session.lua"))
    local known, said = {}, {}
    for reason in file:read("a"):gmatch('%-%-%-| "([%l ]+)"') do known[reason] = true end
    local pipe <close> = assert(io.popen("cat engine/ua/*.c"))
    local code = pipe:read("a")
    for _, call in ipairs({
      "msip_session_end", "msip_session_hang_up", "msip_session_hang_up_in_turn",
      "msip_invite_failed", "give_up", "turn_down",
      "msip_call_over",
    }) do
      for arguments in code:gmatch("%f[%w_]" .. call .. "(%b())") do
        for reason in arguments:gmatch('"([%l ]+)"') do said[reason] = true end
      end
    end
    said["nobody holds it any more"] = nil -- of a request
    assert.same(known, said)
  end)
end)

describe("the types that stubs and modules name", function()
  local function files()
    return assert(io.popen("find bindings/lua/moonsip -name '*.lua'")):lines()
  end

  local known = {}
  for path in files() do
    for line in io.lines(path) do
      local name = line:match("^%-%-%-@class ([%w_.]+)") or line:match("^%-%-%-@alias ([%w_.]+)")
      if name then known[name] = true end
    end
  end

  it("are all there", function()
    for path in files() do
      local number = 0
      for line in io.lines(path) do
        number = number + 1
        for name in (line:match("^%-%-%-[@|].*") or ""):gmatch("%f[%w_.]moonsip%.[%w_.]*[%w_]") do
          assert.is_true(known[name], ("%s:%d: %s"):format(path, number, name))
        end
      end
    end
  end)
end)

describe("the options that stubs and modules name", function()
  local RULES <const> = { -- a module that refuses a name lists all that there are
    ["moonsip.RegistrarOptions"] = sip.registrar.new,
    ["moonsip.RegistrationOptions"] = sip.registration.keep,
    ["moonsip.events.NotifierOptions"] = sip.events.notifier,
    ["moonsip.events.PresenceServerOptions"] = sip.events.presence.server,
  }
  local documented = stubs.read()

  for class, make in pairs(RULES) do
    it("are the same: " .. class, function()
      local names = {}
      for name in pairs(assert(documented[class])) do names[#names + 1] = name end
      table.sort(names)
      local _, err = pcall(make, { [1] = true })
      assert.equal(table.concat(names, ", "), err:match("there are (.*)$"))
    end)
  end
end)
