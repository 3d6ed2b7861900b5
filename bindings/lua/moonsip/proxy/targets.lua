--- Where a request goes, in which order: groups one after the other, the targets
--- of a group at once (RFC 3261 16.6).
local options = require("moonsip.proxy.options")
local rules = require("moonsip.options")
local sip = require("moonsip")

local targets = {}

-- A binding of a registrar has more members than a target.
local members = {
  uri = true, route = true, path = true, extra_headers = true, remove_headers = true,
  timeout = true, q = true,
}

local function is_one(value)
  return type(value) ~= "table" or value.uri ~= nil
end

local function read_one(value)
  local target = options.target(value)
  if target.user_agent or target.expires or target.instance then
    for name in pairs(target) do
      if not members[name] then target[name] = nil end
    end
  end
  return target
end

-- The highest q first, equal ones together.
local function by_q(list, groups)
  table.sort(list, function(a, b)
    local qa, qb = a.q or 1, b.q or 1
    if qa ~= qb then return qa > qb end
    return a.place < b.place
  end)
  local q
  for _, target in ipairs(list) do
    if (target.q or 1) ~= q then
      groups[#groups + 1] = {}
      q = target.q or 1
    end
    target.place = nil
    table.insert(groups[#groups], target)
  end
end

local function read_group(list, groups)
  local members_of_it, has_q = {}, false
  for i, value in ipairs(list) do
    if not is_one(value) then
      rules.refuse("proxy.forward", "a list inside a list of targets holds targets only")
    end
    local target = read_one(value)
    target.place = i
    has_q = has_q or target.q ~= nil
    members_of_it[i] = target
  end
  if has_q then return by_q(members_of_it, groups) end
  for _, target in ipairs(members_of_it) do target.place = nil end
  if #members_of_it > 0 then groups[#groups + 1] = members_of_it end
end

--- A target, or a list of targets and of lists of them, as a list of groups.
function targets.read(given)
  if given == nil then return { { {} } } end -- to where its Request-URI says
  if is_one(given) then return { { read_one(given) } } end
  local groups = {}
  for _, value in ipairs(given) do
    if is_one(value) then
      groups[#groups + 1] = { read_one(value) }
    else
      read_group(value, groups)
    end
  end
  return groups
end

local function contact_of(value)
  value = value:gsub('^%s*"[^"]*"%s*', "")
  local text, params = value:match("<([^>]*)>(.*)$")
  if not text then text, params = value:match("^([^;]*)(.*)$") end
  return sip.uri(text), tonumber(params:match(";%s*[qQ]%s*=%s*([%d.]+)"))
end

local function is_known(tried, uri)
  for _, other in ipairs(tried) do
    if other == uri then return true end
  end
  return false
end

--- The contacts of a 3xx: those to try next, as groups, and the others, as they
--- were.  `tried` (URIs) gains what is to be tried; never the same twice.
function targets.redirected(message, tried, secure, most)
  local new, others = {}, {}
  for i, value in ipairs(message:headers("Contact")) do
    local uri, q = contact_of(value)
    local fits = uri and (uri.scheme == "sips" or uri.scheme == "sip" and not secure)
    if not fits or #tried >= most then
      others[#others + 1] = value
    elseif not is_known(tried, uri) then
      tried[#tried + 1] = uri
      new[#new + 1] = { uri = uri, q = q, place = i }
    end
  end
  local groups = {}
  by_q(new, groups)
  return groups, others
end

return targets
