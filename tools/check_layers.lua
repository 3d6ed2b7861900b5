--- Fails when an include climbs: `lua5.4 tools/check_layers.lua [ROOT]`.
---
--- A file under engine/ may include its own folder and folders on an earlier
--- line of engine/LAYERS.  libuv is for net and host, the clock and sockets are
--- for them too, Lua is for nobody there.  bindings/ talks to the upper layers.
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local source = require("source")

local root = arg[1] or "."

-- Paths that may break one rule, each with its reason.
local exempt = {
  ["bindings/testing.c"] = "shows machines to specs",
}

local outside = { net = true, host = true }
local outside_only = {
  "uv%.h", "time%.h", "sys/time%.h", "sys/socket%.h", "sys/types%.h", "unistd%.h",
  "fcntl%.h", "poll%.h", "pthread%.h", "signal%.h", "netdb%.h", "microhttpd%.h",
}
local never_in_engine = { "lua%.h", "lauxlib%.h", "lualib%.h", "lua5.-/.*" }
local never_in_bindings = { transaction = true, dialog = true, net = true, timer = true }

local rank = {}
local level = 0
for _, line in ipairs(source.lines(source.read(root, "engine/LAYERS"))) do
  if not line:match("^#") and line:match("%S") then
    level = level + 1
    for folder in line:gmatch("%S+") do
      rank[folder] = level
    end
  end
end

local complaints = source.complaints()

local function matches_any(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:match("^" .. pattern .. "$") then
      return true
    end
  end
  return false
end

local function check_own(path, number, own, name)
  local target = name:match("^(%w+)/")
  if not target then
    complaints:add(path, number, ("spell %q from engine/, with its folder"):format(name))
  elseif target ~= own and not rank[target] then
    complaints:add(path, number, ("engine/LAYERS does not know %s"):format(target))
  elseif target ~= own and rank[target] >= rank[own] then
    complaints:add(path, number, ("%s may not include %s"):format(own, target))
  end
end

local function check_system(path, number, own, name)
  if matches_any(name, never_in_engine) then
    complaints:add(path, number, "engine code may not see Lua")
  elseif not outside[own] and matches_any(name, outside_only) then
    complaints:add(path, number, ("%s may not see <%s>"):format(own, name))
  end
end

local function each_include(path, visit)
  for number, line in ipairs(source.lines(source.read(root, path))) do
    local quoted = line:match('^%s*#%s*include%s+"([^"]+)"')
    local system = line:match("^%s*#%s*include%s+<([^>]+)>")
    if quoted or system then
      visit(number, quoted, system)
    end
  end
end

for _, path in ipairs(source.files(root, "engine", { ".c", ".h" })) do
  local own = path:match("^engine/(%w+)/[^/]+$")
  if not rank[own] then
    complaints:add(path, 1, "lies in no folder that engine/LAYERS knows")
  elseif not exempt[path] then
    each_include(path, function(number, quoted, system)
      if quoted then
        check_own(path, number, own, quoted)
      else
        check_system(path, number, own, system)
      end
    end)
  end
end

for _, path in ipairs(source.files(root, "bindings", { ".c", ".h" })) do
  if not exempt[path] then
    each_include(path, function(number, quoted)
      local target = quoted and quoted:match("^(%w+)/")
      if target and never_in_bindings[target] then
        complaints:add(path, number, ("bindings may not include %s"):format(target))
      end
    end)
  end
end

complaints:finish("layers")
