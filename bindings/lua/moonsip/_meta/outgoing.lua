---@meta moonsip
error("a meta file is read by editors, never run")

--- A request of ours.  The engine keeps it until its final response.
---@class moonsip.OutgoingRequest
---@field method string
---@field session moonsip.Session? the call it belongs to, or the one it made
---@field message moonsip.Message? as sent; nil while it is queued
---@field delegate moonsip.OutgoingRequestDelegate? settable
local OutgoingRequest = {}

--- Callbacks get the request last, so one delegate may serve every request.
---@alias moonsip.OnResponse
---| fun(response: moonsip.IncomingResponse, request: moonsip.OutgoingRequest)
---@alias moonsip.OnReject
---| fun(response: moonsip.IncomingResponse?, err: moonsip.Error?, request: moonsip.OutgoingRequest)

---@class moonsip.OutgoingRequestDelegate
---@field on_accept? moonsip.OnResponse
---@field on_progress? moonsip.OnResponse
---@field on_redirect? moonsip.OnResponse
---@field on_reject? moonsip.OnReject err: no response came
---@field on_trying? moonsip.OnResponse

--- Waits for the final response, in a callback only; it is kept, so any number
--- of tasks may wait, before or after.  A wait is closed when the call ends that
--- the waiting callback belongs to.
---@return moonsip.IncomingResponse? response
---@return moonsip.Error? err `ETIMEOUT` (64*T1, or the option `timeout`), `ETRANSPORT`,
--- `ECANCELLED`, `EOFFER` (a 2xx that did not answer our offer), `EGONE`
function OutgoingRequest:wait() end

--- Walks all responses, provisional ones too, and ends after the final one or a
--- failure.
---
---     for response in request:responses() do ... end
---@return fun(): moonsip.IncomingResponse?
function OutgoingRequest:responses() end

--- Cancels an INVITE, a re-INVITE too (RFC 3261 9.1): at once when it rings,
--- else with its first provisional response.  The final response, usually 487,
--- comes as any other; a call that is accepted all the same is acknowledged and
--- hung up, and `wait()` gives `ECANCELLED`.
---@param options? { extra_headers: string[]|table<string, string>? } such as Reason
---@return true?
---@return moonsip.Error? err `ESTATE`: no INVITE, answered or cancelled already; `EGONE`
function OutgoingRequest:cancel(options) end

--- Its delegate hears nothing more; the request itself runs to its end.
function OutgoingRequest:dispose() end
