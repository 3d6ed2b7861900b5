--- sip.events: event packages on top of SUBSCRIBE and NOTIFY (RFC 6665).
local parts = { notifier = true, dialog = true, message_summary = true, presence = true }

local events = {}

--- "alice@example.com": whom a sip or sips URI stands for, whatever its port and
--- parameters; nil for anything else.
---@param uri moonsip.URI|string
---@return string?
function events.resource(uri)
  local aor = require("moonsip").uri.aor(uri)
  return aor and aor:sub(#"sip:" + 1)
end

return setmetatable(events, {
  __index = function(self, name)
    if not parts[name] then return nil end
    local part = require("moonsip.events." .. name)
    rawset(self, name, part)
    return part
  end,
})
