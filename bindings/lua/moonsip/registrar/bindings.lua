--- The bindings of one address-of-record and what a REGISTER makes of them
--- (RFC 3261 10.3 steps 6 and 7, RFC 5626 6).
---
--- Pure: a list goes in, a new list and what changed come out.  A list and its
--- bindings are never modified once they are made, so whoever holds an old one
--- may go on reading it, and all of a REGISTER happens or nothing.
local sip = require("moonsip")

local bindings = {}

---@class moonsip.registrar.Record what a store keeps: texts, numbers, lists of texts
---@field id string stands for this contact in `reg` documents (RFC 3680 5.1)
---@field uri string
---@field display_name string?
---@field q number
---@field expires_at number on the store's clock
---@field registered_at number when it was first bound
---@field updated_at number
---@field call_id string
---@field cseq integer
---@field instance string? urn of +sip.instance
---@field reg_id integer?
---@field params string[]? other Contact parameters, as they were written
---@field path string[]? Path values, topmost first
---@field received string? URI the phone was heard from, where that is another
---@field user_agent string?

local function same_place(binding, contact)
  if contact.reg_id then
    return binding.instance == contact.instance and binding.reg_id == contact.reg_id
  end
  return binding.uri == contact.uri or sip.uri(binding.uri) == contact.value
end

local function find(list, contact)
  for i, binding in ipairs(list) do
    if same_place(binding, contact) then return i end
  end
end

-- Steps 6 and 7: of the same Call-ID only what is newer counts.
local function is_stale(binding, asked)
  return binding.call_id == asked.call_id and asked.cseq <= binding.cseq
end

local out_of_order = { status_code = 500, reason_phrase = "Out Of Order" }

local function make(contact, asked, old, now)
  local same = old and (old.uri == contact.uri or sip.uri(old.uri) == contact.value)
  return {
    id = same and old.id or asked.new_id(),
    uri = contact.uri,
    display_name = contact.display_name,
    q = contact.q,
    expires_at = now + contact.expires,
    registered_at = same and old.registered_at or now,
    updated_at = now,
    call_id = asked.call_id,
    cseq = asked.cseq,
    instance = contact.instance,
    reg_id = contact.reg_id,
    params = contact.params,
    path = #asked.path > 0 and asked.path or nil,
    received = contact.received,
    user_agent = asked.user_agent,
  }, same
end

local function note(changes, event, binding)
  changes[#changes + 1] = { event = event, binding = binding }
end

--- Those that live, and the changes of those that do not.
---@param list moonsip.registrar.Record[]
---@param now number
---@return moonsip.registrar.Record[] live, { event: string, binding: table }[] changes
function bindings.drop_expired(list, now)
  local live, changes = {}, {}
  for _, binding in ipairs(list) do
    if binding.expires_at > now then
      live[#live + 1] = binding
    else
      note(changes, "expired", binding)
    end
  end
  return live, changes
end

--- All go, or those that `wanted` says.
function bindings.remove(list, now, wanted)
  local live, changes = bindings.drop_expired(list, now)
  local kept = {}
  for _, binding in ipairs(live) do
    if wanted and not wanted(binding) then
      kept[#kept + 1] = binding
    else
      note(changes, "unregistered", binding)
    end
  end
  return kept, changes
end

local function remove_all(list, asked, now)
  for _, binding in ipairs(list) do
    if binding.expires_at > now and is_stale(binding, asked) then return nil, out_of_order end
  end
  return bindings.remove(list, now)
end

-- A contact that moved (RFC 5626: the same flow, another URI) is a new one.
local function put(live, at, contact, asked, now, changes)
  local old = live[at]
  local binding, same = make(contact, asked, old, now)
  if old and not same then note(changes, "unregistered", old) end
  live[at or #live + 1] = binding
  note(changes, same and "refreshed" or "registered", binding)
  return binding
end

--- What `asked` (register.read) makes of a list; changes nothing when it is
--- refused.
---@param list moonsip.registrar.Record[]
---@param asked table
---@param now number
---@param most integer bindings an address may have
---@return moonsip.registrar.Record[]? new
---@return table changes or the options of the refusal
function bindings.apply(list, asked, now, most)
  if asked.all then return remove_all(list, asked, now) end
  local live, changes = bindings.drop_expired(list, now)
  local fresh = {}
  for _, contact in ipairs(asked.contacts) do
    local at = find(live, contact)
    local old = live[at]
    if old and not fresh[old] and is_stale(old, asked) then return nil, out_of_order end
    if contact.expires > 0 then
      fresh[put(live, at, contact, asked, now, changes)] = true
    elseif old then
      table.remove(live, at)
      note(changes, "unregistered", old)
    end
  end
  if #live > most then
    return nil, { status_code = 403, reason_phrase = "Too Many Contacts" }
  end
  return live, changes
end

--- When the first of them expires; nil when there is none.
function bindings.first_expiry(list)
  local first
  for _, binding in ipairs(list) do
    if not first or binding.expires_at < first then first = binding.expires_at end
  end
  return first
end

-- Higher q first, then the latest.
local function better(a, b)
  if a.q ~= b.q then return a.q > b.q end
  return a.updated_at > b.updated_at
end

--- Whole seconds that a binding lives on.  The clock has milliseconds; sums of them
--- are not exact.
function bindings.left(binding, now)
  return math.max(math.ceil(binding.expires_at - now - 0.0005), 0)
end

--- A binding as scripts see it.
function bindings.show(binding, now)
  return {
    uri = sip.uri(binding.uri),
    q = binding.q,
    expires = bindings.left(binding, now),
    path = binding.path,
    instance = binding.instance,
    reg_id = binding.reg_id,
    received = binding.received,
    user_agent = binding.user_agent,
    id = binding.id,
    call_id = binding.call_id,
    cseq = binding.cseq,
    display_name = binding.display_name,
    params = binding.params,
    registered_for = math.floor(now - binding.registered_at),
    refreshed = binding.updated_at > binding.registered_at,
  }
end

--- Those that live, best first, as scripts see them; `wanted(binding)` chooses.
function bindings.list(list, now, wanted)
  local live = {}
  for _, binding in ipairs(list) do
    if binding.expires_at > now and (not wanted or wanted(binding)) then
      live[#live + 1] = binding
    end
  end
  if #live > 1 then table.sort(live, better) end
  for i, binding in ipairs(live) do live[i] = bindings.show(binding, now) end
  return live
end

return bindings
