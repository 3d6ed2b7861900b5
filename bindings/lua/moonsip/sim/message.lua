--- A message as a test reads it: the bytes, and fields found on first use.
---
--- This is not the engine's parser.  A test must not believe the code it tests,
--- and a phone that sees millions of messages needs four fields of each.
local Message = {}

local compact = {
  b = "referred-by", c = "content-type", e = "content-encoding", f = "from",
  i = "call-id", k = "supported", l = "content-length", m = "contact",
  o = "event", r = "refer-to", s = "subject", t = "to", u = "allow-events",
  v = "via", x = "session-expires",
}

local methods = {}
local fields = {}

function Message.new(text)
  return setmetatable({ text = text }, Message)
end

function Message.__index(message, key)
  local method = methods[key]
  if method then
    return method
  end
  local field = fields[key]
  if field then
    local value = field(message)
    rawset(message, key, value)
    return value
  end
end

function Message.__tostring(message)
  return message.text
end

-- Header rows by lowercase full name, in order.
function fields.rows(message)
  local rows = {}
  local head = message.text:match("^(.-\r?\n)\r?\n") or message.text
  head = head:gsub("\r?\n[ \t]+", " ")
  for name, value in head:gmatch("\n([^%s:]+)[ \t]*:[ \t]*([^\r\n]*)") do
    name = name:lower()
    name = compact[name] or name
    rows[name] = rows[name] or {}
    table.insert(rows[name], (value:gsub("%s+$", "")))
  end
  return rows
end

--- The first value of a header, or nil.
function methods.header(message, name)
  local row = message.rows[name:lower()]
  return row and row[1]
end

--- All rows of a header.
function methods.headers(message, name)
  return message.rows[name:lower()] or {}
end

--- True when the comma list of a header holds this token.
function methods.lists(message, name, token)
  for _, row in ipairs(message:headers(name)) do
    for item in row:gmatch("[^,%s]+") do
      if item:lower() == token:lower() then
        return true
      end
    end
  end
  return false
end

function fields.is_request(message)
  return message.text:sub(1, 8) ~= "SIP/2.0 "
end

function fields.status_code(message)
  return tonumber(message.text:match("^SIP/2%.0 (%d+)"))
end

function fields.reason_phrase(message)
  return message.text:match("^SIP/2%.0 %d+ ([^\r\n]*)")
end

function fields.ruri(message)
  return message.is_request and message.text:match("^%S+ (%S+)") or nil
end

local function cseq_of(message)
  local number, method = message.text:match("\nCSeq: (%d+) ([^\r\n]+)")
  if not number then
    number, method = (message:header("CSeq") or ""):match("^(%d+)%s+(%S+)")
  end
  message.cseq = tonumber(number)
  message.cseq_method = method
end

function fields.cseq(message)
  cseq_of(message)
  return rawget(message, "cseq")
end

function fields.cseq_method(message)
  cseq_of(message)
  return rawget(message, "cseq_method")
end

--- Of a request its own method, of a response its CSeq's.
function fields.method(message)
  if message.is_request then
    return message.text:match("^(%S+)")
  end
  return message.cseq_method
end

function fields.branch(message)
  local via = message.text:match("\nVia: ([^\r\n]+)") or message:header("Via") or ""
  return via:match("[;%s]branch=([^;,%s]+)")
end

function fields.call_id(message)
  return message.text:match("\nCall%-ID: ([^\r\n]+)") or message:header("Call-ID")
end

function fields.from(message)
  return message.text:match("\nFrom: ([^\r\n]+)") or message:header("From")
end

function fields.to(message)
  return message.text:match("\nTo: ([^\r\n]+)") or message:header("To")
end

function fields.from_tag(message)
  return (message.from or ""):match(";tag=([^;%s]+)")
end

function fields.to_tag(message)
  return (message.to or ""):match(";tag=([^;%s]+)")
end

--- The URI text of the first Contact.
function fields.contact(message)
  local contact = message.text:match("\nContact: ([^\r\n]+)") or message:header("Contact")
  return contact and (contact:match("<([^>]*)>") or contact:match("^[^;,]+"))
end

--- The RSeq number of a reliable provisional response, else nil.
function fields.rseq(message)
  return tonumber(message.text:match("\nRSeq: (%d+)") or message:header("RSeq"))
end

function fields.body(message)
  return message.text:match("\r?\n\r?\n(.*)$") or ""
end

function fields.has_sdp(message)
  return message.body:sub(1, 2) == "v="
end

--- "INVITE", or "200 INVITE": what a ladder calls it.
function fields.label(message)
  if message.is_request then
    return message.method or "?"
  end
  return ("%s %s"):format(message.status_code or "?", message.method or "?")
end

return Message
