--- Where a call may go: what a script writes becomes groups that are tried one
--- after the other, each a list of targets that ring at the same time.
local targets = {}

-- Ours, and those of a registrar's binding, which is a target too.
local names <const> = {
  uri = true, to = true, from = true, route = true, path = true, auth = true, timeout = true,
  extra_headers = true, rel100 = true, session_expires = true, contact = true, data = true,
  q = true, expires = true, instance = true, reg_id = true, received = true, user_agent = true,
  display_name = true, params = true, id = true, call_id = true, cseq = true,
  registered_for = true, refreshed = true,
}

-- A URI or name-addr as text, or nil when it is a list or a table of options.
local function address(value)
  if type(value) == "string" or type(value) == "userdata" then return tostring(value) end
end

local function check(target)
  for name in pairs(target) do
    if not names[name] then
      error(("b2bua: a target has no '%s'"):format(tostring(name)), 0)
    end
  end
  return target
end

local function one(value)
  local uri = address(value)
  if uri then return { uri = uri } end
  if type(value) ~= "table" or not value.uri then
    error("b2bua: a target is a URI or a table with `uri`, not a " .. type(value), 0)
  end
  return check(value)
end

local function group(value)
  if address(value) or value.uri then return { one(value) } end
  local list = {}
  for i, member in ipairs(value) do list[i] = one(member) end
  return list
end

--- A list of groups.  A URI or a table with `uri` is a target; a list is tried in
--- order; a list inside it is tried all at once.
function targets.groups(value)
  if type(value) == "string" then return { { { uri = value } } } end
  if address(value) or type(value) == "table" and value.uri then return { group(value) } end
  if type(value) ~= "table" then
    error("b2bua: targets: a URI, a table or a list expected, got " .. type(value), 0)
  end
  local groups = {}
  for _, member in ipairs(value) do
    if type(member) ~= "table" and not address(member) then
      error("b2bua: targets: a " .. type(member) .. " is no target", 0)
    end
    local list = group(member)
    if #list > 0 then groups[#groups + 1] = list end
  end
  return groups
end

--- All targets as one list.
function targets.flat(value)
  local list = {}
  for _, members in ipairs(targets.groups(value)) do
    table.move(members, 1, #members, #list + 1, list)
  end
  return list
end

-- "<sip:a@b>;q=0.5" -> URI text, q
local function contact(text)
  local uri = text:match("<([^>]*)>") or text:match("^%s*([^;%s]+)")
  local q = text:match(";%s*[qQ]%s*=%s*([%d.]+)")
  return uri, tonumber(q) or 1
end

--- The contacts of a 3xx as groups, best first (RFC 3261 8.1.3.4).
function targets.contacts(message)
  local list = {}
  for i, text in ipairs(message:headers("Contact")) do
    local uri, q = contact(text)
    if uri and uri:find("^[sS][iI][pP][sS]?:") then
      list[#list + 1] = { uri = uri:match("^[^?]*"), q = q, order = i }
    end
  end
  table.sort(list, function(x, y)
    if x.q ~= y.q then return x.q > y.q end
    return x.order < y.order
  end)
  local groups = {}
  for i, target in ipairs(list) do groups[i] = { { uri = target.uri } } end
  return groups
end

return targets
