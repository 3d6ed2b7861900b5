---@meta moonsip
error("a meta file is read by editors, never run")

--- Asked at each event; all are optional.  Without one the engine answers by
--- itself.  Callbacks get the session last, so one delegate may serve every call.
---@class moonsip.SessionDelegate
---@field on_ack? fun(ack: moonsip.IncomingAckRequest, session: moonsip.Session)
---@field on_ack_timeout? fun(session: moonsip.Session) no ACK in 64*T1; without it: BYE
---@field on_bye? fun(request: moonsip.IncomingRequest, session: moonsip.Session) the call is over
--- when it is answered; a 401 or 407 keeps it
---@field on_info? fun(request: moonsip.IncomingRequest, session: moonsip.Session)
---@field on_invite? fun(request: moonsip.IncomingInviteRequest, session: moonsip.Session)
---@field on_message? fun(request: moonsip.IncomingRequest, session: moonsip.Session)
---@field on_notify? fun(request: moonsip.IncomingRequest, session: moonsip.Session)
---@field on_prack? fun(request: moonsip.IncomingRequest, session: moonsip.Session)
---@field on_refer? fun(request: moonsip.IncomingRequest, session: moonsip.Session)
---@field on_request? fun(request: moonsip.IncomingRequest, session: moonsip.Session) any other
--- method; without it: 501
---@field on_update? fun(request: moonsip.IncomingRequest, session: moonsip.Session)
---@field on_refresh_failed? fun(session: moonsip.Session, err: moonsip.Error) BYE is sent
---@field on_terminated? fun(session: moonsip.Session, reason: moonsip.EndReason)

--- By the peer: "bye received", "cancelled".  By the script: "bye sent", "rejected",
--- "redirected" (early calls), "disposed".  "replaced": another call took its place (RFC 3891).
--- By the engine, which hung up: "no ack",
--- "no answer" (the ACK lacked it), "no answer to their offer", "no answer to a
--- change", "no answer to a request", "no answer to our offer", "no ack of ours",
--- "dialog lost" (481), "expired" and "refresh failed" (RFC 4028), "out of memory".
--- Calls that we began, before they were answered: "rejected", "cancelled",
--- "failed", "another fork answered".
---@alias moonsip.EndReason
---| "bye received"
---| "cancelled"
---| "bye sent"
---| "rejected"
---| "redirected"
---| "disposed"
---| "no ack"
---| "no ack of ours"
---| "no answer"
---| "no answer to their offer"
---| "no answer to our offer"
---| "no answer to a change"
---| "no answer to a request"
---| "failed"
---| "another fork answered"
---| "dialog lost"
---| "replaced"
---| "expired"
---| "refresh failed"
---| "out of memory"

---@class moonsip.IncomingAckRequest
---@field message moonsip.Message

--- A call.  The engine owns it: dropping the variable never ends it.  Once it is
--- over only `data`, `session_state` and `signaling_state` are left; other fields
--- are nil and methods fail with `EGONE`.
---@class moonsip.Session
---@field id string Call-ID and both tags
---@field call_id string
---@field local_tag string
---@field local_uri moonsip.URI
---@field remote_tag string?
---@field remote_target moonsip.URI? where requests go (RFC 3261 12.2.1.1)
---@field remote_uri moonsip.URI
---@field route_set string[] "<sip:p1;lr>", in the order they are visited
---@field session_state "initial"|"early"|"ack_wait"|"confirmed"|"terminated"
---@field signaling_state "initial"|"have_local_offer"|"have_remote_offer"|"stable"|"closed"
---@field offer string? session description in use or under negotiation
---@field answer string?
---@field delegate moonsip.SessionDelegate? settable; script.NAME follows a reload
---@field data table the script's own, for this call; survives reloads
---@field logger moonsip.Logger? carries the Call-ID
---@field takes_update boolean the peer's Allow lists UPDATE
local Session = {}

--- Who we are when a 401 or 407 asks (RFC 3261 22).  Without `realm` it is bound to
--- the first realm that asks the request it was given to; challenges of others are
--- not answered.  `algorithm` restricts the answers to one; an `ha1` is of that
--- algorithm (MD5 when it has 32 digits).
---@class moonsip.Login
---@field username string
---@field password string?
---@field ha1 string? in its place: sip.auth.ha1(username, realm, password, algorithm)
---@field realm string?
---@field algorithm moonsip.auth.Algorithm?

---@class moonsip.RequestOptions
---@field auth (moonsip.Login|moonsip.Login[])? also for what the call sends later; not prack
---@field extra_headers moonsip.ExtraHeaders?
---@field body (string|moonsip.Body|false)?
---@field delegate moonsip.OutgoingRequestDelegate?
---@field timeout number? seconds to the final response; then `ETIMEOUT`; a re-INVITE is cancelled

--- Hangs up.  Before the ACK of our 2xx the BYE is queued until the ACK or its
--- time-out (RFC 3261 15); a 2xx of theirs is acknowledged first.
---@param options? moonsip.RequestOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err `EGONE`: over; `ESTATE`: an early call that they began: answer
--- the INVITE; `ENOMEM`
function Session:bye(options) end

--- Other requests in the dialog.  A string body of MESSAGE is text/plain, others
--- need `content_type`.  481 ends the call; 408, silence and what shows that nothing
--- gets through end it with BYE (RFC 3261 12.2.1.2, RFC 5057 table 1); the silence of
--- a NOTIFY leaves it alone.
---@param options? moonsip.RequestOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err `EGONE`; `ENOMEM`
function Session:info(options) end
Session.message = Session.info

---@class moonsip.NotifyOptions: moonsip.RequestOptions
---@field event string?
---@field accept string?

---@param options? moonsip.NotifyOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err as of Session:info
function Session:notify(options) end

---@class moonsip.ReferOptions: moonsip.RequestOptions
---@field refer_to string|moonsip.URI
---@field referred_by (string|moonsip.URI)?
---@field subscribe boolean? false: we need no NOTIFYs (RFC 4488)
---@field delegate moonsip.SubscribeDelegate?

--- Asks the peer to call `refer_to` (RFC 3515).  Its NOTIFYs go to the delegate's
--- `on_notify`, also when they come before the response; `response.subscription` is
--- the same.
---@param options moonsip.ReferOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err as of Session:info
function Session:refer(options) end

---@class moonsip.AnyRequestOptions: moonsip.RequestOptions
---@field method string one without a function of its own

---@param options moonsip.AnyRequestOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err as of Session:info
function Session:request(options) end

--- Acknowledges the reliable provisional response that came last (RFC 3262); a
--- body answers its offer or, with none open, makes one.  Without it the engine
--- does so when the callbacks have run.  A missing answer is raised.
---@param options? moonsip.RequestOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err `ESTATE`: nothing to acknowledge; `EGONE`; `ENOMEM`
function Session:prack(options) end

---@class moonsip.ChangeOptions: moonsip.RequestOptions
---@field ack boolean? of an INVITE; false: the script acknowledges its 2xx, within 64*T1
---@field retry boolean? false: 491, 420 and 422 are final; default true

--- Changes the session by a re-INVITE.  With a body that is our offer, and its
--- 2xx is acknowledged at once.  Without one the peer makes the offer, and the
--- answer goes into `response:ack { body = }`.  A 491 is tried again after 0 to 2 s,
--- in a call that we began after 2.1 to 4 s (RFC 3261 14.1), a 422 with a longer
--- interval.  481, 408, silence and some others (RFC 5057 table 1) end the call; any
--- other refusal leaves the session as it was, or as a reliable provisional response
--- agreed.  Nothing else may be open on either side, but for a refresh of the session
--- timer: behind that it waits, without `message` so far.  A callee that is asked by it,
--- and keeps silent for `limits.ring_time`, hears CANCEL.
---@param options? moonsip.ChangeOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err `EPENDING`: something is open; `EGONE`; `ESTATE`: early; `ENOMEM`
function Session:invite(options) end

--- The same by UPDATE (RFC 3311), whose 2xx needs no ACK.  Without a body it
--- moves the remote target and renews the session timer only.  In an early call it
--- may be sent, with an offer once ours or theirs is answered reliably (RFC 3311 5.1).
---@param options? moonsip.ChangeOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err as of Session:invite
function Session:update(options) end

--- The value of a Replaces by which somebody else may take our place at the peer
--- (RFC 3891): for a Refer-To to a third party, `sip.uri.escape` first.
---@param early_only? boolean not once the call is answered
---@return string? text
---@return moonsip.Error? err `EGONE`; `ESTATE`: an early call that we began
function Session:replaces(early_only) end

--- Lets go of the call without a word to the peer; open requests get 487.
function Session:dispose() end
