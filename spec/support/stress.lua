--- Helper for busted: with MOONSIP_GC_STRESS=1 the collector is nearly always at
--- work, and collects wholly around every spec.  Collecting garbage now, or never,
--- must change nothing.
if os.getenv("MOONSIP_GC_STRESS") == "1" then
  local busted = require("busted")

  -- A cycle begins when the heap has grown by a tenth.  Below that every
  -- allocation pays for a whole cycle, and the specs take hours.
  collectgarbage("incremental")
  collectgarbage("setpause", 110)
  collectgarbage("setstepmul", 200)

  local function collect()
    collectgarbage("collect")
    return nil, true
  end

  busted.subscribe({ "test", "start" }, collect)
  busted.subscribe({ "test", "end" }, collect)
end
