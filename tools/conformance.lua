--- What the specs show of the RFCs: docs/conformance.md.
---
---   lua5.4 tools/conformance.lua [ROOT]           checks
---   lua5.4 tools/conformance.lua ROOT write       writes the page
---
--- spec/conformance.tsv has a row per statement of an RFC.  A spec that shows one
--- has its id in its sentence; build/results.tsv is what tools/report.lua wrote of
--- a run of all specs.  The check fails when the page is another, when a sentence
--- has an id that no row has, when a spec shows a row that is said not to be there
--- yet, or when nothing shows a row that applies.
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local source = require("source")

local root, command = arg[1] or ".", arg[2] or "check"

local TABLE <const> = "spec/conformance.tsv"
local RESULTS <const> = "build/results.tsv"
local PAGE <const> = "docs/conformance.md"
local COLUMNS <const> = { "id", "rfc", "section", "level", "role", "statement", "how_to_test",
  "applies" }

-- Every row of these roles that applies must have a spec that passes.
local complete = {
  UAC = true, UAS = true, auth = true, dialog = true, ["offer-answer"] = true, parser = true,
  transaction = true, transport = true,
}

-- Look like an id in a sentence and are none: SHA-256, rows of the re-INVITE matrix.
local no_prefix = { SHA = true, RM = true }

local complaints = source.complaints()

local function split(line)
  local cells = {}
  for cell in (line .. "\t"):gmatch("(.-)\t") do
    cells[#cells + 1] = cell
  end
  return cells
end

local function read_row(line, number)
  local cells, row = split(line), { specs = {}, runs = 0, failed = 0, waiting = 0 }
  if #cells ~= #COLUMNS then
    complaints:add(TABLE, number, ("%d columns, not %d"):format(#cells, #COLUMNS))
    return
  end
  for index, name in ipairs(COLUMNS) do
    row[name] = cells[index]
  end
  if row.applies ~= "yes" and not row.applies:find("^later: .") and
    not row.applies:find("^no: .") then
    complaints:add(TABLE, number, row.id .. ": applies is yes, later: REASON or no: REASON")
    row.applies = "yes"
  end
  return row
end

--- The rows in their order; they are found by id as well.
local function read_table()
  local rows = {}
  for number, line in ipairs(source.lines(source.read(root, TABLE))) do
    local row = number > 1 and read_row(line, number)
    if row and rows[row.id] then
      complaints:add(TABLE, number, row.id .. " is there twice")
    elseif row then
      row.number = number
      rows[row.id] = row
      rows[#rows + 1] = row
    end
  end
  return rows
end

local function note(row, verdict, path)
  row.runs = row.runs + 1
  row.failed = row.failed + (verdict == "failed" and 1 or 0)
  row.waiting = row.waiting + (verdict == "pending" and 1 or 0)
  if not row.specs[path] then
    row.specs[path] = true
    table.insert(row.specs, path)
  end
end

--- Each line of the results is a verdict, a file and a sentence.
local function read_results(rows)
  for _, line in ipairs(source.lines(source.read(root, RESULTS))) do
    local verdict, path, sentence = table.unpack(split(line))
    local named = {}
    for id in sentence:gmatch("%f[%w]%u%u%u?%-%d%d%d%f[%W]") do
      if rows[id] and not named[id] then
        note(rows[id], verdict, path)
      elseif not rows[id] and not no_prefix[id:match("^%u+")] then
        complaints:add(path, 1, ("no row %s, in %q"):format(id, sentence))
      end
      named[id] = true
    end
  end
end

--- pass, fail, none, or why there is nothing to show.
local function verdict_of(row)
  if row.failed > 0 then return "fail" end
  if row.runs > row.waiting then return "pass" end
  if row.applies ~= "yes" then return row.applies end
  return "none"
end

local function count(rows)
  local roles = {}
  for _, row in ipairs(rows) do
    local role = roles[row.role]
    if not role then
      role = { name = row.role, rows = 0, pass = 0, fail = 0, none = 0, later = 0, no = 0 }
      roles[row.role] = role
      roles[#roles + 1] = role
    end
    local verdict = row.verdict:match("^%a+")
    role.rows = role.rows + 1
    role[verdict] = role[verdict] + 1
  end
  return roles
end

local function cell(text)
  return (text:gsub("[|*\\]", "\\%0"):gsub("<", "&lt;"))
end

local function links(paths)
  local texts = {}
  table.sort(paths)
  for index, path in ipairs(paths) do
    local name = path:gsub("^spec/", ""):gsub("_spec%.lua$", "")
    texts[index] = ("[%s](../%s)"):format(name, path)
  end
  return table.concat(texts, ", ")
end

local HEAD <const> = [[
# Conformance

What the RFCs ask, row by row, and the specs that show it. `./dev conformance` writes this page
from spec/conformance.tsv and a run of all specs, and `./dev test` fails when it is out of date.
A spec shows a row by having its id in its sentence.

*pass*: every spec that names the row passes. *none*: the row applies and no spec names it.
*later*, *no*: why there is nothing to show.

| role | rows | pass | fail | none | later | no |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
]]

local function totals(roles)
  local lines = {}
  local all = { name = "all", rows = 0, pass = 0, fail = 0, none = 0, later = 0, no = 0 }
  roles[#roles + 1] = all
  for _, role in ipairs(roles) do
    lines[#lines + 1] = ("| %s | %d | %d | %d | %d | %d | %d |\n"):format(role.name, role.rows,
      role.pass, role.fail, role.none, role.later, role.no)
    for _, name in ipairs({ "rows", "pass", "fail", "none", "later", "no" }) do
      all[name] = role == all and all[name] or all[name] + role[name]
    end
  end
  return table.concat(lines)
end

local function page(rows)
  local parts = { HEAD, totals(count(rows)) }
  local area
  for _, row in ipairs(rows) do
    if row.id:match("^%u+") ~= area then
      area = row.id:match("^%u+")
      parts[#parts + 1] = ("\n## %s\n\n| id | RFC | level | role | statement | specs | result |\n"
        .. "| --- | --- | --- | --- | --- | --- | --- |\n"):format(area)
    end
    local where = row.section == "-" and row.rfc or row.rfc .. " " .. row.section
    parts[#parts + 1] = ("| %s | %s | %s | %s | %s | %s | %s |\n"):format(row.id, where,
      row.level, row.role, cell(row.statement), links(row.specs), cell(row.verdict))
  end
  return table.concat(parts)
end

local function check_rows(rows)
  for _, row in ipairs(rows) do
    if row.applies ~= "yes" and row.runs > 0 then
      complaints:add(TABLE, row.number, ("%s is not \"yes\", but %s names it"):format(row.id,
        row.specs[1]))
    elseif row.verdict == "fail" or (row.verdict == "none" and complete[row.role]) then
      complaints:add(TABLE, row.number, ("%s has no spec that passes: %s"):format(row.id,
        row.statement))
    end
  end
end

local function check_page(text)
  local file = io.open(root .. "/" .. PAGE)
  local there = file and file:read("a")
  if file then file:close() end
  if there ~= text then
    complaints:add(PAGE, 1, "out of date: run ./dev conformance")
  end
end

local rows = read_table()
read_results(rows)
for _, row in ipairs(rows) do
  row.verdict = verdict_of(row)
end
if command == "write" then
  local file <close> = assert(io.open(root .. "/" .. PAGE, "w"))
  file:write(page(rows))
else
  check_rows(rows)
  check_page(page(rows))
end
complaints:finish("conformance")
