--- Fails when a file or a function is over its budget:
--- `lua5.4 tools/sizes.lua [ROOT]`.  What cannot be named in so many lines does
--- two things.
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local source = require("source")

local root = arg[1] or "."

local C_FILE <const> = 500
local HEADER <const> = 200
local FUNCTION <const> = 60
local LUA_MODULE <const> = 400
local EXAMPLE <const> = 40

-- Paths (or "path:function") that may be larger, each with its reason.
local exempt = {}

local complaints = source.complaints()

local function check_file(path, count, stop)
  if count > stop and not exempt[path] then
    complaints:add(path, count, ("%d lines, at most %d"):format(count, stop))
  end
end

--- The formatter puts the braces of a function, and of nothing else, alone into
--- the first column.
local function check_functions(path, lines)
  local opened, name
  for number, line in ipairs(lines) do
    if line:match("^[%a_].*%(") then
      name = line:match("([%w_]+)%s*%(")
    end
    if line == "{" then
      opened = number
    elseif opened and line == "}" then
      local length = number - opened - 1
      if length > FUNCTION and not exempt[path .. ":" .. name] then
        complaints:add(path, opened, ("%s: %d lines, at most %d"):format(name, length, FUNCTION))
      end
      opened = nil
    end
  end
end

for _, folder in ipairs({ "engine", "bindings", "spec", "bench" }) do
  for _, path in ipairs(source.files(root, folder, { ".c", ".h" })) do
    local lines = source.lines(source.read(root, path))
    check_file(path, #lines, path:match("%.h$") and HEADER or C_FILE)
    check_functions(path, lines)
  end
end

for _, folder in ipairs({ "bindings/lua", "tools", "bench" }) do
  for _, path in ipairs(source.files(root, folder, { ".lua" })) do
    if not path:find("/_meta/", 1, true) then
      check_file(path, #source.lines(source.read(root, path)), LUA_MODULE)
    end
  end
end

for _, path in ipairs(source.files(root, "scripts", { ".lua" })) do
  check_file(path, #source.lines(source.read(root, path)), EXAMPLE)
end

complaints:finish("sizes")
