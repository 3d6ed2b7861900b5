--- Documents of the `reg` event package: application/reginfo+xml (RFC 3680 5,
--- public GRUUs as RFC 5628 has them).
---
--- Pure: bindings as registrar:lookup() and on_change give them go in, a text
--- comes out.  A subscriber numbers its documents from 0.
local escape = require("moonsip.events.xml").escape
local reply = require("moonsip.registrar.reply")

local reginfo = {}

reginfo.content_type = "application/reginfo+xml"

local function element(lines, indent, name, content, attributes)
  lines[#lines + 1] = ("%s<%s%s>%s</%s>"):format(indent, name, attributes or "", escape(content),
    name)
end

local function attribute(name, value)
  return value and (' %s="%s"'):format(name, escape(value)) or ""
end

local states = { registered = "active", refreshed = "active" }

local function add_contact(lines, aor, event, binding)
  local state = states[event] or "terminated"
  lines[#lines + 1] = "    <contact" .. table.concat({
    attribute("id", binding.id), attribute("state", state), attribute("event", event),
    attribute("duration-registered", binding.registered_for),
    attribute("expires", state == "active" and binding.expires),
    attribute("q", binding.q < 1 and binding.q), attribute("callid", binding.call_id),
    attribute("cseq", binding.cseq),
  }) .. ">"
  element(lines, "      ", "uri", binding.uri)
  if binding.display_name then element(lines, "      ", "display-name", binding.display_name) end
  for _, param in ipairs(binding.params or {}) do
    local name, value = param:match("^([^%s=]+)%s*=?%s*(.*)$")
    element(lines, "      ", "unknown-param", value, attribute("name", name))
  end
  if binding.instance then
    lines[#lines + 1] = "      <gr:pub-gruu"
      .. attribute("uri", reply.public_gruu(aor, binding.instance)) .. "/>"
  end
  lines[#lines + 1] = "    </contact>"
end

local function document(version, state, aor, registration, contacts)
  local lines = {
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo"'
      .. attribute("version", version) .. attribute("state", state) .. ">",
    "  <registration" .. attribute("aor", aor) .. attribute("id", aor)
      .. attribute("state", registration) .. ">",
  }
  for _, contact in ipairs(contacts) do add_contact(lines, aor, contact.event, contact.binding) end
  lines[#lines + 1] = "  </registration>\n</reginfo>\n"
  return table.concat(lines, "\n")
end

--- All there is: for the first NOTIFY and after each refresh of a subscription.
---@param version integer
---@param aor string
---@param bindings moonsip.Binding[]
---@return string
function reginfo.full(version, aor, bindings)
  local contacts = {}
  for i, binding in ipairs(bindings) do
    contacts[i] = { event = binding.refreshed and "refreshed" or "registered", binding = binding }
  end
  return document(version, "full", aor, #bindings > 0 and "active" or "init", contacts)
end

--- What changed.
---@param version integer
---@param aor string
---@param bindings moonsip.Binding[] what is bound now
---@param changes { event: moonsip.RegistrarEvent, binding: moonsip.Binding }[]
---@return string
function reginfo.changes(version, aor, bindings, changes)
  return document(version, "partial", aor, #bindings > 0 and "active" or "terminated", changes)
end

--- The same from the arguments of on_change, as they are.
---@param version integer
---@param aor string
---@param bindings moonsip.Binding[] what is bound now
---@param event moonsip.RegistrarEvent
---@param changed moonsip.Binding[]
---@return string
function reginfo.partial(version, aor, bindings, event, changed)
  local changes = {}
  for i, binding in ipairs(changed) do changes[i] = { event = event, binding = binding } end
  return reginfo.changes(version, aor, bindings, changes)
end

return reginfo
