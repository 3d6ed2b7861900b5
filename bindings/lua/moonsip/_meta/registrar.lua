---@meta moonsip
error("a meta file is read by editors, never run")

---@class moonsip
---@field registrar moonsip.registrar loaded on first use

--- Answers REGISTER and knows where users are.
---
---     local registrar = sip.registrar.new { realm = "example.com" }
---     function script.on_register(request)
---       local user = sip.auth.require(request, passwords)
---       if user then registrar:handle(request, user) end
---     end
---     function script.on_invite(request)
---       sip.b2bua.bridge(request, registrar:targets(request.message.ruri))
---     end
---@class moonsip.registrar
---@field reginfo moonsip.registrar.reginfo
local registrar = {}

--- `name` picks the bindings: registrars of one name in one engine share them, so
--- they are still there after a reload.  With `realm` every host counts as this
--- one; with `domains` an address of another host is refused (404) and not found.
--- `accepts` says who may register what: true, false (404) or a status to refuse
--- with; it may wait.  `path` is "supported" (RFC 3327: only from phones that say
--- so, else 420), "always" or "off".  `outbound` true registers flows (RFC 5626)
--- over UDP too, whose keep-alive (STUN) the engine does not answer; false none.
---@class moonsip.RegistrarOptions
---@field name string? "main"
---@field store moonsip.registrar.Store? instead of the one in memory of that name
---@field realm string?
---@field domains string[]?
---@field accepts (fun(aor: string, user: any, request: moonsip.IncomingRequest): boolean|integer)?
---@field delegate moonsip.RegistrarDelegate?
---@field min_expires number? 60; what is briefer is refused: 423
---@field max_expires number? 7200; what is longer is shortened
---@field default_expires number? 3600, or as near as the others let it be
---@field max_contacts integer? 10, at most 40; beyond it 403
---@field path "supported"|"always"|"off"|nil
---@field service_route string[]? name-addrs for Service-Route (RFC 3608)
---@field outbound boolean?
---@field flow_timer integer? seconds for Flow-Timer
---@field gruu boolean? true: gives public GRUUs (RFC 5627)
---@field date boolean? true: every 200 has Date

--- Raises for an option that is unknown, of a wrong type or out of range.
---@param options? moonsip.RegistrarOptions
---@return moonsip.Registrar
function registrar.new(options) end

--- A store in memory of the script's own; a reload that makes it anew loses what
--- it held.
---@param options? { limit: integer? } addresses it takes (1000000)
---@return moonsip.registrar.Store
function registrar.memory(options) end

---@alias moonsip.RegistrarEvent "registered"|"refreshed"|"unregistered"|"expired"

--- An exported table of the script is followed by its name when that is reloaded.
---@class moonsip.RegistrarDelegate
local RegistrarDelegate = {}

--- Called after the REGISTER is answered, once for each kind of change; optional.
---@param aor string "sip:bob@example.com"
---@param bindings moonsip.Binding[] all there are now, best first
---@param event moonsip.RegistrarEvent
---@param changed moonsip.Binding[] those the event is about
function RegistrarDelegate.on_change(aor, bindings, event, changed) end

---@class moonsip.Binding a copy: changing it changes nothing
---@field uri moonsip.URI
---@field q number
---@field expires integer seconds left
---@field path string[]? name-addrs to send requests through, in order
---@field received string? URI it was heard from, where that is not its Contact
---@field instance string? "urn:uuid:..." of +sip.instance
---@field reg_id integer? of its flow (RFC 5626)
---@field user_agent string?
---@field display_name string?
---@field params string[]? its other Contact parameters, as they were written
---@field id string the same while it stays bound
---@field call_id string
---@field cseq integer
---@field registered_for integer seconds since it was first bound
---@field refreshed boolean

---@class moonsip.Registrar
local Registrar = {}

--- Answers a REGISTER as RFC 3261 10.3 says.  `user` is who it was authenticated
--- as: unless `accepts` decides, only the address with that user part is his to
--- change (403).  The 200 has Authentication-Info when sip.auth.require asked who
--- it was.  May wait when the store does.
---@param request moonsip.IncomingRequest
---@param user? string
---@return moonsip.Response? response what was sent; see its status_code
---@return moonsip.Error? err as for request:accept
function Registrar:handle(request, user) end

--- Answers a SUBSCRIBE to the `reg` event of the address in its Request-URI
--- (RFC 3680): 489 for another package, 406 for other documents, 404, 403 when `user`
--- is given and the address is not his.  A NOTIFY follows each change, at most one in
--- five seconds.  `script.settings.events` should name `reg`.
---@param request moonsip.IncomingRequest
---@param user? string
---@return moonsip.Response? response what was sent; see its status_code
---@return moonsip.Error? err as for request:accept
function Registrar:watch(request, user) end

--- Where a user is, best first: higher q, then the latest.  A sips URI finds sips
--- contacts only, one with `gr` only that instance.  Empty when nobody is there.
---@param uri string|moonsip.URI
---@return moonsip.Binding[]? bindings
---@return moonsip.Error? err `ESYNTAX`; `EUNSUPPORTED`: not sip or sips; the store's
function Registrar:lookup(uri) end

--- The same as targets for sip.b2bua and sip.proxy: a list of lists, contacts of
--- one q in each, with the route through Path or an address translator.
---@param uri string|moonsip.URI
---@return { uri: moonsip.URI, route: string[]? }[][]? targets
---@return moonsip.Error? err
function Registrar:targets(uri) end

--- Removes the bindings of an address, or one: how many went.
---@param uri string|moonsip.URI
---@param contact? string|moonsip.URI
---@return integer? count
---@return moonsip.Error? err
function Registrar:remove(uri, contact) end

--- Walks the addresses that somebody is registered at, in no order.  Bindings may
--- be removed meanwhile, not added.
---
---     for aor, bindings in registrar:each() do ... end
---@return fun(): string?, moonsip.Binding[]?
function Registrar:each() end

--- The index that stands for an address (RFC 3261 10.3 step 5): what `accepts` and
--- on_change hear.  Nil when its domain is not served.
---@param uri string|moonsip.URI
---@return string? aor
---@return moonsip.Error? err
function Registrar:aor(uri) end

--- Writes application/reginfo+xml (RFC 3680); `version` counts the documents of a
--- subscription from 0.
---@class moonsip.registrar.reginfo
---@field content_type string
local reginfo = {}

---@param version integer
---@param aor string
---@param bindings moonsip.Binding[]
---@return string
function reginfo.full(version, aor, bindings) end

--- What changed, as on_change tells it.
---@param version integer
---@param aor string
---@param bindings moonsip.Binding[] what is bound now
---@param changes { event: moonsip.RegistrarEvent, binding: moonsip.Binding }[]
---@return string
function reginfo.changes(version, aor, bindings, changes) end

--- Its last four arguments are those of on_change.
---@param version integer
---@param aor string
---@param bindings moonsip.Binding[]
---@param event moonsip.RegistrarEvent
---@param changed moonsip.Binding[]
---@return string
function reginfo.partial(version, aor, bindings, event, changed) end
