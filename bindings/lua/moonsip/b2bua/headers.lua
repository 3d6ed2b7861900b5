--- What crosses from one leg to the other besides session descriptions.
---
--- Everything not listed stays on its side: Via, Contact, tags, Allow, Supported
--- and the like belong to a leg, and who we talk to is nobody's business (RFC
--- 7092: the headers of one side are not those of the other).
local headers = {}

-- Lower case; "x-" stands for all that begin so.
local usual = {
  "accept-contact", "accept-language", "accept-resource-priority", "alert-info", "answer-mode",
  "call-info", "content-encoding", "content-language", "diversion", "error-info", "geolocation",
  "history-info", "in-reply-to", "info-package", "mime-version", "organization", "p-early-media",
  "priority", "privacy", "reason", "recv-info", "referred-by", "reject-contact", "reply-to",
  "request-disposition", "resource-priority", "retry-after", "session-id", "subject",
  "user-to-user", "warning", "x-",
}

-- Said by whom we believe only (RFC 3325 section 5).
local asserted = { "p-asserted-identity", "p-charging-vector", "p-visited-network-id" }

local function set_of(...)
  local set = {}
  for _, list in ipairs({ ... }) do
    for _, name in ipairs(list) do set[name:lower()] = true end
  end
  return set
end

local usual_set <const> = set_of(usual)
local trusted_set <const> = set_of(usual, asserted)
local reason_set <const> = set_of({ "reason" })
headers.reason_set = reason_set

-- What scripts ask for is worked out once for each table of theirs.
local made = setmetatable({}, { __mode = "k" })

local function make(policy, base)
  local set = {}
  for name in pairs(base) do
    if type(name) == "string" then set[name] = true end
  end
  for _, name in ipairs(policy.pass or {}) do set[name:lower()] = true end
  for _, name in ipairs(policy.hide or {}) do set[name:lower()] = nil end
  return set
end

--- The set of names that pass: `policy` is { pass = list, hide = list } or nil.
function headers.set(policy, trusted)
  local base = trusted and trusted_set or usual_set
  if not policy then return base end
  local sets = made[policy]
  if not sets then
    sets = {}
    made[policy] = sets
  end
  local set = sets[base]
  if not set then
    set = make(policy, base)
    sets[base] = set
  end
  return set
end

--- Why a message ends something: its Reason rows (RFC 3326), or nil.
function headers.reason(message)
  return message and message:lines(reason_set)
end

-- Lines of a list or of a map from names to values, added to `lines`.
local function add(lines, more)
  if #more > 0 then
    return table.move(more, 1, #more, #lines + 1, lines)
  end
  local names = {}
  for name in pairs(more) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local values = type(more[name]) == "table" and more[name] or { more[name] }
    for _, value in ipairs(values) do lines[#lines + 1] = name .. ": " .. value end
  end
  return lines
end

--- Both lists of header lines as one; each may be nil, `more` may be a map.
function headers.join(lines, more)
  if not more then return lines end
  return add(add({}, lines or {}), more)
end

--- The body of a message as an option `body`, with its type, or nil.
function headers.content(message)
  local body = message.body
  if not body then return nil end
  return {
    content = body,
    content_type = message:header("Content-Type"),
    content_disposition = message:header("Content-Disposition"),
  }
end

return headers
