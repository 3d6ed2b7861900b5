--- A throwaway source tree for the specs of the checks under tools/.
local tree = {}
tree.__index = tree

--- `files` maps a path to its text; paths without a folder are made too.
function tree.new(files)
  local root = os.tmpname()
  os.remove(root)
  for path, text in pairs(files) do
    os.execute(("mkdir -p '%s/%s'"):format(root, path:match("^(.-)[^/]*$")))
    local file <close> = assert(io.open(root .. "/" .. path, "w"))
    file:write(text)
  end
  return setmetatable({ root = root }, tree)
end

--- Runs tools/NAME.lua on the tree: whether it passed, and what it said.
function tree:check(name)
  local pipe = assert(io.popen(("lua5.4 tools/%s.lua '%s' 2>&1"):format(name, self.root)))
  local said = pipe:read("a")
  return pipe:close() or false, said
end

function tree:remove()
  os.execute(("rm -r '%s'"):format(self.root))
end

return tree
