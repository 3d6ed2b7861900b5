local FOLDERS <const> = { engine = true, bindings = true, scripts = true, spec = true, bench = true,
  docs = true, tools = true }

local function exists(path)
  local file = io.open(path)
  return file and file:close()
end

local function output(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read("a")
end

-- "transaction/ist.c" as well as "engine/transaction/ist.c"; "engine/ua/*.c" may match anything.
local function is_there(path)
  for _, root in ipairs { "", "engine/", "bindings/", "spec/" } do
    if exists(root .. path) then return true end
  end
  return path:find("*", 1, true) and output("ls " .. path) ~= ""
end

-- Looks like a path of the tree, and is no example such as "my_field.h".
local function is_path(text)
  if text:find("[^%w_./*-]") or text:find("my_", 1, true) then return false end
  if text:find("^build/") or text:find("^/") then return false end
  return FOLDERS[text:match("^([^/]+)/")] or text:find("%.[chl]u?a?$") and text:find("/", 1, true)
end

describe("a page of documentation", function()
  for path in output("ls README.md CONTRIBUTING.md docs/*.md"):gmatch("[^\n]+") do
    it("names files that exist: " .. path, function()
      local file <close> = assert(io.open(path))
      local text = file:read("a")
      for quoted in text:gmatch("`([^`\n]+)`") do
        assert.is_true(not is_path(quoted) or is_there(quoted), quoted)
      end
      for named in text:gmatch("%f[%w_/]%l+/[%w_]+%.[lm][ud]a?") do
        assert.is_true(is_there(named), named)
      end
    end)
  end

  it("has layers that are folders", function()
    for line in io.lines("engine/LAYERS") do
      for folder in (line:match("^[^#]*")):gmatch("%S+") do
        assert.truthy(exists("engine/" .. folder), folder)
      end
    end
  end)
end)
