---@meta moonsip
error("a meta file is read by editors, never run")

---@alias moonsip.auth.Algorithm
---| "SHA-512-256"
---| "SHA-256"
---| "MD5"

--- Says who `username` is: the HA1 that sip.auth.ha1 made with this realm and
--- algorithm, or the password itself; nil when there is no such user.  An HA1 of
--- another algorithm's length is raised.
---@alias moonsip.auth.Lookup
---| fun(username: string, realm: string, algorithm: string): string|{ password: string }|nil

---@class moonsip.auth.Options
---@field realm string? the setting `auth.realm` when absent
---@field proxy boolean? 407 and Proxy-Authorization instead of 401 and Authorization
---@field algorithms string[]? SHA-512-256, SHA-256, MD5 when absent; offered strongest first
---@field qop ("auth"|"auth-int")[]? both when absent
---@field nonce_expires number? seconds; the setting `auth.nonce_expires` when absent
---@field check_uri boolean? false: behind a proxy that changes Request-URIs

--- Digest authentication as a server (RFC 3261 22, RFC 7616, RFC 8760).
---@class moonsip.auth
local auth = {}

--- The user who sent this request, whatever its method, in a call or outside.
--- nil when it was answered instead: 401 or 407 with a challenge per algorithm,
--- 400 when the credentials are malformed or name another user or host than the
--- Request-URI (port, parameters and sips do not matter), 403 after too many wrong
--- passwords of that address or for that user.  The lookup may wait.  Asked again
--- about the same request it gives the same user.  Raises for an ACK, which cannot
--- be challenged (RFC 3261 22.1).
---
---     local user = sip.auth.require(request, function(name) return users[name] end)
---     if not user then return end
---@param request moonsip.IncomingRequest
---@param lookup moonsip.auth.Lookup
---@param options? moonsip.auth.Options
---@return string? user
function auth.require(request, lookup, options) end

--- "Authentication-Info: ..." for extra_headers of the 2xx to a request that
--- `require` let pass: proof that we know the password too, and the next nonce
--- when half of this one's time is over (RFC 7616 3.5).  nil for other requests.
---@param request moonsip.IncomingRequest
---@param body? string of that response
---@return string? header
function auth.info(request, body) end

--- What to store instead of a password: H(user:realm:password) in lowercase
--- hexadecimal digits.
---@param user string
---@param realm string
---@param password string
---@param algorithm? moonsip.auth.Algorithm "SHA-256" when absent
---@return string
function auth.ha1(user, realm, password, algorithm) end
