---@meta moonsip
error("a meta file is read by editors, never run")

--- A sip, sips or tel URI, or another one as opaque text: a value that never
--- changes.  `==` compares as RFC 3261 19.1.4 (RFC 3966 4 for tel) says; tostring()
--- gives the text as it was.  Fields have their escapes undone.
---@class moonsip.URI
---@field scheme string in lower case
---@field user string? the number of a tel URI
---@field password string?
---@field host string? IPv6 with its brackets
---@field port integer?
---@field params table<string, string|true> names in lower case
---@field headers table<string, string>

---@class moonsip
---@field uri moonsip.uri

--- Reads a URI; one that is read already is returned as it is.  Raises for
--- anything but a string or a URI.
---
---     local uri = assert(sip.uri("sip:alice@example.com;transport=tcp"))
---@class moonsip.uri
---@overload fun(text: string|moonsip.URI): moonsip.URI?, moonsip.Error?
local uri = {}

--- Reads an address as headers have it: `"Bob" <sip:bob@example.com>;q=0.5`.
---@param text string
---@return moonsip.uri.Address? address
---@return moonsip.Error? err `ESYNTAX`
function uri.nameaddr(text) end

--- Text for the user, a parameter or a header of a URI: everything but unreserved
--- characters as %XX (RFC 3261 25.1).
---@param text string
---@return string
function uri.escape(text) end

---@class moonsip.uri.Address: moonsip.NameAddr
---@field uri moonsip.URI
---@field list string[] its parameters in order, as they were written

--- The canonical address-of-record of a sip or sips URI (RFC 3261 10.3 step 5):
--- "sip:", the user with no escape that need not be, the host in lower case;
--- nothing else.
---@param text string|moonsip.URI
---@return string? aor
---@return moonsip.Error? err `ESYNTAX`; `EUNSUPPORTED`: another scheme
function uri.aor(text) end
