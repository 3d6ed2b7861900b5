--- A registrar and phones that register at it.
local sim = require("moonsip.sim")
local sip = require("moonsip")

--- `desk.user` is who requests come from, or `desk.guard(request)` says it; false:
--- it has answered.
local desk = {}
desk.__index = desk

local HOME <const> = "192.0.2.1:5060"

--- `options`: the registrar's; `script` instead runs a script.
function desk.new(options, script)
  local net = sim.network()
  local self = setmetatable({ net = net, said = {}, cseq = 0 }, desk)
  options = options or {}
  options.delegate = options.delegate or {
    on_change = function(aor, bindings, event, changed)
      table.insert(self.said, { aor = aor, bindings = bindings, event = event, changed = changed })
    end,
  }
  if options.date == nil then options.date = false end
  self.agent = net:agent({
    name = "server", address = HOME, script = script,
    settings = not script and { events = "reg" } or nil,
    delegate = not script and {
      on_register = function(request)
        self.registrar = self.registrar or sip.registrar.new(options)
        local user = self.user
        if self.guard then user = self.guard(request) end
        if user ~= false then self.registrar:handle(request, user) end
      end,
      on_subscribe = function(request)
        self.registrar = self.registrar or sip.registrar.new(options)
        self.registrar:watch(request, self.user)
      end,
      on_message = function(request)
        self.result = table.pack(self.ask(self.registrar, request))
        request:accept()
      end,
    } or nil,
  })
  self.phone = net:phone({ name = "bob", address = "192.0.2.201:5060" })
  return self
end

--- Sends a REGISTER and gives the response.
---@param options? table contacts, headers, to, call_id, cseq, expires, phone
function desk:register(options)
  options = options or {}
  local headers = {}
  for _, contact in ipairs(options.contacts or {}) do
    headers[#headers + 1] = "Contact: " .. contact
  end
  if options.expires then headers[#headers + 1] = "Expires: " .. options.expires end
  for _, header in ipairs(options.headers or {}) do headers[#headers + 1] = header end
  self.cseq = self.cseq + 1
  local request = (options.phone or self.phone):request({
    method = "REGISTER",
    to = options.to or "sip:bob@biloxi.example.com",
    ruri = "sip:biloxi.example.com",
    destination = HOME,
    call_id = options.call_id or "1j9FpLxk3uxtm8tn@biloxi.example.com",
    cseq = options.cseq or self.cseq,
    contact = false,
    headers = headers,
  })
  self.net:settle()
  return assert(request.response, "no response")
end

--- One contact, bound.
function desk:bind(contact, options)
  options = options or {}
  options.contacts = { contact }
  local response = self:register(options)
  assert(response.status_code == 200, response.text)
  return response
end

--- Runs fn(registrar, request) inside the agent and gives its results.
function desk:inside(fn)
  self.ask = fn
  self.phone:request({
    method = "MESSAGE", to = "sip:bob@biloxi.example.com", destination = HOME, body = "x",
    content_type = "text/plain",
  })
  self.net:settle()
  local result = assert(self.result, "it raised or waits")
  self.result = nil
  return table.unpack(result, 1, result.n)
end

--- The contacts of an address, best first.
function desk:lookup(uri)
  return self:inside(function(registrar)
    return registrar:lookup(uri or "sip:bob@biloxi.example.com")
  end)
end

--- The URIs of them.
function desk:found(uri)
  local list = {}
  for i, binding in ipairs(self:lookup(uri)) do list[i] = tostring(binding.uri) end
  return list
end

--- Events told since the latest call, as "registered 2": how many there are then.
function desk:events()
  local list = {}
  for i, said in ipairs(self.said) do list[i] = said.event .. " " .. #said.bindings end
  self.said = {}
  return list
end

function desk:finish()
  self.net:run(8000)
  local census = self.agent:census()
  for what in ("sessions ending requests outgoing transactions timers tasks"):gmatch("%a+") do
    assert(census[what] == 0, census[what] .. " " .. what .. " left behind")
  end
  assert(self.agent:counters().script_errors == 0, "a callback raised")
  self.agent:close()
end

return desk
