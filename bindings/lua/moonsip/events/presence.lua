--- The package presence: PIDF documents (RFC 3856, RFC 3863).
local xml = require("moonsip.events.xml")

local presence = {}

presence.event = "presence"
presence.content_type = "application/pidf+xml"

local HEAD <const> = '<?xml version="1.0" encoding="UTF-8"?>\n'
  .. '<presence xmlns="urn:ietf:params:xml:ns:pidf"'

local function add(lines, tuple, i)
  lines[#lines + 1] = table.concat({
    "<tuple", xml.attribute("id", tuple.id or "t" .. i), ">\n<status>\n",
    xml.element("basic", tuple.status), "</status>\n",
    xml.element("contact", tuple.contact, xml.attribute("priority", tuple.priority)),
    xml.element("note", tuple.note), xml.element("timestamp", tuple.timestamp), "</tuple>\n",
  })
end

--- A document: `entity` is whose it is, each tuple a way to reach it that is
--- "open" or "closed".
---@param document moonsip.events.Presence
---@return string
function presence.format(document)
  local lines = { HEAD .. xml.attribute("entity", document.entity) .. ">\n" }
  for i, tuple in ipairs(document.tuples or {}) do add(lines, tuple, i) end
  lines[#lines + 1] = xml.element("note", document.note)
  lines[#lines + 1] = "</presence>\n"
  return table.concat(lines)
end

local function read(element)
  local status = xml.child(element, "status")
  local contact, address = xml.child(element, "contact")
  local _, basic = nil, nil
  if status then _, basic = xml.child(status, "basic") end
  local _, note = xml.child(element, "note")
  local _, timestamp = xml.child(element, "timestamp")
  return {
    id = element.attributes.id, status = basic, contact = address,
    priority = contact and tonumber(contact.attributes.priority), note = note,
    timestamp = timestamp,
  }
end

local function root_of(text)
  local root, why = xml.parse(text)
  if root and root.name ~= "presence" then return nil, "presence expected" end
  return root, why
end

--- What a document says; nil and why when it is none.
---@param text string
---@return moonsip.events.Presence? document
---@return string? why
function presence.parse(text)
  local root, why = root_of(text)
  if not root then return nil, why end
  local _, note = xml.child(root, "note")
  local document = { entity = root.attributes.entity, tuples = {}, note = note }
  for _, child in ipairs(root) do
    if child.name == "tuple" then table.insert(document.tuples, read(child)) end
  end
  return document
end

-- An element as it stands, with the namespaces that its root declared for it and
-- an id that no other has.
local function transplant(text, root, element, ids)
  local names = {}
  for name, value in pairs(root.attributes) do
    if (name == "xmlns" or name:sub(1, 6) == "xmlns:") and not element.attributes[name] then
      names[#names + 1] = xml.attribute(name, value)
    end
  end
  table.sort(names)
  local source = text:sub(element.from, element.to)
  local head = #element.tag + 1
  local body = source:sub(head + 1)
  local id = element.attributes.id
  if id and ids[id] then
    local n = 2
    while ids[id .. "-" .. n] do n = n + 1 end
    body = body:gsub("(%f[%w]id%s*=%s*[\"'])[^\"']*", function(start)
      return start .. xml.escape(id .. "-" .. n)
    end, 1)
    id = id .. "-" .. n
  end
  if id then ids[id] = true end
  return source:sub(1, head) .. table.concat(names) .. body .. "\n"
end

--- One document out of what several devices published: all their tuples and
--- whatever else they say.  Without any it says that nobody is there.
---@param entity string
---@param documents string[]
---@return string
function presence.compose(entity, documents)
  if #documents == 0 then
    return presence.format({ entity = entity, tuples = { { id = "none", status = "closed" } } })
  end
  local lines, ids = { HEAD .. xml.attribute("entity", entity) .. ">\n" }, {}
  for _, text in ipairs(documents) do
    local root = root_of(text)
    for _, child in ipairs(root or {}) do
      lines[#lines + 1] = transplant(text, root, child, ids)
    end
  end
  lines[#lines + 1] = "</presence>\n"
  return table.concat(lines)
end

--- A presence server: see moonsip.events.PresenceServer.
function presence.server(options)
  return require("moonsip.events.presence_server").new(options)
end

return presence
