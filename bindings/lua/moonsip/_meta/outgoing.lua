---@meta moonsip
error("a meta file is read by editors, never run")

--- A request of ours.  The engine keeps it until its final response.
---@class moonsip.OutgoingRequest
---@field method string
---@field message moonsip.Message? as sent; nil while it is queued
---@field delegate moonsip.OutgoingRequestDelegate? settable
local OutgoingRequest = {}

---@class moonsip.OutgoingRequestDelegate
---@field on_accept? fun(response: moonsip.IncomingResponse)
---@field on_progress? fun(response: moonsip.IncomingResponse)
---@field on_redirect? fun(response: moonsip.IncomingResponse)
---@field on_reject? fun(response: moonsip.IncomingResponse?, err: moonsip.Error?) err: none came
---@field on_trying? fun(response: moonsip.IncomingResponse)

--- Waits for the final response, in a callback only; it is kept, so any number
--- of tasks may wait, before or after.  A wait is closed when the call ends that
--- the waiting callback belongs to.
---@return moonsip.IncomingResponse? response
---@return moonsip.Error? err `ETIMEOUT` (64*T1), `ETRANSPORT`, `EGONE`
function OutgoingRequest:wait() end

--- Walks all responses, provisional ones too, and ends after the final one or a
--- failure.
---
---     for response in request:responses() do ... end
---@return fun(): moonsip.IncomingResponse?
function OutgoingRequest:responses() end

--- Nothing that a session sends can be cancelled: only an INVITE may (RFC 3261
--- 9.1), and a re-INVITE is left to run.
---@return nil
---@return moonsip.Error err `ESTATE`; `EUNSUPPORTED` for a re-INVITE; `EGONE`
function OutgoingRequest:cancel() end

--- Its delegate hears nothing more; the request itself runs to its end.
function OutgoingRequest:dispose() end
