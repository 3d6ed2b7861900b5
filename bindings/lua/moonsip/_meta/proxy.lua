---@meta moonsip
error("a meta file is read by editors, never run")

---@class moonsip
---@field proxy moonsip.proxy loaded on first use

--- A stateful forking proxy (RFC 3261 16): one request of a script may be sent on,
--- the next one bridged or answered.  A script that uses it says
--- `script.settings = { proxy = true }`.
---
---     function script.on_invite(request)
---       sip.proxy.forward(request, registrar:targets(request.message.ruri))
---     end
---@class moonsip.proxy
local proxy = {}

--- Where a request may go: a URI (text or value), or more about it.
---@alias moonsip.proxy.Target string|moonsip.URI|moonsip.proxy.TargetOptions

---@class moonsip.proxy.TargetOptions
---@field uri string|moonsip.URI|nil new Request-URI; as it came when absent
---@field route moonsip.proxy.Route? pushed in front of the Route there is
---@field path string[]? the same, as bindings of a registrar have it
---@field extra_headers moonsip.ExtraHeaders?
---@field remove_headers string[]?
---@field timeout number? seconds until its final response; then it is cancelled
---@field q number? order inside a group, 1 when absent

---@alias moonsip.proxy.Route string|moonsip.URI|(string|moonsip.URI)[]

--- Of a list each is tried after the other; those of a list inside the list at once,
--- or by their `q` when they have one.  Empty: 480.  nil: to where its Route and
--- Request-URI say.
---@alias moonsip.proxy.Targets
---| moonsip.proxy.Target
---| (moonsip.proxy.Target|moonsip.proxy.Target[])[]

---@class moonsip.proxy.Options
---@field record_route boolean? later requests of the dialog pass here too (16.6.4)
---@field path boolean? so do requests to the contact that this REGISTER binds (RFC 3327)
---@field follow boolean? contacts of a 3xx are tried, each once, at most 32 in all
---@field timeout number? seconds for each target that has none of its own
---@field route moonsip.proxy.Route? for each target that has none of its own
---@field extra_headers moonsip.ExtraHeaders? for each
---@field remove_headers string[]? for each
---@field realm string? ours: Proxy-Authorization of it goes no further (22.3)
---@field understood string[]? tags of Proxy-Require that are fine; others are refused: 420
---@field preloaded boolean? follow a Route of a new request that is not ours; else 403
---@field answer boolean? false: the best response is returned and not sent
---@field on_branch? moonsip.proxy.OnBranch
---@field on_response? moonsip.proxy.OnResponse

---@alias moonsip.proxy.OnBranch
---| fun(target: moonsip.proxy.TargetOptions, request: moonsip.IncomingRequest): false?

---@alias moonsip.proxy.OnResponse
---| fun(response: moonsip.IncomingResponse, target: moonsip.proxy.TargetOptions,
---      request: moonsip.IncomingRequest)

--- Sends a request on, waits until it is decided, and answers it with the best
--- response (16.7).  Provisional responses and every 2xx go to the caller by
--- themselves, and so do CANCELs to the targets.  `on_branch` sees each target before
--- it is tried and may change it, or return false to leave it out; `on_response`
--- sees each response of each, provisional ones too.
---
--- Raises for options and headers that are wrong.  The caller's request must not
--- have been answered; `accept` works again when the result was not sent.
---@param request moonsip.IncomingRequest outside dialogs
---@param targets? moonsip.proxy.Targets
---@param options? moonsip.proxy.Options
---@return (moonsip.IncomingResponse|moonsip.Response)? response the one chosen, or our own
---@return moonsip.Error? err `EUNSUPPORTED`: it must not be sent on and was refused
--- (16.3: 403, 420, 482, 483); `ECANCELLED`, `ESTATE`, `EGONE`; `ETIMEOUT`: nobody
--- answered a request that is no INVITE (RFC 4320), or `answer` is false
function proxy.forward(request, targets, options) end
