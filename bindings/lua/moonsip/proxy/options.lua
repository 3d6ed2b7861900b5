--- What sip.proxy.forward is told: checked, and in one shape.
local rules = require("moonsip.options")
local sip = require("moonsip")

local options = {}

local known = {
  record_route = "boolean", path = "boolean", follow = "boolean", preloaded = "boolean",
  answer = "boolean", realm = "string", timeout = "number", route = "any",
  extra_headers = "table", remove_headers = "table", understood = "table",
  on_branch = "function", on_response = "function",
}

local of_target = {
  uri = "any", route = "any", path = "any", extra_headers = "table", remove_headers = "table",
  timeout = "number", q = "number",
}

-- A proxy writes these by rule, or must leave them alone (RFC 3261 16.6).
local untouchable = {}
for name in ([[via v from f to t call-id i cseq max-forwards max-breadth route record-route
  content-length l content-type c content-encoding e content-disposition]]):gmatch("%S+") do
  untouchable[name] = true
end

local function refuse(...)
  rules.refuse("proxy.forward", ...)
end

local function milliseconds(seconds)
  if not seconds then return nil end
  if not (seconds > 0 and seconds <= 86400) then refuse("timeout: 0 to 86400 seconds") end
  return math.max(1, math.floor(seconds * 1000 + 0.5))
end

local function header_name(line)
  local name = line:match("^%s*([^%s:]+)%s*:")
  if not name then refuse("extra_headers: '%s' is no \"Name: value\"", line) end
  return name
end

local function may_touch(name)
  if type(name) ~= "string" then refuse("a header's name is a string, got a %s", type(name)) end
  if untouchable[name:lower()] then refuse("%s is not for a proxy to change", name) end
  return name
end

-- A list of lines or a map, behind what is in `lines` already.
local function headers(lines, given)
  for key, value in pairs(given or {}) do
    if type(key) ~= "number" then
      lines[#lines + 1] = may_touch(key) .. ": " .. tostring(value)
    end
  end
  for _, line in ipairs(given or {}) do
    may_touch(header_name(line))
    lines[#lines + 1] = line
  end
  return lines
end

local function removed(list, given)
  for _, name in ipairs(given or {}) do list[#list + 1] = may_touch(name) end
  return list
end

-- One address or a list of them, as texts.
local function routes(given)
  if given == nil then return {} end
  if type(given) ~= "table" then given = { given } end
  local list = {}
  for i, route in ipairs(given) do list[i] = tostring(route) end
  return list
end

-- The URI of "<sip:a@b>;q=1" or "sip:a@b", fit for a Request-URI (16.6.2).
local function request_uri(given)
  local text = tostring(given)
  text = text:match("<([^>]*)>") or text
  local uri = sip.uri(text)
  if not uri then refuse("'%s' is no URI", text) end
  if uri.headers and next(uri.headers) then
    text = text:gsub("%?[^@?]*$", "")
  end
  if uri.params and uri.params.method then
    text = text:gsub(";[mM][eE][tT][hH][oO][dD]=[^;?]*", "")
  end
  return text
end

--- Options of the whole request.
function options.read(given)
  given = given or {}
  rules.check("proxy.forward", given, known)
  return {
    record_route = given.record_route, path = given.path, follow = given.follow,
    answer = given.answer ~= false, realm = given.realm, timeout = milliseconds(given.timeout),
    routes = routes(given.route), headers = headers({}, given.extra_headers),
    remove = removed({}, given.remove_headers), on_branch = given.on_branch,
    on_response = given.on_response,
    rules = {
      understood = given.understood, preloaded = given.preloaded,
      tells = given.on_response ~= nil,
    },
  }
end

--- One target as the caller may see and change it in on_branch.
function options.target(given)
  if type(given) ~= "table" then return { uri = given } end
  local copy = {}
  for name, value in pairs(given) do copy[name] = value end
  return copy
end

--- What the engine is told about a branch.
function options.branch(target, all)
  rules.check("proxy.forward", target, of_target, "member of a target")
  local lines, names_left = {}, {}
  table.move(all.headers, 1, #all.headers, 1, lines)
  table.move(all.remove, 1, #all.remove, 1, names_left)
  local way = routes(target.route or target.path)
  return {
    target = target.uri ~= nil and request_uri(target.uri) or nil,
    routes = #way > 0 and way or all.routes,
    headers = headers(lines, target.extra_headers),
    remove = removed(names_left, target.remove_headers),
    timeout = milliseconds(target.timeout) or all.timeout,
    realm = all.realm, record_route = all.record_route, path = all.path,
  }
end

return options
