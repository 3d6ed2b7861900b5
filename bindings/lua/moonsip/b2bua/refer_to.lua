--- Where a REFER points (RFC 3515 2.1).  Of the headers in its URI only Replaces
--- counts: the others would let a peer write our requests.
local refer_to = {}

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- "id;to-tag=1;from-tag=2" (RFC 3891 6.1); tags of which one is missing are none.
local function replaces(text)
  local call_id = text:match("^%s*([^;%s]+)")
  local to_tag = text:match(";%s*[tT][oO]%-[tT][aA][gG]%s*=%s*([^;%s]+)")
  local from_tag = text:match(";%s*[fF][rR][oO][mM]%-[tT][aA][gG]%s*=%s*([^;%s]+)")
  if not call_id or not to_tag or not from_tag or text:find("%c") then return nil end
  return { text = text, call_id = call_id, to_tag = to_tag, from_tag = from_tag }
end

--- { uri, method, replaces = { text, call_id, to_tag, from_tag } } or nil.
function refer_to.read(message)
  local values = message:headers("Refer-To")
  local text = values[1]
  if #values ~= 1 then return nil end
  local uri = text:match("<([^>]*)>") or text:match("^%s*([^;%s]+)")
  if not uri or not uri:find("^[sS][iI][pP][sS]?:") then return nil end
  local base, rest = uri:match("^([^?]*)%??(.*)$")
  local where = { method = "INVITE" }
  where.uri = base:gsub(";[mM][eE][tT][hH][oO][dD]=([^;]*)", function(method)
    where.method = method:upper()
    return ""
  end)
  for name, value in rest:gmatch("([^&=]+)=([^&]*)") do
    if name:lower() == "replaces" then where.replaces = replaces(unescape(value)) end
  end
  return where
end

return refer_to
