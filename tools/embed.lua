-- Writes the C table of embedded Lua modules:
--   lua5.4 tools/embed.lua OUTPUT.c FOLDER FILE...
-- FOLDER is what module names are relative to: FOLDER/moonsip/sim/phone.lua is
-- "moonsip.sim.phone", FOLDER/moonsip/sim/init.lua "moonsip.sim".
local output, folder = arg[1], arg[2]

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local function module_name(path)
  local name = path:sub(#folder + 2):gsub("%.lua$", ""):gsub("/", "."):gsub("%.init$", "")
  return name
end

-- A list of numbers: string literals are limited in length.
local function bytes(text)
  local rows = {}
  for at = 1, #text, 20 do
    rows[#rows + 1] = table.concat({ text:byte(at, at + 19) }, ",")
  end
  return table.concat(rows, ",\n")
end

local lines = { '#include "embedded.h"', "" }
local records = {}
for i = 3, #arg do
  local text = read(arg[i])
  local name = module_name(arg[i])
  local label = name:gsub("%.", "/")
  lines[#lines + 1] = ("static const unsigned char text_%d[] = {\n%s};"):format(i, bytes(text))
  records[#records + 1] = ('    {"%s", "@%s.lua", (const char *)text_%d, %d},'):format(
    name, label, i, #text)
end
lines[#lines + 1] = "\nconst struct mlua_embedded mlua_embedded_modules[] = {"
lines[#lines + 1] = table.concat(records, "\n")
lines[#lines + 1] = "    {0, 0, 0, 0},\n};\n"

local file <close> = assert(io.open(output, "wb"))
file:write(table.concat(lines, "\n"))
