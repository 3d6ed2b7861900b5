--- A presence server: takes PUBLISH (RFC 3903), composes one document per user,
--- and tells who subscribed (RFC 3856).
---
--- What was published belongs to the engine, by the server's name, so a script
--- that is reloaded finds it.
local delegates = require("moonsip.delegates")
local library = require("moonsip.library")
local notifier = require("moonsip.events.notifier")
local options = require("moonsip.options")
local presence = require("moonsip.events.presence")
local sip = require("moonsip")

local server = {}

---@class moonsip.events.PresenceServer
local Server = {}
Server.__index = Server

-- Type and default of each option.
local known = {
  name = { "string", "presence" },
  allow = "function",
  delegate = "table",
  min_expires = { "number", 60 },
  max_expires = { "number", 3600 },
  max_publications = { "number", 20 },
}

local by_engine = setmetatable({}, { __mode = "k" })

-- Publications by resource, in the order they came first.
local function state_of(self)
  local engine = assert(sip.engine())
  by_engine[engine] = by_engine[engine] or {}
  local states = by_engine[engine]
  states[self.name] = states[self.name] or { users = {} }
  return states[self.name]
end

-- The same, for a server that the script uses: its delegate hears from now on.
local function claim(self)
  local state = state_of(self)
  if self.delegate then state.held = delegates.hold(self.delegate) end
  return state
end

--- Makes a presence server.
---@param given? moonsip.events.PresenceServerOptions
---@return moonsip.events.PresenceServer
function server.new(given)
  local self = setmetatable(options.read("presence.server", given, known), Server)
  self.notifier = notifier.new({
    event = presence.event, content_type = presence.content_type, name = self.name,
    allow = self.allow, min_expires = self.min_expires, max_expires = self.max_expires,
    body = function(resource) return self:document(resource) end,
  })
  return self
end

--- The document of a user as subscribers get it.
function Server:document(resource)
  local list = {}
  for i, publication in ipairs(state_of(self).users[resource] or {}) do
    list[i] = publication.document
  end
  return presence.compose("pres:" .. resource, list)
end

local function changed(self, state, resource)
  self.notifier:changed(resource)
  local on_change = delegates.find(state.held, "on_change")
  if on_change then on_change(resource, self:document(resource)) end
end

local function find(list, etag)
  for i, publication in ipairs(list or {}) do
    if publication.etag == etag then return i, publication end
  end
end

local function remove(state, resource, i)
  local list = state.users[resource]
  local publication = table.remove(list, i)
  if publication.timer then publication.timer:cancel() end
  if #list == 0 then state.users[resource] = nil end
end

-- Nobody refreshed it (RFC 3903 4).
local function expire(self, state, resource, publication)
  local i = find(state.users[resource], publication.etag)
  if not i then return end
  publication.timer = nil
  remove(state, resource, i)
  changed(self, state, resource)
end

-- What a PUBLISH asks for (RFC 3903 6, steps 2 to 5), or the options of its refusal.
local function read(self, state, resource, message)
  local event = message:header("Event")
  if not event or event:match("^[^;%s]+") ~= presence.event then
    return nil, { status_code = 489, extra_headers = { "Allow-Events: " .. presence.event } }
  end
  local asked = {}
  local etags = message:headers("SIP-If-Match")
  if #etags > 1 or #etags == 1 and not etags[1]:find("^[^%s,]+$") then
    return nil, { status_code = 400, reason_phrase = "One Entity-Tag Expected" }
  end
  if etags[1] then
    asked.place, asked.publication = find(state.users[resource], etags[1])
    if not asked.place then
      return nil, { status_code = 412, reason_phrase = "Conditional Request Failed" }
    end
  end
  local expires = message:header("Expires")
  asked.expires = math.tointeger(tonumber(expires or self.max_expires))
  if not asked.expires or asked.expires < 0 then
    return nil, { status_code = 400, reason_phrase = "Malformed Expires" }
  end
  if asked.expires > 0 and asked.expires < self.min_expires then
    return nil, { status_code = 423, min_expires = math.ceil(self.min_expires) }
  end
  asked.expires = math.min(asked.expires, math.floor(self.max_expires))
  return asked
end

-- The document it brings or leaves as it is; or nil and a refusal.
local function document_of(message, asked)
  local body = message.body or ""
  if body == "" then
    if asked.publication then return asked.publication.document end
    return nil, { status_code = 400, reason_phrase = "Nothing Published" }
  end
  if message.content_type ~= presence.content_type then
    return nil, {
      status_code = 415, extra_headers = { "Accept: " .. presence.content_type },
    }
  end
  local document, why = presence.parse(body)
  if not document then
    return nil, { status_code = 400, reason_phrase = "Malformed Document: " .. why }
  end
  return body
end

-- Keeps it under a new entity-tag, in its place.
local function store(self, state, resource, asked, document)
  local list = state.users[resource] or {}
  if not asked.place and #list >= self.max_publications then return nil end
  local publication = { etag = sip.random(16), document = document }
  publication.timer = library.after(asked.expires, expire, self, state, resource, publication)
  if asked.publication and asked.publication.timer then asked.publication.timer:cancel() end
  list[asked.place or #list + 1] = publication
  state.users[resource] = list
  return publication.etag
end

local function accept(request, etag, expires)
  return request:accept({ extra_headers = { "SIP-ETag: " .. etag, "Expires: " .. expires } })
end

--- Answers a PUBLISH; the caller has made sure that its sender may.
function Server:publish(request, resource)
  local message = request.message
  resource = resource or require("moonsip.events").resource(message.ruri)
  local state = claim(self)
  local asked, refusal = read(self, state, resource, message)
  if not asked then return request:reject(refusal) end
  if asked.expires == 0 then
    if asked.place then remove(state, resource, asked.place) end
    local response, err = accept(request, sip.random(16), 0)
    if asked.place then changed(self, state, resource) end
    return response, err
  end
  local document, wrong = document_of(message, asked)
  if not document then return request:reject(wrong) end
  local before = asked.publication and asked.publication.document
  local etag = store(self, state, resource, asked, document)
  if not etag then return request:reject({ status_code = 503 }) end
  local response, err = accept(request, etag, asked.expires)
  if document ~= before then changed(self, state, resource) end
  return response, err
end

--- Answers a SUBSCRIBE for presence.
function Server:subscribe(request, resource)
  claim(self)
  return self.notifier:handle(request, resource)
end

--- What the server itself knows of a user, in place of what it said before under
--- this key; nil takes it back.
function Server:set(resource, key, document)
  local state = claim(self)
  local list = state.users[resource] or {}
  local place = find(list, key)
  if document then
    list[place or #list + 1] = { etag = key, document = presence.format(document) }
    state.users[resource] = list
  elseif place then
    remove(state, resource, place)
  end
  if document or place then changed(self, state, resource) end
end

return server
