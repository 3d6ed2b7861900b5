--- Output for busted: what the plain terminal shows, and at the end the counts
--- in the file that MOONSIP_REPORT names ("passed failed pending").  The file is
--- written last, so a run that dies leaves none.  Into the file that
--- MOONSIP_RESULTS names goes a line per spec: its verdict, its file and its
--- sentence, with tabs between them.
local plain = require("busted.outputHandlers.plainTerminal")

local VERDICTS <const> = { success = "passed", pending = "pending" }

local function file_of(busted, element)
  while element and element.descriptor ~= "file" do
    element = busted.parent(element)
  end
  return element and element.name:gsub("^%./", "") or "?"
end

return function(options)
  local busted = require("busted")
  local handler = plain(options)
  local results = {}

  busted.subscribe({ "test", "end" }, function(element, _, status)
    results[#results + 1] = ("%s\t%s\t%s\n"):format(VERDICTS[status] or "failed",
      file_of(busted, element), (handler.getFullName(element):gsub("%c", " ")))
    return nil, true
  end)

  local function write(variable, text)
    local path = os.getenv(variable)
    if path then
      local file <close> = assert(io.open(path, "w"))
      file:write(text)
    end
  end

  busted.subscribe({ "suite", "end" }, function()
    table.sort(results)
    write("MOONSIP_RESULTS", table.concat(results))
    write("MOONSIP_REPORT", ("%d %d %d\n"):format(handler.successesCount,
      handler.failuresCount + handler.errorsCount, handler.pendingsCount))
    return nil, true
  end)

  return handler
end
