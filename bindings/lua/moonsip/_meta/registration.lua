---@meta moonsip
error("a meta file is read by editors, never run")

---@class moonsip
---@field registration moonsip.registration loaded on first use

--- Keeps an address registered at somebody else's registrar.
---
---     function script.on_start()
---       sip.registration.keep {
---         registrar = "sip:192.0.2.9", address = "sip:4930123456@carrier.example",
---         auth = { username = "4930123456", password = "secret" },
---       }
---     end
---     script.on_reload = script.on_start
---@class moonsip.registration
local registration = {}

--- `registrar` is the Request-URI, `address` what is registered.
---@class moonsip.RegistrationOptions
---@field registrar string URI
---@field address string URI or name-addr
---@field auth (moonsip.Login|moonsip.Login[])? as engine:register takes it
---@field expires integer? 600: what to ask for first
---@field contact string? URI; default ours
---@field route string[]?
---@field call_id string?
---@field extra_headers moonsip.ExtraHeaders?
---@field delegate moonsip.RegistrationDelegate?

---@alias moonsip.RegistrationState "registering"|"registered"|"failed"|"ended"

--- An exported table of the script is followed by its name when that is reloaded.
---@class moonsip.RegistrationDelegate
local RegistrationDelegate = {}

--- Called after each answer, and when none came; optional.
---@param account moonsip.Registration
---@param state moonsip.RegistrationState
function RegistrationDelegate.on_change(account, state) end

--- Registers, and goes on doing so: again before it expires, at once with the
--- expiry that a 423 wants, after a failure when Retry-After says so, else after 15
--- to 30 seconds, twice as long each time, up to half an hour (RFC 5626 4.5).
---
--- An engine has one for each address and registrar: said again, that one goes on,
--- and registers anew only when something else is wanted.  So call it from on_start
--- and on_reload.
---@param options moonsip.RegistrationOptions
---@return moonsip.Registration
function registration.keep(options) end

---@class moonsip.Registration
---@field state moonsip.RegistrationState
---@field response moonsip.IncomingResponse? the latest answer
---@field err moonsip.Error? why there was none
---@field expires integer? seconds that were granted
---@field service_route string[]? for the route of calls (RFC 3608)
local Registration = {}

--- Registers now.
---@return true? nil when it has ended
function Registration:renew() end

--- Takes the registration back and ends; does not wait for an answer, so on_stop
--- may call it.
---@return true? sent
---@return moonsip.Error? err
function Registration:stop() end
