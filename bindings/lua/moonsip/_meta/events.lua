---@meta moonsip
error("a meta file is read by editors, never run")

---@class moonsip
---@field events moonsip.events loaded on first use

--- Event packages on top of SUBSCRIBE and NOTIFY (RFC 6665).
---@class moonsip.events
---@field dialog moonsip.events.dialog
---@field message_summary moonsip.events.message_summary
---@field presence moonsip.events.presence
local events = {}

--- "alice@example.com": whom a sip or sips URI stands for, whatever its port and
--- parameters; nil for anything else.
---@param uri moonsip.URI|string
---@return string?
function events.resource(uri) end

--- `body` says what a resource is like: the content of a NOTIFY and, where it is
--- not the usual, its type; `n` counts those that this subscriber got.  `allow`
--- says who may hear of it: true, "pending" (until approve), false (403) or a status
--- to refuse with; it may wait.  `name` picks the subscribers: notifiers of one name
--- in one engine share them, so they are still there after a reload.
---@alias moonsip.events.Body
---| fun(resource: string, subscription: moonsip.Subscription, n: integer): string?, string?
---@alias moonsip.events.Allow
---| fun(resource: string, request: moonsip.IncomingRequest): boolean|"pending"|integer
---@class moonsip.events.NotifierOptions
---@field event string
---@field content_type string
---@field body moonsip.events.Body
---@field name string? default the event
---@field allow moonsip.events.Allow?
---@field min_expires number? 60; what is briefer is refused: 423
---@field max_expires number? 3600

--- Keeps the subscribers of resources and tells them all when one changes.
---
---     local waiting = sip.events.notifier {
---       event = "message-summary", content_type = summary.content_type,
---       body = function(resource) return summary.format(box_of(resource)) end,
---     }
---     function script.on_subscribe(request) waiting:handle(request) end
---@param options moonsip.events.NotifierOptions
---@return moonsip.events.Notifier
function events.notifier(options) end

---@class moonsip.events.Notifier
local Notifier = {}

--- Answers a SUBSCRIBE; what comes later in its dialog is answered by itself.
---@param request moonsip.IncomingRequest
---@param resource? string default that of the Request-URI
---@return moonsip.Subscription? subscription nil: it was refused
---@return moonsip.Error? err
function Notifier:handle(request, resource) end

--- Tells all subscribers of a resource what it is like now.  One that has not
--- answered the NOTIFY before is told when it has.
---@param resource string
function Notifier:changed(resource) end

--- A pending subscriber may hear of it now.
---@param subscription moonsip.Subscription
function Notifier:approve(subscription) end

--- Ends all subscriptions of a resource; "noresource" when no reason is given.
---@param resource string
---@param reason? string
function Notifier:terminate(resource, reason) end

---@param resource string
---@return moonsip.Subscription[]
function Notifier:subscribers(resource) end

---@class moonsip.events.MessageCount
---@field new integer?
---@field old integer?
---@field urgent_new integer?
---@field urgent_old integer?

---@class moonsip.events.MessageSummary
---@field waiting boolean? follows from the counts when absent
---@field account string?
---@field voice moonsip.events.MessageCount?
---@field fax moonsip.events.MessageCount?
---@field pager moonsip.events.MessageCount?
---@field multimedia moonsip.events.MessageCount?
---@field text moonsip.events.MessageCount?
---@field none moonsip.events.MessageCount?

--- Who has messages waiting (RFC 3842).
---@class moonsip.events.message_summary
---@field event string
---@field content_type string
local message_summary = {}

---@param summary moonsip.events.MessageSummary
---@return string
function message_summary.format(summary) end

---@param text string
---@return moonsip.events.MessageSummary? summary
---@return string? why
function message_summary.parse(text) end

---@class moonsip.events.DialogParty
---@field identity string?
---@field display string?
---@field target string?

---@class moonsip.events.Dialog
---@field id string
---@field state "trying"|"proceeding"|"early"|"confirmed"|"terminated"
---@field call_id string?
---@field local_tag string?
---@field remote_tag string?
---@field direction "initiator"|"recipient"|nil
---@field event string? why it ended: "remote-bye"
---@field code integer?
---@field duration integer?
---@field local moonsip.events.DialogParty?
---@field remote moonsip.events.DialogParty?

---@class moonsip.events.DialogInfo
---@field version integer? from 0, for each subscriber
---@field state "full"|"partial"|nil
---@field entity string
---@field dialogs moonsip.events.Dialog[]

--- The calls of a user (RFC 4235).
---@class moonsip.events.dialog
---@field event string
---@field content_type string
local dialog = {}

---@param info moonsip.events.DialogInfo
---@return string
function dialog.format(info) end

---@param text string
---@return moonsip.events.DialogInfo? info
---@return string? why
function dialog.parse(text) end

--- The row of a call of ours.
---@param session moonsip.Session
---@return moonsip.events.Dialog
function dialog.of(session) end

---@class moonsip.events.Tuple
---@field id string?
---@field status "open"|"closed"|nil
---@field contact string?
---@field priority number?
---@field note string?
---@field timestamp string?

---@class moonsip.events.Presence
---@field entity string?
---@field tuples moonsip.events.Tuple[]
---@field note string?

--- How users are (RFC 3856, RFC 3863).
---@class moonsip.events.presence
---@field event string
---@field content_type string
local presence = {}

---@param document moonsip.events.Presence
---@return string
function presence.format(document) end

---@param text string
---@return moonsip.events.Presence? document
---@return string? why
function presence.parse(text) end

--- One document out of several: all that they say of `entity`.
---@param entity string
---@param documents string[]
---@return string
function presence.compose(entity, documents) end

---@class moonsip.events.PresenceDelegate
---@field on_change? fun(resource: string, document: string)

--- `name` picks what was published and who subscribed, as of a notifier; `allow`
--- says who may hear of whom.
---@class moonsip.events.PresenceServerOptions
---@field name string? "presence"
---@field allow moonsip.events.Allow?
---@field delegate moonsip.events.PresenceDelegate?
---@field min_expires number? 60
---@field max_expires number? 3600
---@field max_publications integer? 20 of a user; beyond it 503

---@param options? moonsip.events.PresenceServerOptions
---@return moonsip.events.PresenceServer
function presence.server(options) end

---@class moonsip.events.PresenceServer
---@field notifier moonsip.events.Notifier
local PresenceServer = {}

--- Answers a PUBLISH (RFC 3903); the caller has made sure that its sender may.
---@param request moonsip.IncomingRequest
---@param resource? string default that of the Request-URI
---@return moonsip.Response? response
---@return moonsip.Error? err
function PresenceServer:publish(request, resource) end

--- Answers a SUBSCRIBE.
---@param request moonsip.IncomingRequest
---@param resource? string
---@return moonsip.Subscription? subscription
---@return moonsip.Error? err
function PresenceServer:subscribe(request, resource) end

--- What the server itself knows of a user, in place of what it said before under
--- this key; nil takes it back.
---@param resource string
---@param key string
---@param document moonsip.events.Presence?
function PresenceServer:set(resource, key, document) end

--- The document that subscribers get.
---@param resource string
---@return string
function PresenceServer:document(resource) end
