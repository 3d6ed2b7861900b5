--- Sums what gcov counted: `lua5.4 tools/coverage.lua BUILD_FOLDER`.
--- Prints `coverage: 91.2 % of 9,876 lines` for engine/ and bindings/, below it
--- the files that have most lines nobody ran.
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local source = require("source")

local build = assert(arg[1], "usage: lua5.4 tools/coverage.lua BUILD_FOLDER")
local WORST <const> = 15

local pwd = assert(io.popen("pwd"))
local here = pwd:read("l") .. "/"
pwd:close()

-- path -> line number -> true when some object ran it, false when none did
local seen = {}

local function note(path, number, count)
  local lines = seen[path]
  if count == "-" then
    return
  end
  lines[number] = lines[number] or count:match("^%d") ~= nil
end

local function read_report(pipe)
  local path
  for line in pipe:lines() do
    local count, number, rest = line:match("^%s*([^:]-):%s*(%d+):(.*)$")
    number = tonumber(number)
    if number == 0 and rest:match("^Source:") then
      path = rest:match("^Source:(.*)$")
      path = path:sub(1, #here) == here and path:sub(#here + 1) or path
      path = (path:match("^engine/") or path:match("^bindings/")) and path or nil
      if path then
        seen[path] = seen[path] or {}
      end
    elseif path and number and number > 0 then
      note(path, number, count)
    end
  end
end

for _, notes in ipairs(source.files(build, ".", { ".gcno" })) do
  local pipe = assert(io.popen(("gcov -t '%s/%s' 2>/dev/null"):format(build, notes)))
  read_report(pipe)
  pipe:close()
end

local function thousands(number)
  local text = tostring(number)
  return (text:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", ""))
end

local files, ran, all = {}, 0, 0
for path, lines in pairs(seen) do
  local file = { path = path, ran = 0, all = 0 }
  for _, did in pairs(lines) do
    file.all = file.all + 1
    file.ran = file.ran + (did and 1 or 0)
  end
  ran, all = ran + file.ran, all + file.all
  files[#files + 1] = file
end
if all == 0 then
  io.stderr:write("coverage: nothing was counted\n")
  os.exit(false)
end

print(("coverage: %.1f %% of %s lines"):format(100 * ran / all, thousands(all)))
table.sort(files, function(a, b)
  local left, right = a.all - a.ran, b.all - b.ran
  return left > right or left == right and a.path < b.path
end)
for index = 1, math.min(WORST, #files) do
  local file = files[index]
  if file.ran < file.all then
    print(("%6.1f %%  %4d not run  %s"):format(100 * file.ran / file.all,
      file.all - file.ran, file.path))
  end
end
