---@meta moonsip
error("a meta file is read by editors, never run")

--- A received message: immutable, decoded on demand.  Tables it gives are made
--- once: read them, do not write to them.  tostring() gives its exact
--- bytes.  A malformed optional header is nil as a field; header() still has its
--- text.  Once its engine is closed all is nil.
---@class moonsip.Message
---@field method string of the request, or of CSeq in a response
---@field ruri moonsip.URI? Request-URI; nil in a response
---@field status_code integer? nil in a request
---@field reason_phrase string?
---@field from moonsip.NameAddr?
---@field to moonsip.NameAddr?
---@field contact (moonsip.NameAddr|"*")? the first one (RFC 3261 20.10)
---@field call_id string?
---@field cseq moonsip.CSeq?
---@field via moonsip.Via[] top first
---@field body string? nil when there is none
---@field content_type string? "application/sdp": lower case, without parameters
---@field source moonsip.Source
local Message = {}

---@class moonsip.NameAddr
---@field display_name string? without quotes and backslashes
---@field uri moonsip.URI?
---@field params table<string, string|true> header parameters, names in lower case
---@field tag string?

---@class moonsip.CSeq
---@field number integer
---@field method string

---@class moonsip.Via
---@field transport string "UDP", as written
---@field host string
---@field port integer?
---@field branch string?
---@field received string?
---@field rport (integer|true)? true: asked for, without a value (RFC 3581)

---@class moonsip.Source
---@field transport "udp"|"tcp"|"tls"|"ws"|"wss"
---@field address string numeric, IPv6 without brackets
---@field port integer

---@class moonsip.Part
---@field content_type string? "application/sdp"; "text/plain" when it says nothing
---@field disposition string? "session"
---@field headers table<string, string> names in lower case
---@field body string

--- The first value of a header.  Case and compact forms do not matter (RFC 3261
--- 7.3.1, 7.3.3); a list header gives its first member; folds become spaces.
---@param name string
---@return string? value
function Message:header(name) end

--- The session description in it, as it was written, also out of a body of several
--- parts.
---@return string? text
function Message:description() end

--- All values of a header, members of list headers one by one, over all rows.
---@param name string
---@return string[] values
function Message:headers(name) end

--- The rows whose names a set holds, in lower case; `["x-"] = true` wants all that
--- begin so.  What belongs to one hop or one dialog (Via, Contact, ...) is left
--- out.  Nil when there are none.
---@param set table<string, boolean>
---@return string[]? lines "Name: value", in their order
function Message:lines(set) end

---@param name string
---@return boolean
function Message:has(name) end

--- The parts of a multipart body; a body that is not multipart is its only part.
---@return moonsip.Part[]? parts
---@return moonsip.Error? err `ESYNTAX`: no boundary, or a broken part
function Message:parts() end
