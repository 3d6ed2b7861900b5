--- The package dialog: the calls of a user (RFC 4235).
local xml = require("moonsip.events.xml")

local dialog = {}

dialog.event = "dialog"
dialog.content_type = "application/dialog-info+xml"

local states = { early = "early", ack_wait = "confirmed", confirmed = "confirmed" }

local function party(lines, name, side)
  if not side then return end
  lines[#lines + 1] = "<" .. name .. ">\n"
    .. xml.element("identity", side.identity, xml.attribute("display", side.display))
  if side.target then
    lines[#lines + 1] = "<target" .. xml.attribute("uri", side.target) .. "/>\n"
  end
  lines[#lines + 1] = "</" .. name .. ">\n"
end

local function add(lines, row)
  lines[#lines + 1] = "<dialog" .. table.concat({
    xml.attribute("id", row.id), xml.attribute("call-id", row.call_id),
    xml.attribute("local-tag", row.local_tag), xml.attribute("remote-tag", row.remote_tag),
    xml.attribute("direction", row.direction),
  }) .. ">\n"
  lines[#lines + 1] = xml.element("state", row.state,
    xml.attribute("event", row.event) .. xml.attribute("code", row.code))
  lines[#lines + 1] = xml.element("duration", row.duration)
  party(lines, "local", row["local"])
  party(lines, "remote", row.remote)
  lines[#lines + 1] = "</dialog>\n"
end

--- The body of a NOTIFY.  Each subscriber's documents are numbered from 0; a full
--- one lists all dialogs, a partial one those that changed.
---@param info moonsip.events.DialogInfo
---@return string
function dialog.format(info)
  local lines = {
    '<?xml version="1.0" encoding="UTF-8"?>\n'
      .. '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info"'
      .. xml.attribute("version", info.version or 0)
      .. xml.attribute("state", info.state or "full") .. xml.attribute("entity", info.entity)
      .. ">\n",
  }
  for _, row in ipairs(info.dialogs or {}) do add(lines, row) end
  lines[#lines + 1] = "</dialog-info>\n"
  return table.concat(lines)
end

--- The row of a call of ours.
---@param session moonsip.Session
---@return moonsip.events.Dialog
function dialog.of(session)
  local live = session.call_id ~= nil
  return {
    id = session.id, call_id = session.call_id, local_tag = session.local_tag,
    remote_tag = session.remote_tag, state = states[session.session_state] or "terminated",
    ["local"] = live and { identity = tostring(session.local_uri) } or nil,
    remote = live and {
      identity = tostring(session.remote_uri), target = tostring(session.remote_target),
    } or nil,
  }
end

local function read_party(element, name)
  local side = xml.child(element, name)
  if not side then return nil end
  local identity, text = xml.child(side, "identity")
  local target = xml.child(side, "target")
  return {
    identity = text, display = identity and identity.attributes.display,
    target = target and target.attributes.uri,
  }
end

local function read(element)
  local attributes = element.attributes
  local state, text = xml.child(element, "state")
  local _, duration = xml.child(element, "duration")
  if not attributes.id or not state then return nil end
  return {
    id = attributes.id, call_id = attributes["call-id"], local_tag = attributes["local-tag"],
    remote_tag = attributes["remote-tag"], direction = attributes.direction, state = text,
    event = state.attributes.event, code = tonumber(state.attributes.code),
    duration = tonumber(duration), ["local"] = read_party(element, "local"),
    remote = read_party(element, "remote"),
  }
end

--- What such a document says; nil and why when it is none.
---@param text string
---@return moonsip.events.DialogInfo? info
---@return string? why
function dialog.parse(text)
  local root, why = xml.parse(text)
  if not root then return nil, why end
  if root.name ~= "dialog-info" then return nil, "dialog-info expected" end
  local info = {
    version = math.tointeger(tonumber(root.attributes.version)), state = root.attributes.state,
    entity = root.attributes.entity, dialogs = {},
  }
  for _, child in ipairs(root) do
    if child.name == "dialog" then
      local row = read(child)
      if not row then return nil, "a dialog without id or state" end
      table.insert(info.dialogs, row)
    end
  end
  return info
end

return dialog
