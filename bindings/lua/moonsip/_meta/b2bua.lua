---@meta moonsip.b2bua
error("a meta file is read by editors, never run")

--- A back-to-back user agent: a call that came in is leg A, ours to somebody else
--- is leg B, and what one says the other hears.  Session descriptions pass as
--- they are.
---@class moonsip.b2bua
local b2bua = {}

---@class moonsip.b2bua.Target
---@field uri string|moonsip.URI Request-URI
---@field to (string|moonsip.URI)? To; default the caller's
---@field from (string|moonsip.URI)? From; default the caller's
---@field route (string|moonsip.URI|string[])? preloaded route set
---@field path string[]? the same, as a registrar's binding calls it
---@field contact (string|moonsip.URI)?
---@field auth (moonsip.Login|moonsip.Login[])? for its challenges
---@field timeout number? seconds to its answer; default that of the options
---@field extra_headers moonsip.ExtraHeaders?
---@field rel100 "no"|"supported"|"required"|nil
---@field session_expires integer?
---@field data any the script's own

--- A list is tried in order, a list in it all at once.
---@alias moonsip.b2bua.Targets
---| string
---| moonsip.URI
---| moonsip.b2bua.Target
---| (string|moonsip.URI|moonsip.b2bua.Target|(string|moonsip.URI|moonsip.b2bua.Target)[])[]

---@class moonsip.b2bua.HeaderPolicy
---@field pass string[]? names that pass besides the usual ones; "X-" for all such
---@field hide string[]? names that do not

---@class moonsip.b2bua.Options
---@field delegate moonsip.b2bua.Hooks? a table of the script follows reloads
---@field answer boolean? false: a failure is left to the script, which has to answer
---@field follow boolean? true: a 3xx is followed, best contact first
---@field timeout number? seconds to an answer of each target (170)
---@field from string? From of leg B
---@field to string?
---@field auth (moonsip.Login|moonsip.Login[])? for challenges of any target
---@field extra_headers moonsip.ExtraHeaders? of the INVITE to any target
---@field headers moonsip.b2bua.HeaderPolicy?
---@field transfer "perform"|"pass"|"refuse"|nil what becomes of a REFER (perform)
---@field trusted boolean? true: P-Asserted-Identity and the like pass (RFC 3325)

--- A REFER of `leg` for the other one.  true: the hook has answered; false: 603;
--- targets: there instead of where Refer-To points; nil: as the option says.
---@alias moonsip.b2bua.OnTransfer
---| fun(request: moonsip.IncomingRequest, leg: moonsip.b2bua.Leg): moonsip.b2bua.Decision
---@alias moonsip.b2bua.Decision boolean|moonsip.b2bua.Targets|nil

--- All optional.  They run in the callback of what happened, so they may wait.
---@class moonsip.b2bua.Hooks
---@field on_try? fun(target: moonsip.b2bua.Target, call: moonsip.b2bua.Call): boolean? false:
--- not this one
---@field on_progress? fun(response: moonsip.IncomingResponse, call: moonsip.b2bua.Call)
---@field on_answer? fun(response: moonsip.IncomingResponse, call: moonsip.b2bua.Call)
---@field on_change? fun(request: moonsip.IncomingRequest, leg: moonsip.b2bua.Leg): boolean? a
--- re-INVITE, or UPDATE with an offer; true: the hook has answered
---@field on_info? fun(request: moonsip.IncomingRequest, leg: moonsip.b2bua.Leg): boolean? likewise
---@field on_message? fun(request: moonsip.IncomingRequest, leg: moonsip.b2bua.Leg): boolean?
---@field on_transfer? moonsip.b2bua.OnTransfer
---@field on_hangup? fun(leg: moonsip.b2bua.Leg, reason: moonsip.EndReason) which leg ended it
---@field on_end? fun(call: moonsip.b2bua.Call)

---@class moonsip.b2bua.Leg
---@field call moonsip.b2bua.Call
---@field session moonsip.Session? nil before there is a dialog
---@field request moonsip.IncomingInviteRequest|moonsip.OutgoingRequest the INVITE that made it
---@field headers string[]? what crossed to this leg in the answer
---@field target moonsip.b2bua.Target? of leg B
---@field sdp string? the latest session description of this side that is in use

---@class moonsip.b2bua.Call
---@field a moonsip.b2bua.Leg
---@field b moonsip.b2bua.Leg? once it rings
---@field state "calling"|"connected"|"ended"
---@field data table the script's own
local Call = {}

--- Ends it: BYE to both; while it rings CANCEL, and the caller is refused with
--- `status_code` (480).
---@param options? { status_code: integer?, reason_phrase: string?, extra_headers: table? }
---@return true? done
---@return moonsip.Error? err `EGONE`
function Call:hangup(options) end

--- Bridges an INVITE that came in, and waits until the call is answered or has
--- failed.  A failure answers the caller with the best response of all targets
--- (RFC 3261 16.7), unless `answer` is false; challenges and 503 are 500 to the
--- caller.  When the caller gives up the callback that waits is closed: `on_end`
--- tells.
---@param request moonsip.IncomingInviteRequest
---@param targets moonsip.b2bua.Targets
---@param options? moonsip.b2bua.Options
---@return moonsip.b2bua.Call? call
---@return moonsip.b2bua.Error? err
function b2bua.bridge(request, targets, options) end

--- The same, without waiting.
---@param request moonsip.IncomingInviteRequest
---@param targets moonsip.b2bua.Targets
---@param options? moonsip.b2bua.Options
---@return moonsip.b2bua.Call call
function b2bua.start(request, targets, options) end

--- An INVITE takes the place of a leg, which is hung up; the other side gets a
--- re-INVITE.  While that leg still rings the caller is answered with it: call
--- pickup.  bridge() does so by itself when the INVITE has a Replaces that names a
--- leg (RFC 3891).  The request is answered here.
---@param request moonsip.IncomingInviteRequest
---@param leg moonsip.b2bua.Leg
---@return moonsip.b2bua.Call? call nil: it was refused
function b2bua.replace(request, leg) end

---@class moonsip.b2bua.Error: moonsip.Error
---@field code string "EREFUSED", "ETIMEOUT", "ENOTARGET", "ELOOP" or of engine:invite
---@field status_code integer? what stands for it
---@field response moonsip.IncomingResponse? the best one

return b2bua
