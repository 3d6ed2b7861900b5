---@meta moonsip
error("a meta file is read by editors, never run")

---@class moonsip.EngineOptions
---@field listen string[]? "udp:127.0.0.1:5060"; port 0 picks one (udp:0.0.0.0:5060)
---@field script string? path of the script; it or `delegate`
---@field delegate moonsip.Script? instead of a script; cannot be reloaded
---@field settings table<string, any>? by name, before the script's own
---@field admin string? "unix:/path" or "127.0.0.1:8060"; without it none
---@field signals boolean? SIGHUP reloads, SIGTERM drains, SIGINT stops
---@field log_level "debug"|"info"|"warn"|"error"|nil
---@field log_format "text"|"json"|nil
---@field log? fun(level: string, call_id: string, text: string) instead of standard error

--- One worker: sockets, calls, and the script that decides.  Closed when it is
--- collected; methods of a closed one return nil and `EGONE`.
---@class moonsip.Engine
local Engine = {}

--- Runs until it is stopped or drained, then closes.
---@return true?, moonsip.Error?
function Engine:run() end

--- One turn that does not block; false once it is stopped.
---@return boolean?, moonsip.Error?
function Engine:step() end

--- Ends run() without a word to peers.
---@return true?, moonsip.Error?
function Engine:stop() end

--- New calls get 503; stops when calls have ended or after `drain.timeout`.
---@return true?, moonsip.Error?
function Engine:drain() end

--- Loads the script anew.  Any failure leaves everything as it was.
---@return true?, moonsip.Error?
function Engine:reload() end

--- Calls on_stop and lets go of everything.
function Engine:close() end

---@class moonsip.EngineStatus
---@field counters table<string, integer>
---@field listening string[]
---@field sessions integer
---@field requests integer
---@field outgoing integer
---@field transactions integer
---@field timers integer
---@field tasks integer callbacks that wait
---@field pool_bytes integer
---@field lua_bytes integer
---@field generation integer number of the script's version
---@field generations integer versions something still holds
---@field draining boolean
---@field last_error string? of a reload that failed

---@return moonsip.EngineStatus?, moonsip.Error?
function Engine:status() end

--- URIs as they were bound.
---@return string[]?, moonsip.Error?
function Engine:listening() end

--- For another event loop: poll fd() for reading, at most timeout() seconds (nil:
--- no limit), then step().  pollfd and events are the names cqueues asks for.
---@return integer?, moonsip.Error?
function Engine:fd() end
Engine.pollfd = Engine.fd

---@return number?
function Engine:timeout() end

---@return "r"
function Engine:events() end

--- Runs the engine inside luv's loop.
---@param uv table require "luv"
---@return { detach: fun() }
function Engine:attach(uv) end
