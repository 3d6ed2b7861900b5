--- Call flows as drawings, and drawings as expectations.
---
---     alice          bob
---       INVITE  -->
---               <--   180
---               x--   200 INVITE
---               <--   200 INVITE (sdp) @0.52   # the second
---
--- The first name stands left.  `--x` and `x--` are packets that were lost.  In
--- an expectation a status without a method fits any method, "(sdp)" wants a
--- session description, "@" a time in seconds, and what stands behind "#" is for the
--- reader.  Among three or more parties a line says both: `alice -> bob  INVITE`.
local Message = require("moonsip.sim.message")

local ladder = {}

local function entries(net)
  local list = {}
  for _, packet in ipairs(net.log) do
    local message = Message.new(packet.text)
    local from, to = net.at[packet.from], net.at[packet.to]
    list[#list + 1] = {
      from = from and from.name or packet.from,
      to = to and to.name or packet.to,
      label = message.label,
      sdp = message.has_sdp,
      lost = packet.lost or false,
      time = (packet.time - (net.since or 0)) / 1000,
    }
  end
  return list
end

local function say(entry)
  local time = entry.time and (" @" .. ("%.3f"):format(entry.time):gsub("%.?0+$", "")) or ""
  return entry.label .. (entry.sdp and " (sdp)" or "") .. time
end

local function draw_pair(list, left)
  local lines = {}
  for _, entry in ipairs(list) do
    if entry.from == left then
      lines[#lines + 1] = ("    %-24s %s"):format(say(entry), entry.lost and "--x" or "-->")
    else
      lines[#lines + 1] = ("%28s %s   %s"):format("", entry.lost and "x--" or "<--", say(entry))
    end
  end
  return lines
end

local function draw_many(list)
  local lines = {}
  for _, entry in ipairs(list) do
    local arrow = entry.lost and "-x" or "->"
    lines[#lines + 1] = ("    %s %s %s  %s"):format(entry.from, arrow, entry.to, say(entry))
  end
  return lines
end

local function draw(list, names)
  local lines
  if #names == 2 then
    lines = draw_pair(list, names[1])
    table.insert(lines, 1, ("  %-30s %s"):format(names[1], names[2]))
  else
    lines = draw_many(list)
    table.insert(lines, 1, "  " .. table.concat(names, "  "))
  end
  return table.concat(lines, "\n") .. "\n"
end

local function names_of(net)
  local names = {}
  for i, node in ipairs(net.nodes) do
    names[i] = node.name
  end
  return names
end

-- Of two, who spoke first stands left.
function ladder.draw(net)
  local list, names = entries(net), names_of(net)
  if #names == 2 and list[1] and list[1].from == names[2] then
    names = { names[2], names[1] }
  end
  return draw(list, names)
end

local function read_line(line, names)
  local entry = {}
  line = line:gsub("#.*", "")
  line = line:gsub("%(sdp%)", function()
    entry.sdp = true
    return ""
  end)
  line = line:gsub("@([%d.]+)", function(time)
    entry.time = tonumber(time)
    return ""
  end)
  local from, arrow, to, label = line:match("^%s*(%S+)%s+(%-[>x])%s+(%S+)%s+(.-)%s*$")
  if from then
    entry.from, entry.to, entry.lost = from, to, arrow == "-x"
  else
    local head, mark, tail = line:match("^%s*(.-)%s*(%-%-[>x])%s*(.-)%s*$")
    entry.from, entry.to = names[1], names[2]
    if not head then
      head, mark, tail = line:match("^%s*(.-)%s*([<x]%-%-)%s*(.-)%s*$")
      entry.from, entry.to = names[2], names[1]
    end
    if not head then
      error("no arrow in the drawn line: " .. line, 0)
    end
    entry.lost = mark:find("x", 1, true) ~= nil
    label = head .. tail
  end
  entry.label = label:gsub("%s+", " ")
  return entry
end

local function read(drawing)
  local names, list
  for line in drawing:gmatch("[^\n]+") do
    if line:find("%S") then
      if not names then
        names, list = {}, {}
        for name in line:gmatch("%S+") do
          names[#names + 1] = name
        end
      else
        list[#list + 1] = read_line(line, names)
      end
    end
  end
  return list or {}, names or {}
end

local function same(wanted, got)
  if not got or wanted.from ~= got.from or wanted.to ~= got.to or wanted.lost ~= got.lost then
    return false
  end
  if wanted.label ~= got.label and wanted.label ~= got.label:match("^%d+") then
    return false
  end
  if wanted.time and math.abs(wanted.time - got.time) > 0.0015 then
    return false
  end
  return not wanted.sdp or got.sdp
end

--- Nil when the log fits the drawing, else both as text.
function ladder.compare(net, drawing)
  local wanted, names = read(drawing)
  local got = entries(net)
  local first
  for i = 1, math.max(#wanted, #got) do
    if not wanted[i] or not same(wanted[i], got[i]) then
      first = i
      break
    end
  end
  if not first then
    return nil
  end
  return ("the call flow differs at line %d\nexpected:\n%s\nwhat crossed:\n%s"):format(first,
    draw(wanted, names), draw(got, names))
end

return ladder
