local testing = require("moonsip_testing")

-- Longer than the 50 ms of quiet; a change that comes ends the wait at once.
local ENOUGH <const> = 2000
local QUIET <const> = 150

describe("the file watch", function()
  local folder, script, rig

  local function write(path, text)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
  end

  local function changes(wait)
    return select(2, rig:step(wait))
  end

  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
    script = folder .. "/call.lua"
    write(script, "return {}")
    rig = testing.watch({ script })
  end)

  after_each(function()
    rig:close()
    os.execute("rm -r " .. folder)
  end)

  it("tells of a file that was written", function()
    write(script, "return { 1 }")
    assert.equal(1, changes(ENOUGH))
  end)

  it("tells of a file that another was renamed to, as editors do", function()
    write(folder .. "/call.lua.new", "return {}")
    os.rename(folder .. "/call.lua.new", script)
    assert.equal(1, changes(ENOUGH))
    write(folder .. "/call.lua.new", "return {}")
    os.rename(folder .. "/call.lua.new", script)
    assert.equal(2, changes(ENOUGH))
  end)

  it("tells once of many writes in a row", function()
    for i = 1, 20 do
      write(script, "return {}" .. (" "):rep(i))
    end
    assert.equal(1, changes(ENOUGH))
    assert.equal(1, changes(QUIET))
  end)

  it("is silent about other files of the folder", function()
    write(folder .. "/notes.txt", "hello")
    assert.equal(0, changes(QUIET))
  end)

  it("is silent when a file was opened and left as it is", function()
    io.open(script, "a"):close()
    assert.equal(0, changes(QUIET))
  end)

  it("waits for a file that is gone to come back", function()
    os.remove(script)
    assert.equal(0, changes(QUIET))
    write(script, "return { 2 }")
    assert.equal(1, changes(ENOUGH))
  end)

  it("tells of a symbolic link that turned to another file", function()
    write(folder .. "/a.lua", "return 'a'")
    write(folder .. "/b.lua", "return 'bb'")
    os.execute(("ln -s a.lua %s/link.lua"):format(folder))
    rig:set({ folder .. "/link.lua" })
    os.execute(("ln -s b.lua %s/new && mv -T %s/new %s/link.lua"):format(folder, folder, folder))
    assert.equal(1, changes(ENOUGH))
  end)

  it("tells of an edit of the file behind a symbolic link", function()
    assert(os.execute(("mkdir %s/real && mv %s %s/real/"):format(folder, script, folder)))
    os.execute(("ln -s real/call.lua %s"):format(script))
    rig:set({ script })
    write(folder .. "/real/call.lua", "return { 3 }")
    assert.equal(1, changes(ENOUGH))
  end)

  it("tells of a file that became another since it was read", function()
    rig:set({ script }, os.time() - 1)
    assert.equal(1, changes(ENOUGH))
    rig:set({ script }, os.time() + 1)
    assert.equal(1, changes(QUIET))
  end)

  it("follows a new set of files and forgets the old one", function()
    local module = folder .. "/module.lua"
    write(module, "return 1")
    rig:set({ module })
    write(script, "return { 4 }")
    assert.equal(0, changes(QUIET))
    write(module, "return 22")
    assert.equal(1, changes(ENOUGH))
  end)
end)
