--- As much XML as presence and dialog documents need: elements, attributes, text.
---
--- A document with a DOCTYPE is refused: what an entity may stand for is nothing
--- a peer should decide.  Prefixes of names are dropped.
local xml = {}

---@class moonsip.events.Element
---@field [integer] moonsip.events.Element children
---@field name string without its prefix
---@field tag string as it is written
---@field attributes table<string, string>
---@field text string its own
---@field from integer where it stands
---@field to integer

local DEPTH <const> = 32
local ELEMENTS <const> = 2000

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
local named = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'" }

--- Text as it may stand between tags or in an attribute.  XML has no control
--- characters, and bytes that are no UTF-8 are no letters.
---@param text any
---@return string
function xml.escape(text)
  text = tostring(text)
  if not utf8.len(text) then text = text:gsub("[\x80-\xff]", "?") end
  return (text:gsub("%c", " "):gsub('[&<>"]', entities))
end

--- ' name="value"', or nothing when there is no value.
function xml.attribute(name, value)
  return value ~= nil and (' %s="%s"'):format(name, xml.escape(value)) or ""
end

--- <name attributes>text</name>, or nothing when there is no text.
function xml.element(name, text, attributes)
  if text == nil then return "" end
  return ("<%s%s>%s</%s>\n"):format(name, attributes or "", xml.escape(text), name)
end

local function character(mark, name)
  if mark == "" then return named[name] end
  local code = tonumber(name, mark == "#x" and 16 or 10)
  return code and code > 0 and code < 0x110000 and utf8.char(code) or ""
end

local function unescape(text)
  if not text:find("&", 1, true) then return text end
  return (text:gsub("&(#?x?)(%w+);", character))
end

local function local_name(name)
  return name:match(":(.*)$") or name
end

-- The attributes of a start tag; false when they cannot be read.
local function attributes_of(text)
  local list = {}
  local at = 1
  while true do
    local from, to, name, quote = text:find("^%s+([%w_:.%-]+)%s*=%s*([\"'])", at)
    if not from then break end
    local close = text:find(quote, to + 1, true)
    if not close then return false end
    list[name] = unescape(text:sub(to + 1, close - 1))
    at = close + 1
  end
  return not text:find("%S", at) and list
end

-- Behind a comment, a declaration or CDATA at `at`; CDATA is kept as text.
local function skip(text, at, open)
  for head, tail in pairs({ ["<!--"] = "-->", ["<?"] = "?>", ["<![CDATA["] = "]]>" }) do
    if text:sub(at, at + #head - 1) == head then
      local from, to = text:find(tail, at + #head, true)
      if not from then return nil end
      if head == "<![CDATA[" and open then
        open.text = open.text .. text:sub(at + #head, from - 1)
      end
      return to + 1
    end
  end
end

-- The ">" that is in no attribute.
local function end_of_tag(text, at)
  while at do
    at = text:find("[>\"']", at)
    local mark = at and text:sub(at, at)
    if mark == ">" then return at end
    at = at and text:find(mark, at + 1, true)
    at = at and at + 1
  end
end

local function begin(text, at, stack)
  local close = end_of_tag(text, at)
  if not close then return nil end
  local name, rest = text:sub(at + 1, close - 1):match("^([%a_][%w_:.%-]*)(.*)$")
  if not name then return nil end
  local alone = rest:sub(-1) == "/"
  local attributes = attributes_of(alone and rest:sub(1, -2) or rest)
  if not attributes then return nil end
  local element = {
    name = local_name(name), tag = name, attributes = attributes, text = "", from = at, to = close,
  }
  local parent = stack[#stack]
  if parent then parent[#parent + 1] = element end
  if not alone then stack[#stack + 1] = element end
  return close + 1, element
end

local function finish(text, at, stack)
  local from, to, name = text:find("^</([%w_:.%-]+)%s*>", at)
  local open = table.remove(stack)
  if not from or not open or open.tag ~= name then return nil end
  open.to = to
  return to + 1
end

-- One step: the place behind what begins with "<" at `at`, and an element.
local function step(text, at, stack)
  local mark = text:sub(at + 1, at + 1)
  if mark == "/" then return finish(text, at, stack) end
  if mark == "!" or mark == "?" then return skip(text, at, stack[#stack]) end
  return begin(text, at, stack)
end

--- The root element: `name`, `attributes`, `text` (its own), children in its list
--- part; `from` and `to` are where it stands.  nil and why for anything else.
---@param text string
---@return moonsip.events.Element? root
---@return string? why
function xml.parse(text)
  local stack, root, at, count = {}, nil, 1, 0
  while true do
    local open = text:find("<", at, true)
    local between = text:sub(at, (open or 0) - 1)
    if stack[1] then
      stack[#stack].text = stack[#stack].text .. unescape(between)
    elseif between:find("[^%s\xef\xbb\xbf]") then
      return nil, "text outside the document"
    end
    if not open then break end
    local next_at, element = step(text, open, stack)
    if not next_at then return nil, ("malformed at byte %d"):format(open) end
    if element and #stack <= 1 and not (stack[1] and stack[1] ~= element) then
      if root then return nil, "two documents" end
      root = element
    end
    count = count + (element and 1 or 0)
    if count > ELEMENTS or #stack > DEPTH then return nil, "too large" end
    at = next_at
  end
  if not root or stack[1] then return nil, "the document does not end" end
  return root
end

--- The first child of this name, and its text without space around it.
---@return moonsip.events.Element? child
---@return string? text
function xml.child(element, name)
  for _, child in ipairs(element) do
    if child.name == name then return child, child.text:match("^%s*(.-)%s*$") end
  end
end

return xml
