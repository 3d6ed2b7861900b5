--- sip.registrar: answers REGISTER and knows where users are (RFC 3261 10.3, with
--- Path, Service-Route, outbound flows and public GRUUs).
local Location = require("moonsip.registrar.location")
local Watcher = require("moonsip.registrar.watcher")
local bindings = require("moonsip.registrar.bindings")
local memory = require("moonsip.registrar.memory")
local options = require("moonsip.options")
local register = require("moonsip.registrar.register")
local reply = require("moonsip.registrar.reply")
local sip = require("moonsip")

local registrar = {}

---@class moonsip.Registrar
local Registrar = {}
Registrar.__index = Registrar

-- Type and default of each option.
local known = {
  name = { "string", "main" },
  store = "table",
  realm = "string",
  domains = "table",
  accepts = "function",
  delegate = "table",
  min_expires = { "number", 60 },
  max_expires = { "number", 7200 },
  default_expires = "number",
  max_contacts = { "number", 10 },
  path = { "string", "supported" },
  service_route = { "table", {} },
  outbound = "boolean",
  flow_timer = "number",
  gruu = { "boolean", true },
  date = { "boolean", true },
}

local function refuse(...)
  options.refuse("registrar.new", ...)
end

local paths = { off = true, supported = true, always = true }

local function check_values(self)
  if not self.default_expires then
    self.default_expires = math.max(self.min_expires, math.min(3600, self.max_expires))
  end
  if not (0 < self.min_expires and self.min_expires <= self.default_expires
    and self.default_expires <= self.max_expires) then
    refuse("min_expires, default_expires and max_expires must rise")
  end
  if self.max_contacts < 1 or self.max_contacts > 40 then refuse("max_contacts is 1 to 40") end
  if not paths[self.path] then refuse("path is \"off\", \"supported\" or \"always\"") end
  for _, route in ipairs(self.service_route) do
    if not sip.uri.nameaddr(route) then refuse("service_route: %s is no address", route) end
  end
end

local function lower(host)
  return host and host:lower()
end

--- Makes a registrar.
function registrar.new(given)
  local self = options.read("registrar.new", given, known)
  check_values(self)
  self.realm = lower(self.realm)
  if self.domains then
    local set = {}
    for _, host in ipairs(self.domains) do set[lower(host)] = true end
    self.domains = set
  end
  return setmetatable(self, Registrar)
end

registrar.memory = memory.new
registrar.reginfo = require("moonsip.registrar.reginfo")

function Registrar:location()
  local location = self.at
  if not location then
    location = self.store and Location.of(self.store) or Location.named(self.name)
    self.at = location
  end
  return location
end

-- RFC 3261 10.3 steps 4 and 5; options of the refusal, or nil.
local function forbid(self, asked, user, request)
  if self.accepts then
    local answer = self.accepts(asked.aor, user, request)
    if math.type(answer) == "integer" then return { status_code = answer } end
    return not answer and { status_code = 404 } or nil
  end
  if user and request.message.to.uri.user ~= user then return { status_code = 403 } end
end

local function new_id() return sip.random(10) end

-- The list as it is then, and what changed; or nil and the refusal.
local function process(self, asked)
  local location = self:location()
  if #asked.contacts == 0 and not asked.all then
    local list, err = location:read(asked.aor)
    if not list then return location:failed(asked.aor, err) end
    return list, {}
  end
  asked.new_id = new_id
  return location:update(asked.aor, function(list, now)
    return bindings.apply(list, asked, now, self.max_contacts)
  end)
end

--- Answers a REGISTER.
function Registrar:handle(request, user)
  local asked, refusal = register.read(request.message, self)
  if not asked then return request:reject(refusal) end
  refusal = forbid(self, asked, user, request)
  if refusal then return request:reject(refusal) end
  local location = self:location()
  location:hear(self.delegate)
  local list, changes = process(self, asked)
  if not list then return request:reject(changes) end
  local headers = reply.headers(asked, list, location.store:now(), self)
  headers[#headers + 1] = sip.auth.info(request)
  local response, err = request:accept({ extra_headers = headers })
  location:tell(asked.aor, list, changes)
  return response, err
end

--- Answers a SUBSCRIBE to the reg event of an address.
function Registrar:watch(request, user)
  local message = request.message
  local aor = register.aor(message.ruri, self)
  local refusal = Watcher.refusal(message)
  if not aor then
    refusal = { status_code = 404 }
  elseif user and message.ruri.user ~= user then
    refusal = { status_code = 403 }
  end
  if refusal then return request:reject(refusal) end
  return Watcher.begin(self:location(), aor, request)
end

local function chooser(uri)
  local secure = uri.scheme == "sips"
  local instance = uri.params.gr
  if not secure and type(instance) ~= "string" then return nil end
  return function(binding)
    return (not secure or binding.uri:sub(1, 5):lower() == "sips:")
      and (not instance or binding.instance == instance)
  end
end

--- Where a user is.
function Registrar:lookup(uri)
  local value, err = sip.uri(uri)
  if not value then return nil, err end
  local aor, why = register.aor(value, self)
  if aor == false then return {} end
  if not aor then return nil, why end
  local list, now = self:location():read(aor)
  if not list then return nil, now end
  return bindings.list(list, now, chooser(value))
end

--- The index of an address.
function Registrar:aor(uri)
  local aor, err = register.aor(uri, self)
  if aor == false then return nil end
  return aor, err
end

local function target_of(binding)
  local route = binding.path
  if not route and binding.received then route = { "<" .. binding.received .. ";lr>" } end
  return { uri = binding.uri, route = route }
end

--- Where to send a request to a user.
function Registrar:targets(uri)
  local list, err = self:lookup(uri)
  if not list then return nil, err end
  local groups, q = {}, nil
  for _, binding in ipairs(list) do
    if binding.q ~= q then groups[#groups + 1] = {} end
    q = binding.q
    table.insert(groups[#groups], target_of(binding))
  end
  return groups
end

--- Removes bindings.
function Registrar:remove(uri, contact)
  local aor, err = register.aor(uri, self)
  if not aor then return nil, err end
  local value
  if contact then
    value, err = sip.uri(contact)
    if not value then return nil, err end
  end
  local location = self:location()
  location:hear(self.delegate)
  local list, changes = location:update(aor, function(list, now)
    return bindings.remove(list, now, value and function(binding)
      return sip.uri(binding.uri) == value
    end)
  end)
  if not list then return nil, { code = "ESTORE", message = changes.reason_phrase } end
  location:tell(aor, list, changes)
  return #changes
end

--- Walks all addresses that somebody is registered at.
function Registrar:each()
  local store = self:location().store
  local walk, state, first = store:each()
  return function()
    local aor, list
    repeat
      aor, list = walk(state, first)
      first = aor
      list = aor and bindings.list(list, store:now())
    until not aor or #list > 0
    return aor, list
  end
end

return registrar
