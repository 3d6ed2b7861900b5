--- The headers of the 200 to a REGISTER (RFC 3261 10.3 step 8; RFC 3327, 3608,
--- 5626, 5627).
local bindings = require("moonsip.registrar.bindings")

local reply = {}

-- RFC 3261 25.1: paramchar, of what an instance may hold.
local function escape(text)
  return (text:gsub("[^%w%-_.!~*'()%[%]/:&+$]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
end

-- RFC 3261 25.1: quoted-string.
local function quote(text)
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

--- The public GRUU of an instance at an AOR (RFC 5627 3.1.1).
function reply.public_gruu(aor, instance)
  return aor .. ";gr=" .. escape(instance)
end

local function contact_line(binding, aor, now, gruu)
  local parts = {
    "Contact: ", binding.display_name and quote(binding.display_name) .. " " or "",
    "<", binding.uri, ">",
  }
  local function add(text) parts[#parts + 1] = ";" .. text end
  if binding.q < 1 then add(("q=%.3f"):format(binding.q):gsub("0+$", "")) end
  for _, param in ipairs(binding.params or {}) do add(param) end
  if gruu and binding.instance then
    add("pub-gruu=" .. quote(reply.public_gruu(aor, binding.instance)))
  end
  add("expires=" .. bindings.left(binding, now))
  return table.concat(parts)
end

local function date_line()
  return os.date("!Date: %a, %d %b %Y %H:%M:%S GMT")
end

--- All of them, for `extra_headers`.
---@param asked table what register.read gave
---@param list moonsip.registrar.Record[]
---@param now number
---@param options table a registrar's
---@return string[]
function reply.headers(asked, list, now, options)
  local lines = {}
  local gruu = options.gruu and asked.supported.gruu
  for _, binding in ipairs(list) do
    if binding.expires_at > now then
      lines[#lines + 1] = contact_line(binding, asked.aor, now, gruu)
    end
  end
  for _, path in ipairs(asked.path) do lines[#lines + 1] = "Path: " .. path end
  for _, route in ipairs(options.service_route) do
    lines[#lines + 1] = "Service-Route: " .. route
  end
  if asked.flow and asked.supported.outbound then
    lines[#lines + 1] = "Require: outbound"
    if options.flow_timer and #asked.path == 0 then
      lines[#lines + 1] = ("Flow-Timer: %d"):format(options.flow_timer)
    end
  end
  if options.date then lines[#lines + 1] = date_line() end
  return lines
end

return reply
