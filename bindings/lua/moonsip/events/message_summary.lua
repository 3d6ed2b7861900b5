--- The package message-summary: who has messages waiting (RFC 3842).
local message_summary = {}

message_summary.event = "message-summary"
message_summary.content_type = "application/simple-message-summary"

-- Field and header of each kind of message (RFC 3842 5.2).
local kinds = {
  { "voice", "Voice-Message" }, { "fax", "Fax-Message" }, { "pager", "Pager-Message" },
  { "multimedia", "Multimedia-Message" }, { "text", "Text-Message" }, { "none", "None" },
}

local function line(text)
  return (tostring(text):gsub("%c", " "))
end

local function counts(name, n)
  local text = ("%s: %d/%d"):format(name, n.new or 0, n.old or 0)
  if n.urgent_new or n.urgent_old then
    text = text .. (" (%d/%d)"):format(n.urgent_new or 0, n.urgent_old or 0)
  end
  return text
end

--- The body of a NOTIFY.  `waiting` follows from the counts when it is not given.
---@param summary moonsip.events.MessageSummary
---@return string
function message_summary.format(summary)
  local lines, waiting = { "" }, summary.waiting
  if summary.account then lines[2] = "Message-Account: " .. line(summary.account) end
  for _, kind in ipairs(kinds) do
    local n = summary[kind[1]]
    if n then
      lines[#lines + 1] = counts(kind[2], n)
      if summary.waiting == nil then waiting = waiting or (n.new or 0) > 0 end
    end
  end
  lines[1] = "Messages-Waiting: " .. (waiting and "yes" or "no")
  return table.concat(lines, "\r\n") .. "\r\n"
end

local function read_counts(value)
  local new, old, rest = value:match("^(%d+)%s*/%s*(%d+)%s*(.*)$")
  if not new then return nil end
  local urgent_new, urgent_old = rest:match("^%(%s*(%d+)%s*/%s*(%d+)%s*%)$")
  return {
    new = tonumber(new), old = tonumber(old), urgent_new = tonumber(urgent_new),
    urgent_old = tonumber(urgent_old),
  }
end

--- What such a body says; nil and why when it does not begin as one.
---@param text string
---@return moonsip.events.MessageSummary? summary
---@return string? why
function message_summary.parse(text)
  local summary = {}
  for name, value in text:gmatch("([%w%-]+)[ \t]*:[ \t]*([^\r\n]*)\r?\n?") do
    name = name:lower()
    value = value:gsub("%s+$", "")
    if name == "messages-waiting" then
      summary.waiting = value:lower() == "yes"
    elseif name == "message-account" then
      summary.account = value
    end
    for _, kind in ipairs(kinds) do
      if kind[2]:lower() == name then summary[kind[1]] = read_counts(value) end
    end
    if summary.waiting == nil then break end
  end
  if summary.waiting == nil then return nil, "Messages-Waiting expected" end
  return summary
end

return message_summary
