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
local sip = {}

--- Reads a URI; one that is read already is returned as it is.  Raises for
--- anything but a string or a URI.
---
---     local uri = assert(sip.uri("sip:alice@example.com;transport=tcp"))
---@param text string|moonsip.URI
---@return moonsip.URI? uri
---@return moonsip.Error? err `ESYNTAX`: what was expected, and at which byte
function sip.uri(text) end
