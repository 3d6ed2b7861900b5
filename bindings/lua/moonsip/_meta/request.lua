---@meta moonsip
error("a meta file is read by editors, never run")

--- What every response may say.  Read raw and never modified; an unknown name,
--- a wrong type, or CR, LF or NUL in a value is raised.
--- `status_code` is 200 to 299 in accept, 101 to 199 in progress, 300 to 399 in
--- redirect, 400 to 699 in reject.  `extra_headers` is a list of "Name: value"
--- strings, or a map, which is written sorted by name.  A `body` is
--- application/sdp unless it says otherwise; false insists on none.
---@class moonsip.ResponseOptions
---@field status_code integer?
---@field reason_phrase string? the standard phrase when absent
---@field to_tag string? ours when absent
---@field user_agent string? Server; the setting `user_agent` when absent
---@field supported (string|string[])? option tags for Supported; ours when absent
---@field extra_headers moonsip.ExtraHeaders?
---@field body (string|moonsip.Body|false)?

---@alias moonsip.HeaderValue string|number
---@alias moonsip.HeaderValues moonsip.HeaderValue|moonsip.HeaderValue[]
---@alias moonsip.ExtraHeaders string[]|table<string, moonsip.HeaderValues>

---@class moonsip.AcceptOptions: moonsip.ResponseOptions
---@field expires integer? SUBSCRIBE and REFER: seconds at most; never more than was asked

---@class moonsip.RejectOptions: moonsip.ResponseOptions
---@field min_expires integer? Min-Expires of a 423

---@class moonsip.ProgressOptions: moonsip.ResponseOptions
---@field reliable boolean? with RSeq, until PRACK (RFC 3262)

---@class moonsip.Body
---@field content string
---@field content_type string?
---@field content_disposition string?

--- Callbacks get the request last, so one delegate may serve every request.
---@class moonsip.IncomingRequestDelegate
---@field on_cancel? fun(message: moonsip.Message?, request: moonsip.IncomingInviteRequest) it is
--- answered 487 already; without a message its own Expires is over
---@field on_transport_error? fun(err: moonsip.Error, request: moonsip.IncomingRequest) no way to
--- deliver a response, or no ACK

---@class moonsip.ServerTransaction a snapshot
---@field id string? the branch; nil once it is gone
---@field state "trying"|"proceeding"|"completed"|"confirmed"|"accepted"|"terminated"
---@field kind "ist"|"nist"|nil
---@field method string

--- A request that waits for our answer.
---
--- Every method checks first and acts after: what is refused leaves all as it
--- was.  Fails with `ESTATE` when it is answered already (logged when it was the
--- script), with `ECANCELLED` when a CANCEL or BYE was faster, and with `EGONE`
--- when its call is over.
---
--- The engine does not keep it alive: a request that is collected unanswered is
--- answered 480.  Setting its delegate keeps it until the engine is through with
--- it, at the latest after `limits.answer_time`.
---@class moonsip.IncomingRequest
---@field method string "INFO"
---@field message moonsip.Message read-only; once the request is over nil if never asked for
---@field delegate moonsip.IncomingRequestDelegate? settable
---@field session moonsip.Session? of a request in a dialog, or the one its response made
---@field subscription moonsip.Subscription? that it makes, renews, ends or tells of
---@field replaces moonsip.Session? of a new INVITE: our call that it would take the place of
--- (RFC 3891), until that is freed; accept() ends it, with the reason "replaced"
---@field cancelled boolean a CANCEL or BYE ended it; read-only
---@field transaction moonsip.ServerTransaction
---@field logger moonsip.Logger? carries this call's Call-ID; nil once it is gone
local IncomingRequest = {}

--- Sends a 2xx, 200 unless told otherwise (REFER 202).
---
--- To an INVITE it commits offer/answer, is repeated until the ACK, and raises
--- when an offer is open and neither a body nor an earlier answer is there
--- (RFC 3261 13.3.1.4, 14.2; RFC 6026).
--- A SUBSCRIBE or REFER makes, renews or ends `response.subscription`, and a NOTIFY
--- follows: the script's, or the engine's own when the callback sent none.
---@param options? moonsip.AcceptOptions
---@return moonsip.Response? response
---@return moonsip.Error? err `ESTATE`, `ECANCELLED`, `EGONE`, `ENOMEM`
function IncomingRequest:accept(options) end

--- Sends a 4xx to 6xx: 486 to a new call, 488 with Warning to a re-INVITE, 480 to
--- others, unless told otherwise.  A re-INVITE changes nothing then; when a change
--- of it is in use already that is `ECOMMITTED` (RFC 6141 3.3).
---@param options? moonsip.RejectOptions
---@return moonsip.Response? response
---@return moonsip.Error? err `ECOMMITTED`, `ESTATE`, `ECANCELLED`, `EGONE`, `ENOMEM`
function IncomingRequest:reject(options) end

--- Sends a 3xx, 302 unless told otherwise (RFC 3261 8.3).
---@param contacts string|moonsip.URI|(string|moonsip.URI)[] at least one
---@param options? moonsip.ResponseOptions
---@return moonsip.Response? response
---@return moonsip.Error? err as for reject
function IncomingRequest:redirect(contacts, options) end

--- Sends a 100.  By itself the engine does so after 200 ms (RFC 3261 17.2.1).
---@return moonsip.Response? response
---@return moonsip.Error? err `ESTATE`, `ECANCELLED`, `EGONE`, `ENOMEM`
function IncomingRequest:trying() end

--- Lets go of it; an unanswered one is answered 480 first.
function IncomingRequest:dispose() end

--- An INVITE: a new call, or a change to one.
---@class moonsip.IncomingInviteRequest: moonsip.IncomingRequest
local IncomingInviteRequest = {}

--- Sends a 1xx but 100, 180 unless told otherwise.  Without `reliable` its SDP is
--- a preview of the answer, never a new offer.  Raises on any other request
--- (RFC 4320).  A reliable one fails with `EUNSUPPORTED` when the peer has no
--- 100rel and with `EPENDING` while two wait for their PRACK.
---@param options? moonsip.ProgressOptions
---@return moonsip.Response? response with the early session
---@return moonsip.Error? err these, or `ESTATE`, `ECANCELLED`, `EGONE`, `ENOMEM`
function IncomingInviteRequest:progress(options) end

--- Does what the engine does on CANCEL: on_cancel(message), then 487 (RFC 3261
--- 9.2).
---@param message? moonsip.Message the INVITE itself when absent
---@return true? done
---@return moonsip.Error? err `ESTATE` or `ECANCELLED` when it is answered, `EGONE`
function IncomingInviteRequest:receive_cancel(message) end

--- Writes lines with the Call-ID of one call; control bytes are escaped.
---@class moonsip.Logger
local Logger = {}
---@param text any what tostring makes of it
---@param fields? table<string, any> written as name=value
function Logger:debug(text, fields) end
function Logger:info(text, fields) end
function Logger:warn(text, fields) end
function Logger:error(text, fields) end
