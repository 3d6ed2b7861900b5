--- What a function of the library is told: names and types are checked the same
--- way everywhere, and an error points at the author's line.
---
--- A rule is the type of an option, or { type, default }; "any" fits all.
local library = require("moonsip.library")

local options = {}

-- The level of the first function that is none of the library's, as error()
-- counts it for its caller here.
local function author()
  local level = 3
  while true do
    local info = debug.getinfo(level, "S")
    if not info then return 0 end
    if info.what ~= "C" and not info.source:find("^[=@]moonsip[/.]") then return level - 1 end
    level = level + 1
  end
end

--- Raises "where: text".
---@param where string
---@param text string a format
function options.refuse(where, text, ...)
  error(where .. ": " .. text:format(...), author())
end

local function names(rules)
  local list = {}
  for name in pairs(rules) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function unknown(where, name, rules, what)
  local list = names(rules)
  local meant = type(name) == "string" and library.nearest(name, list)
  if meant then
    options.refuse(where, "unknown %s '%s', did you mean '%s'?", what, name, meant)
  end
  options.refuse(where, "unknown %s '%s', there are %s", what, tostring(name),
    table.concat(list, ", "))
end

--- Raises unless `given` holds known names only, each of its type.
---@param where string
---@param given table
---@param rules table<string, string|table>
---@param what? string "option"
function options.check(where, given, rules, what)
  what = what or "option"
  if type(given) ~= "table" then
    options.refuse(where, "table of options expected, got %s", type(given))
  end
  for name, value in pairs(given) do
    local rule = rules[name]
    if not rule then unknown(where, name, rules, what) end
    local wanted = type(rule) == "table" and rule[1] or rule
    if wanted ~= "any" and type(value) ~= wanted then
      options.refuse(where, "%s '%s': %s expected, got %s", what, name, wanted, type(value))
    end
  end
end

--- A table of its own with all that was given and the defaults of what was not.
---@param where string
---@param given table?
---@param rules table<string, string|table>
---@return table
function options.read(where, given, rules)
  local read = {}
  options.check(where, given or {}, rules)
  for name, rule in pairs(rules) do
    local value = given and given[name]
    if value == nil and type(rule) == "table" then value = rule[2] end
    read[name] = value
  end
  return read
end

--- Raises for a name that has to be there and is not.
---@param where string
---@param given table
---@param needed string[]
function options.need(where, given, needed)
  for _, name in ipairs(needed) do
    if given[name] == nil then options.refuse(where, "option '%s' is missing", name) end
  end
end

return options
