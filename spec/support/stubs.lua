--- The stubs of bindings/lua/moonsip/_meta: which names each class has.
local stubs = {}

local folder = "bindings/lua/moonsip/_meta/"
local files = {
  "auth",
  "b2bua",
  "engine", "events", "message", "moonsip", "outgoing",
  "proxy",
  "registrar",
  "registration",
  "request", "response", "script", "sdp",
  "session", "subscription", "uri",
}

local function read_line(state, line)
  local name, parent = line:match("^%-%-%-@class ([%w_.]+):?%s*([%w_.]*)")
  if name then
    state.latest = name
    state.classes[name] = state.classes[name] or { names = {} }
    state.classes[name].parent = parent ~= "" and parent or state.classes[name].parent
    return
  end
  local field = line:match("^%-%-%-@field ([%w_]+)")
  if field then
    state.classes[state.latest].names[field] = "field"
    return
  end
  local variable = line:match("^local ([%w_]+) = {}")
  if variable then
    state.variables[variable] = state.latest
    return
  end
  local owner, method = line:match("^function ([%w_]+)[.:]([%w_]+)")
  if not owner then
    owner, method = line:match("^([%w_]+)%.([%w_]+) = ")
  end
  if owner then
    state.classes[assert(state.variables[owner], line)].names[method] = "method"
  end
end

local function inherit(classes, name)
  local class = classes[name]
  if class.parent and classes[class.parent] then
    for field, kind in pairs(inherit(classes, class.parent)) do
      class.names[field] = class.names[field] or kind
    end
  end
  return class.names
end

--- { ["moonsip.Session"] = { bye = "method", id = "field", ... }, ... }
function stubs.read()
  local state = { classes = {} }
  for _, name in ipairs(files) do
    state.variables = {}
    for line in io.lines(folder .. name .. ".lua") do read_line(state, line) end
  end
  local all = {}
  for name in pairs(state.classes) do all[name] = inherit(state.classes, name) end
  return all
end

return stubs
