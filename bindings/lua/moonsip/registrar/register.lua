--- What a REGISTER asks for, read from its headers (RFC 3261 10.3 steps 2 to 7;
--- RFC 3327, 5626, 5627).
---
--- Nothing is looked up or kept here: a message and the registrar's options go
--- in, a plain table comes out, or the options of the response that refuses it.
local sip = require("moonsip")

local register = {}

local HOUR <const> = 3600
local LONGEST <const> = 4294967295
-- What one AOR can make us keep, and what has to fit into a response.
local CONTACT_BYTES <const> = 1024
local PATH_BYTES <const> = 4096
local USER_AGENT_BYTES <const> = 256

-- Contact parameters that are ours to write.
local own_params = { expires = true, q = true, ["pub-gruu"] = true, ["temp-gruu"] = true }

local function refuse(status, reason, headers)
  return nil, { status_code = status, reason_phrase = reason, extra_headers = headers }
end

--- The option tags of a header as a set.
local function tags_of(message, header)
  local set = {}
  for _, tag in ipairs(message:headers(header)) do set[tag:lower()] = true end
  return set
end

-- RFC 3261 20.10, 20.19: what is no number counts as an hour.
local function seconds(text)
  if type(text) ~= "string" or not text:find("^%d+$") then return HOUR end
  return math.tointeger(math.min(tonumber(text), LONGEST))
end

-- RFC 3261 25.1: qvalue.
local function quality(text)
  if text == nil then return 1 end
  if type(text) ~= "string" or not text:find("^[01]%.?%d?%d?%d?$") then return nil end
  local q = tonumber(text)
  return q <= 1 and q or nil
end

-- Its parameters as they were written, but for ours.
local function kept_params(address)
  local kept
  for _, text in ipairs(address.list) do
    if not own_params[text:match("^[^%s=]+"):lower()] then
      kept = kept or {}
      kept[#kept + 1] = text
    end
  end
  return kept
end

local function read_contact(text, message)
  local address, err = sip.uri.nameaddr(text)
  if not address then return refuse(400, "Bad Contact: " .. err.message) end
  local params = address.params
  local q = quality(params.q)
  if not q then return refuse(400, "Bad q In Contact") end
  if #text > CONTACT_BYTES then return refuse(400, "Contact Too Long") end
  local instance, reg_id = params["+sip.instance"], params["reg-id"]
  if type(instance) ~= "string" then instance = nil end
  if type(reg_id) ~= "string" or not reg_id:find("^%d+$") then reg_id = nil end
  return {
    uri = tostring(address.uri),
    value = address.uri,
    display_name = address.display_name,
    expires = seconds(params.expires or message:header("Expires")),
    asked = params.expires ~= nil or message:has("Expires"),
    q = q,
    instance = instance and (instance:match("^<(.*)>$") or instance),
    reg_id = instance and math.tointeger(tonumber(reg_id)),
    params = kept_params(address),
  }
end

-- RFC 3261 10.3 step 7: how long it will be.
local function grant(contact, options)
  local wanted = contact.asked and contact.expires or options.default_expires
  if wanted > 0 and wanted < options.min_expires and wanted < HOUR then
    return refuse(423, nil, { "Min-Expires: " .. options.min_expires })
  end
  contact.expires = math.min(wanted, options.max_expires)
  return contact
end

-- RFC 5627 5.1; without the first rule a call to the AOR would never end.
local function check_target(contact, aor)
  if contact.value == sip.uri(aor) then return refuse(403, "Contact Is The Address Of Record") end
  local scheme = contact.value.scheme
  if contact.instance and scheme ~= "sip" and scheme ~= "sips" then
    return refuse(403, "Contact Is Not A SIP URI")
  end
  return contact
end

--- Where a phone behind an address translator really is: the source of the
--- request, when that is not what its own Contact says.
local function received(message, uri)
  local via, source = message.via, message.source
  local host = uri.host and uri.host:lower()
  if #via ~= 1 or not host then return nil end
  if host ~= via[1].host:lower() and not host:find("%.invalid$") then return nil end
  local address = source.address:find(":", 1, true) and "[" .. source.address .. "]"
    or source.address
  local secure = uri.scheme == "sips"
  local transport = (uri.params.transport or secure and "tls" or "udp"):lower()
  local port = uri.port or (secure or transport == "tls") and 5061 or 5060
  if host == address and port == source.port and transport == source.transport then return nil end
  return ("sip:%s:%d;transport=%s"):format(address, source.port, source.transport)
end

-- RFC 3327 5.3
local function read_path(message, options, supported)
  local path = message:headers("Path")
  if #path == 0 then return {} end
  if options.path == "off" or options.path == "supported" and not supported.path then
    return refuse(420, nil, { "Unsupported: path" })
  end
  local bytes = 0
  for _, text in ipairs(path) do
    if not sip.uri.nameaddr(text) then return refuse(400, "Bad Path") end
    bytes = bytes + #text
  end
  if bytes > PATH_BYTES then return refuse(400, "Path Too Long") end
  return path
end

-- RFC 5626 6: whether its flows may be registered: true, false, or a refusal.
local function flows_allowed(asked, message, options)
  local direct = #message.via == 1
  if options.outbound == false then return false end
  if direct then return options.outbound or message.source.transport ~= "udp" end
  local first = asked.path[1] and sip.uri.nameaddr(asked.path[1])
  if first and first.uri.params.ob then return true end
  if asked.supported.outbound then
    return nil, { status_code = 439, reason_phrase = "First Hop Lacks Outbound Support" }
  end
  return false
end

local function read_flows(asked, message, options)
  local flows, kept = 0, 0
  for _, contact in ipairs(asked.contacts) do
    flows = flows + (contact.reg_id and 1 or 0)
    kept = kept + (contact.expires > 0 and 1 or 0)
  end
  if flows == 0 then return asked end
  local allowed, refusal = flows_allowed(asked, message, options)
  if allowed == nil then return nil, refusal end
  if allowed and kept > 1 then return refuse(400, "One Flow At A Time") end
  asked.flow = allowed
  for _, contact in ipairs(asked.contacts) do
    if not allowed then contact.reg_id = nil end
  end
  return asked
end

local function read_contacts(asked, message, options)
  local values = message:headers("Contact")
  if #values > 2 * options.max_contacts then return refuse(403, "Too Many Contacts") end
  asked.contacts = {}
  for i, text in ipairs(values) do
    if text == "*" then
      asked.all = true -- alone and with Expires 0: the engine refuses any other
      return asked
    end
    local contact, refusal = read_contact(text, message)
    if contact then contact, refusal = grant(contact, options) end
    if contact then contact, refusal = check_target(contact, asked.aor) end
    if not contact then return nil, refusal end
    contact.received = #asked.path == 0 and received(message, contact.value) or nil
    asked.contacts[i] = contact
  end
  return read_flows(asked, message, options)
end

-- RFC 3261 10.3 step 2
local function check_require(message, options)
  local has = {
    path = options.path ~= "off", outbound = options.outbound ~= false, gruu = options.gruu,
  }
  local unknown = {}
  for tag in pairs(tags_of(message, "Require")) do
    if has[tag] == false then unknown[#unknown + 1] = tag end
  end
  if #unknown == 0 then return true end
  return refuse(420, nil, { "Unsupported: " .. table.concat(unknown, ", ") })
end

--- The index that stands for an address (10.3 step 5); false when its domain is
--- not served, nil and why when it can be no index.
---@param uri string|moonsip.URI
---@param options table a registrar's: `realm` and `domains`
---@return string|false|nil aor
---@return moonsip.Error? err
function register.aor(uri, options)
  local aor, err = sip.uri.aor(uri)
  if not aor then return nil, err end
  if not options.realm and not options.domains then return aor end
  local user, host = aor:match("^(sip:[^@]*@)(.*)$")
  if not user then user, host = "sip:", aor:sub(5) end
  if options.domains and not options.domains[host] then return false end
  return options.realm and user .. options.realm or aor
end

--- Reads a REGISTER: what it asks for, or nil and the options for reject().
---@param message moonsip.Message
---@param options table a registrar's
---@return table? asked aor, call_id, cseq, contacts, all, path, flow, supported, user_agent
---@return moonsip.ResponseOptions? refusal
function register.read(message, options)
  local fine, refusal = check_require(message, options)
  if not fine then return nil, refusal end
  local aor = register.aor(message.to.uri, options)
  if aor == false then return refuse(404) end
  if not aor then return refuse(400, "To Is Not A SIP URI") end
  local agent = message:header("User-Agent")
  local asked = {
    aor = aor,
    call_id = message.call_id,
    cseq = message.cseq.number,
    supported = tags_of(message, "Supported"),
    user_agent = agent and agent:sub(1, USER_AGENT_BYTES),
  }
  asked.path, refusal = read_path(message, options, asked.supported)
  if not asked.path then return nil, refusal end
  return read_contacts(asked, message, options)
end

return register
