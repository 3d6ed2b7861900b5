-- Results of string.find, match, gmatch and gsub over many cases, one line
-- each: run here with the engine's functions and in a plain lua5.4 with Lua's.
local subjects = {
  "", "a", "hello world from Lua", "key = value", "  trim  ", "((a)(b))", "THE (quick) fox",
  "From: <sip:bob@example.com>;tag=1", "a.b.c%d", "x\0y\0z", "aaa", "abcabc", "1,2,,3", "\xff\xfe",
  "hello\nworld\r\n", "f(a[b]c)", "--x--", "0x1F", "a]b", "^caret$",
}
local patterns = {
  "", "a", ".", ".-", ".*", "%a+", "%s*", "(%a+)", "()", "(a*(.)%w(%s*))", "^a", "a$", "^$",
  "%f[%w]%w+",
  "%b()", "%bxy", "[abc]", "[^abc]", "[%a_]", "[]]", "[^]]", "[a-c]+", "[%w-]", "[a-]", "[-a]",
  "(.)%1",
  "%d?", "a?", "x*y", "(%w+) (%w+)", "^%s*(.-)%s*$", "%%", "%.", "[%.]", "%f[%a]", "%f[%z]", "\0",
  "%z",
  "[\0]", "(()())", "%x+", "%u%l", "%P", "%S+", "[^%s]+", "^", "$", "a-b", "(a-)b", "[%]]", "%g",
  "%c",
  -- broken ones
  "%", "[", "[a", "[^", "[%", "(", ")", "(a", "a)", "%b", "%bx", "%f", "%fa", "%1", "(%1)", "(a)%2",
  "%0",
  ("(a)"):rep(33), ("(a"):rep(33),
}
local replacements = {
  "", "x", "%0", "%1", "%2", "%%", "<%0>", "%", "%q", 7, { a = "A", hello = true, b = false },
  function(x) return x and "[" .. tostring(x) .. "]" end, function() return nil end,
  function() return false end, function() return {} end,
}

local function show(...)
  local out = {}
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    out[i] = type(value) == "string" and ("%q"):format(value):gsub("\n", "n") or tostring(value)
  end
  -- Where a message was raised differs: strings.lua and C say the same text.
  return (table.concat(out, " "):gsub("table: 0x%x+", "table"))
end

local lines = {}
local function try(name, ...)
  lines[#lines + 1] = name .. " " .. show(pcall(...))
end

local function all(text, pattern, init)
  local found = {}
  for a, b, c in string.gmatch(text, pattern, init) do
    found[#found + 1] = show(a, b, c)
    if #found > 50 then break end
  end
  return table.concat(found, ";")
end

local function run(text, pattern)
  for _, init in ipairs({ 1, 2, 0, -2, 100 }) do
    try("find", string.find, text, pattern, init)
    try("match", string.match, text, pattern, init)
    try("gmatch", all, text, pattern, init)
  end
  try("plain", string.find, text, pattern, 1, true)
  for _, replacement in ipairs(replacements) do
    try("gsub", string.gsub, text, pattern, replacement)
  end
  try("gsub2", string.gsub, text, pattern, "-", 1)
  try("gsub0", string.gsub, text, pattern, "-", 0)
end

for _, text in ipairs(subjects) do
  for _, pattern in ipairs(patterns) do run(text, pattern) end
end

-- Random ones, the same in both processes.
local state = 12345
local function random(n)
  state = (state * 1103515245 + 12345) % 2147483648
  return (state >> 8) % n + 1
end
local pieces = {
  "a", "b", ".", "%a", "%d", "[ab]", "[^a]", "*", "+", "-", "?", "(", ")", "^", "$", "%1", "%b()",
  "%f[a]",
  "()", "%", "[", "]", "[a-", "%s",
}
for _ = 1, 4000 do
  local pattern, text = {}, {}
  for i = 1, random(6) do pattern[i] = pieces[random(#pieces)] end
  for i = 1, random(12) do text[i] = ("ab1 ()"):sub(0 + random(6)):sub(1, 1) end
  local p, t = table.concat(pattern), table.concat(text)
  try("find " .. p, string.find, t, p)
  try("match " .. p, string.match, t, p)
  try("gmatch " .. p, all, t, p)
  try("gsub " .. p, string.gsub, t, p, "<%0>")
end
for _, call in ipairs({
  function() return string.find("a") end, function() return string.find({}, "a") end,
  function() return string.gsub("a", "a") end, function() return string.gsub("a", "a", true) end,
  function() return string.match("a", "a", "x") end,
  function() return string.rep("a", 3):find("aa") end,
  function() return (1):type() end, function() return string.find(12, 2) end,
}) do
  try("misuse", call)
end
return lines
