--- Calls in virtual time: the real engine and real scripts on a network that
--- exists only in memory.  docs/TESTING.md shows how.
local Network = require("moonsip.sim.network")

local sim = {}

---@param options? moonsip.sim.NetworkOptions
---@return moonsip.sim.Network
function sim.network(options)
  return Network.new(options)
end

return sim
