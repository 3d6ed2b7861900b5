---@meta moonsip
error("a meta file is read by editors, never run")

--- What `require "moonsip"` returns.  Everything that waits works inside
--- callbacks only, which run as coroutines: a callback that waits blocks nobody.
---@class moonsip
---@field auth moonsip.auth loaded on first use
---@field b2bua moonsip.b2bua loaded on first use
---@field log moonsip.Log
---@field sdp moonsip.sdp
---@field sim moonsip.sim loaded on first use
---@field version string
local sip = {}

--- Makes an engine; without options, the engine this code runs in.  `nil, err`
--- when it cannot bind (`EINVALID`, `ESYSTEM`), when the script does not load
--- (`ESCRIPT`, with file, line and cause), or outside an engine (`ESTATE`).
---@param options? moonsip.EngineOptions
---@return moonsip.Engine?, moonsip.Error?
function sip.engine(options) end

--- Loads a script and checks its shape, without starting it.
---@param path string
---@return true?, moonsip.Error?
function sip.check(path) end

--- Waits so many seconds.
---@param seconds number
function sip.sleep(seconds) end

--- Runs fn(...) in a callback of its own, soon.  It belongs to the call that
--- spawned it: when that ends, its waits are closed.  Raises while the script is
--- loaded, before on_start or on_reload.
---@param fn function
---@return moonsip.Timer
function sip.spawn(fn, ...) end

--- The same after so many seconds.  Both raise when `limits.tasks` is reached.
---@param seconds number
---@param fn function
---@return moonsip.Timer
function sip.after(seconds, fn, ...) end

--- Seconds on the engine's clock, which never jumps.
---@return number
function sip.now() end

--- With one number: a text of so many letters and digits that nobody can guess.
--- With two: an integer between them, both included.
---@param n integer
---@param highest? integer
---@return string|integer
---@overload fun(n: integer): string
---@overload fun(lowest: integer, highest: integer): integer
function sip.random(n, highest) end

---@class moonsip.Timer
local Timer = {}

--- False when it has begun already, or its call is over.
---@return boolean
function Timer:cancel() end

--- Lines carry the Call-ID of the call the callback runs for.  Raises when it is
--- called with a dot.
---@class moonsip.Log
local Log = {}

---@param text any
---@param fields? table<string, any> written as name=value
function Log:debug(text, fields) end
function Log:info(text, fields) end
function Log:warn(text, fields) end
function Log:error(text, fields) end
