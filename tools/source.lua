--- Source files as the checks see them: their paths, and their lines with
--- comments and strings taken apart.
local source = {}

--- Sorted paths, relative to `root`, of the files under `folder` whose name
--- ends in one of `endings`.  A missing folder has none.
function source.files(root, folder, endings)
  local paths = {}
  local pipe = assert(io.popen(("cd '%s' && find '%s' -type f 2>/dev/null"):format(root, folder)))
  for path in pipe:lines() do
    for _, ending in ipairs(endings) do
      if path:sub(-#ending) == ending then
        paths[#paths + 1] = path
      end
    end
  end
  pipe:close()
  table.sort(paths)
  return paths
end

function source.read(root, path)
  local file <close> = assert(io.open(root .. "/" .. path))
  return file:read("a")
end

--- The lines of a text, without their ends.
function source.lines(text)
  local lines = {}
  for line in (text:gsub("([^\n])$", "%1\n")):gmatch("(.-)\n") do
    lines[#lines + 1] = line
  end
  return lines
end

local function only_newlines(text)
  return (text:gsub("[^\n]", ""))
end

--- Takes C text apart.  Both results keep every line in its place: in the first
--- comments are gone and strings are empty, in the second only strings remain.
function source.split_c(text)
  local code, strings = {}, {}
  local at = 1

  local function emit(stop, as_code, as_string)
    code[#code + 1] = as_code
    strings[#strings + 1] = as_string
    at = stop + 1
  end

  while at <= #text do
    local from = text:find("[/\"']", at)
    if not from then
      emit(#text, text:sub(at), only_newlines(text:sub(at)))
      break
    end
    if from > at then
      local plain = text:sub(at, from - 1)
      emit(from - 1, plain, only_newlines(plain))
    end
    local two = text:sub(from, from + 1)
    local quote = two:sub(1, 1)
    if two == "/*" then
      local _, stop = text:find("*/", from + 2, true)
      stop = stop or #text
      local gap = only_newlines(text:sub(from, stop))
      emit(stop, " " .. gap, gap)
    elseif two == "//" then
      local stop = (text:find("\n", from, true) or #text + 1) - 1
      emit(stop, "", "")
    elseif quote == "/" then
      emit(from, "/", "")
    else
      local stop = from + 1
      while stop < #text and text:sub(stop, stop) ~= quote do
        stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
      end
      emit(stop, quote .. quote, text:sub(from, stop))
    end
  end
  return table.concat(code), table.concat(strings)
end

--- A list of complaints that prints itself and ends the program.
function source.complaints()
  local list = {}

  function list:add(path, number, what)
    self[#self + 1] = ("%s:%d: %s"):format(path, number, what)
  end

  function list:finish(name)
    for _, line in ipairs(self) do
      io.stderr:write(line, "\n")
    end
    if #self > 0 then
      io.stderr:write(("%s: %d found\n"):format(name, #self))
    end
    os.exit(#self == 0)
  end

  return list
end

return source
