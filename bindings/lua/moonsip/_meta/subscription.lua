---@meta moonsip
error("a meta file is read by editors, never run")

--- Asked at each event; all are optional.  A subscription that a request of ours
--- made begins with that request's delegate.
---@class moonsip.SubscriptionDelegate
---@field on_notify? fun(request: moonsip.IncomingRequest, subscription: moonsip.Subscription)
---@field on_refresh? fun(message: moonsip.Refresh, subscription: moonsip.Subscription)
---@field on_terminated? fun(reason: moonsip.SubscriptionEnd, subscription: moonsip.Subscription)

--- A notifier gets the SUBSCRIBE that renews or ends it, and answers; without the
--- callback the engine accepts it.  A subscriber gets the 2xx of its own.
---@alias moonsip.Refresh moonsip.IncomingRequest|moonsip.IncomingResponse

--- What Subscription-State gave as reason, or the script ("deactivated",
--- "probation", "rejected", "timeout", "giveup", "noresource", "invariant"),
--- "terminated" when it gave none; or "unsubscribed", "refused" (481 and the like),
--- "no answer" (to a NOTIFY), "no notify" (in 64*T1), "expired", "disposed",
--- "out of memory".
---@alias moonsip.SubscriptionEnd string

--- Of a SUBSCRIBE or REFER: hears of responses, and of what they make.
---@class moonsip.SubscribeDelegate: moonsip.OutgoingRequestDelegate
---@field on_notify? fun(request: moonsip.IncomingRequest, subscription: moonsip.Subscription)
---@field on_refresh? fun(message: moonsip.Refresh, subscription: moonsip.Subscription)
---@field on_terminated? fun(reason: moonsip.SubscriptionEnd, subscription: moonsip.Subscription)

--- One side's agreement to tell the other about changes (RFC 6665), made by a
--- SUBSCRIBE or a REFER.  The engine owns it.  Once it is over `role`, `state`,
--- `retry_after` and `data` are left; methods fail with `EGONE`.
---@class moonsip.Subscription
---@field id string? Call-ID, both tags, package and its id
---@field event string? "presence"
---@field role "subscriber"|"notifier"
---@field state "init"|"pending"|"active"|"terminated"
---@field expires integer seconds left
---@field local_uri moonsip.URI?
---@field remote_uri moonsip.URI?
---@field session moonsip.Session? the call it lives in
---@field retry_after integer? subscriber, over: seconds until a new one makes sense; nil: never
---@field delegate moonsip.SubscriptionDelegate? settable; script.NAME follows a reload
---@field data table the script's own; survives reloads
local Subscription = {}

---@class moonsip.NoticeOptions: moonsip.RequestOptions
---@field state "active"|"pending"|nil as before when absent
---@field status_code integer? of a REFER: makes the body; 200 and more ends it
---@field reason_phrase string? likewise
---@field delegate moonsip.OutgoingRequestDelegate?

--- Notifier: sends a NOTIFY, or queues it until the one before is answered.
--- Without `body` it says again what the one before said; false sends none.
--- The body of a REFER's is message/sipfrag and begins with "SIP/2.0 ".
---@param options? moonsip.NoticeOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err `EGONE`; `EPENDING`: eight are queued; `ESTATE`; `ENOMEM`
function Subscription:notify(options) end

---@class moonsip.TerminateOptions: moonsip.NoticeOptions
---@field retry_after integer? seconds

--- Notifier: ends it with a last NOTIFY.
---@param reason? string RFC 6665 4.1.3, "noresource" when absent
---@param options? moonsip.TerminateOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err `EGONE`; `ESTATE`; `ENOMEM`
function Subscription:terminate(reason, options) end

---@class moonsip.RefreshOptions: moonsip.RequestOptions
---@field expires integer? as asked before when absent
---@field delegate moonsip.OutgoingRequestDelegate?

--- Subscriber: renews it now.  By itself the engine does so before it expires,
--- but for what a REFER made.
---@param options? moonsip.RefreshOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err `EGONE`; `EPENDING`: one is under way; `ESTATE`; `ENOMEM`
function Subscription:refresh(options) end

--- Subscriber: ends it; the last NOTIFY is still to come.
---@param options? moonsip.RefreshOptions without `expires`
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err as of refresh
function Subscription:unsubscribe(options) end

--- Lets go of it without a word to the peer.
function Subscription:dispose() end
