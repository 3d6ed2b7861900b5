--- Fails on calls and texts that have no place here:
--- `lua5.4 tools/banned.lua [ROOT]`.
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local source = require("source")

local root = arg[1] or "."

local function anywhere() return true end

local function pure(path)
  return path:match("^engine/") and not path:match("^engine/net/")
    and not path:match("^engine/host/")
end

local function protocol(path)
  return path:match("^engine/ua/") or path:match("^engine/dialog/")
    or path:match("^engine/transaction/")
end

-- { functions, where they are banned, what to do instead }
local calls = {
  { { "strcpy", "strncpy", "strcat", "strncat", "sprintf", "vsprintf", "strtok", "gets",
      "alloca", "atoi" }, anywhere, "text has a length: use msip_str and msip_buf" },
  { { "atol", "strtol", "strtoul", "sscanf" }, pure, "use msip_str_u32" },
  { { "malloc", "calloc", "realloc", "free", "strdup", "strndup" },
    function(path) return pure(path) and path ~= "engine/base/pool.c" end,
    "memory comes from struct msip_pool" },
  { { "printf", "fprintf", "snprintf", "puts", "fputs", "perror" },
    function(path) return pure(path) and not path:match("^engine/base/log%.") end,
    "the engine does no output; text goes through msip_buf" },
  { { "time", "clock_gettime", "gettimeofday", "localtime", "gmtime", "rand", "random",
      "getrandom" }, pure, "time and randomness are arguments" },
  { { "luaL_checkudata", "luaL_testudata" },
    function(path) return path:match("^bindings/") and path ~= "bindings/box.c" end,
    "use the box, which compares a metatable by pointer" },
  { { "setjmp", "longjmp", "system", "popen" }, anywhere, "no" },
}

-- Paths that may call one function, each with its reason.
local settings_first = "settings are read before there is a pool"
local exempt = {
  ["engine/ua/settings.c"] = { free = settings_first, strdup = settings_first },
  ["engine/ua/settings_set.c"] = { free = settings_first, strndup = settings_first },
  ["bindings/sim.c"] = { luaL_checkudata = "an agent is no object of an engine" },
}

local complaints = source.complaints()

local where = {}
for _, rule in ipairs(calls) do
  for _, name in ipairs(rule[1]) do
    where[name] = { banned = rule[2], instead = rule[3] }
  end
end

--- True for a call: not a field, a method or part of a longer name.
local function is_call(line, start)
  local before = line:sub(1, start - 1)
  return not before:match("[%.>]$") and not before:match("[%w_]$")
end

local function check_calls(path, code)
  for number, line in ipairs(source.lines(code)) do
    for start, name in line:gmatch("()([%a_][%w_]*)%s*%(") do
      local rule = where[name]
      if rule and rule.banned(path) and is_call(line, start)
        and not (exempt[path] or {})[name] then
        complaints:add(path, number, ("%s: %s"):format(name, rule.instead))
      end
    end
  end
end

local function check_texts(path, strings)
  if not protocol(path) then
    return
  end
  for number, line in ipairs(source.lines(strings)) do
    if line:find("\\r\\n", 1, true) then
      complaints:add(path, number, "CRLF is written by message/build.c only")
    end
  end
end

for _, folder in ipairs({ "engine", "bindings" }) do
  for _, path in ipairs(source.files(root, folder, { ".c", ".h" })) do
    local code, strings = source.split_c(source.read(root, path))
    check_calls(path, code)
    check_texts(path, strings)
  end
end

complaints:finish("banned")
