---@meta moonsip
error("a meta file is read by editors, never run")

---@class moonsip.EngineOptions
---@field listen string[]? "udp:127.0.0.1:5060"; port 0 picks one (udp:0.0.0.0:5060)
---@field script string? path of the script; it or `delegate`
---@field delegate moonsip.Script? instead of a script; cannot be reloaded
---@field settings table<string, any>? by name; they win over the script's own
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
---@field ending integer sessions that are over, kept for repeats
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

--- The live call with this Call-ID and these tags; ours is the local one.
---@param call_id string
---@param local_tag string
---@param remote_tag string
---@return moonsip.Session? session
function Engine:session(call_id, local_tag, remote_tag) end

--- Runs the engine inside luv's loop.
---@param uv table require "luv"
---@return { detach: fun() }
function Engine:attach(uv) end

--- Who and where: of requests that an engine sends outside dialogs.  A host name
--- as next hop is `EUNSUPPORTED`: names are not looked up.
---@class moonsip.StartOptions: moonsip.RequestOptions
---@field to string|moonsip.URI URI or name-addr
---@field from (string|moonsip.URI)? default anonymous
---@field uri (string|moonsip.URI)? Request-URI; default the URI of `to`
---@field route (string|moonsip.URI|(string|moonsip.URI)[])? preloaded route set
---@field contact (string|moonsip.URI)? default ours
---@field call_id string?
---@field max_forwards integer? default, and at most, 70
---@field timeout number? seconds to the final response; then `ETIMEOUT`, and CANCEL
---@field follow boolean? true: the Contacts of a 3xx are tried by q (RFC 3261 8.1.3.4)
---@field retry boolean? false: 416, 420 and 422 are final (RFC 3261 8.1.3.5)
---@field user_agent string?

---@class moonsip.InviteOptions: moonsip.StartOptions
---@field ack boolean? false: the script acknowledges the 2xx itself, within 64*T1
---@field prack boolean? false: likewise for reliable provisional responses
---@field replaces moonsip.Session? whose place at its peer the call takes (RFC 3891); over:
--- `EGONE`, rings at its peer: `ESTATE`
---@field rel100 "no"|"supported"|"required"|nil default the setting
---@field session_expires integer? seconds, at least `session.min_se`, kept up by us alone when
--- the callee has no session timer; 0: ask for none; default: the setting, if both sides can

--- Calls.  A body is our offer; without one the peer makes it, and the answer goes
--- into `response:ack { body = }`.  Each response with a To tag of its own has a
--- session (forks); the engine acknowledges each 2xx when the callbacks have run.
--- A 2xx of a further fork goes to `on_accept`; without that it is hung up.
---
--- With `follow` a redirected request goes to each Contact in turn, none twice and
--- 16 at most, until one accepts; 305, 380 and 6xx end that.  A 420 is answered by
--- one try without the option tags that are not supported, a 416 to a tel URI by one
--- with a SIP URI, a 422 by a longer interval; the result is that of the last try.  A
--- callee that rings and then keeps silent for `limits.ring_time` is cancelled.
---@param options moonsip.InviteOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err `EUNSUPPORTED`, `ETRANSPORT`: no way there; `ETOOBIG`; `ENOMEM`
function Engine:invite(options) end

---@class moonsip.MessageOptions: moonsip.StartOptions
---@field expires integer?

--- A string body is text/plain (RFC 3428).
---@param options moonsip.MessageOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err
function Engine:message(options) end

---@param options moonsip.StartOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err
function Engine:options(options) end

---@class moonsip.RegisterOptions: moonsip.StartOptions
---@field to (string|moonsip.URI)? default `from`
---@field contacts string|string[]|nil "*" stands for all, {} only asks; default our Contact
---@field expires integer?
---@field cseq integer? of a refresh: above the one before, with its `call_id`

--- `uri` is the registrar's (RFC 3261 10.2).
---@param options moonsip.RegisterOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err
function Engine:register(options) end

---@class moonsip.PublishOptions: moonsip.StartOptions
---@field event string
---@field expires integer?
---@field etag string? SIP-If-Match (RFC 3903)

---@param options moonsip.PublishOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err
function Engine:publish(options) end

---@class moonsip.SubscribeOptions: moonsip.StartOptions
---@field event string
---@field expires integer? default 3600; 0: asks once
---@field accept string?
---@field delegate moonsip.SubscribeDelegate?

--- Subscribes (RFC 6665).  Each place that accepts gives a subscription of its own,
--- with the 2xx or its first NOTIFY; it begins with this delegate.  The engine
--- renews it until it is over, and asks for longer when 423 says so, as publish does.
---@param options moonsip.SubscribeOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err
function Engine:subscribe(options) end

---@class moonsip.StartReferOptions: moonsip.StartOptions
---@field refer_to string|moonsip.URI
---@field referred_by (string|moonsip.URI)?
---@field subscribe boolean? false: we need no NOTIFYs (RFC 4488)
---@field delegate moonsip.SubscribeDelegate?

--- REFER outside a call, as Session:refer.
---@param options moonsip.StartReferOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err
function Engine:refer(options) end

---@class moonsip.AnyStartOptions: moonsip.StartOptions
---@field method string one without a function of its own

--- Any other method.
---@param options moonsip.AnyStartOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err
function Engine:request(options) end
