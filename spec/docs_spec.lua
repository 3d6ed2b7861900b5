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

describe("the Lua that is printed", function()
  local sip = require("moonsip")

  for path in output("ls README.md CONTRIBUTING.md docs/*.md"):gmatch("[^\n]+") do
    local file <close> = assert(io.open(path))
    for block in file:read("a"):gmatch("```lua\n(.-)```") do
      local title = ("in %s: %s"):format(path, block:match("^[^\n]*"))
      it("can be loaded, and is a script where it is a whole one, " .. title, function()
        assert(load(block, "=" .. path, "t"))
        if not block:find("\nreturn script\n$") then return end
        local name = os.tmpname()
        finally(function() os.remove(name) end)
        local copy <close> = assert(io.open(name, "w"))
        assert(copy:write(block))
        copy:close()
        assert(sip.check(name))
      end)
    end
  end
end)

describe("docs/SCRIPTING.md", function()
  local file <close> = assert(io.open("docs/SCRIPTING.md"))
  local page = file:read("a")
  local sip = require("moonsip")

  local function names(what)
    assert.truthy(page:find("`" .. what .. "`", 1, true), what .. " is not there")
  end

  it("lists every script, which loads and has a spec", function()
    for path in output("ls scripts/*.lua"):gmatch("[^\n]+") do
      names(path)
      assert(sip.check(path))
      assert.truthy(exists(path:gsub("scripts/(.*)%.lua", "spec/scripts/%1_spec.lua")), path)
    end
  end)

  it("tells about every setting and every counter", function()
    local count = 0
    for path, pattern in pairs({
      ["engine/ua/settings.h"] = 'X%([%w_]+, "([%w_.]+)"',
      ["engine/ua/counters.h"] = "X%(([%w_]+), ",
    }) do
      for line in io.lines(path) do
        local name = line:match(pattern)
        if name and name ~= "name" then
          count = count + 1
          names(name)
        end
      end
    end
    assert.is_true(count > 60)
  end)
end)
