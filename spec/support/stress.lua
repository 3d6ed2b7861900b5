--- Helper for busted: with MOONSIP_GC_STRESS the collector runs all the time, and
--- wholly before and after every spec.  Collecting garbage now, or never, must
--- change nothing.
if os.getenv("MOONSIP_GC_STRESS") == "1" then
  local busted = require("busted")

  collectgarbage("incremental")
  collectgarbage("setpause", 0)
  collectgarbage("setstepmul", 1000)

  local function collect()
    collectgarbage("collect")
    return nil, true
  end

  busted.subscribe({ "test", "start" }, collect)
  busted.subscribe({ "test", "end" }, collect)
end
