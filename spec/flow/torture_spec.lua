--- RFC 4475's messages against a whole agent: the status that expected.tsv wants,
--- and a valid call works afterwards.
local Rig = require("spec.support.rig")

local folder = "spec/torture/rfc4475/"

local function read(name)
  local file <close> = assert(io.open(folder .. name, "rb"))
  return file:read("a")
end

-- What some of them show besides (rows of spec/conformance.tsv).
local shows = {
  ["wsinv.dat"] = "DLG-018", ["intmeth.dat"] = "UAS-003", ["dblreq.dat"] = "MSG-019",
  ["clerr.dat"] = "MSG-020", ["scalar02.dat"] = "MSG-024", ["scalarlg.dat"] = "MSG-024",
  ["ltgtruri.dat"] = "MSG-004", ["lwsruri.dat"] = "MSG-004", ["baddate.dat"] = "UAS-006",
  ["badvers.dat"] = "MSG-006", ["mismatch01.dat"] = "MSG-026", ["unkscm.dat"] = "UAS-007",
  ["novelsc.dat"] = "UAS-007", ["unksm2.dat"] = "UAS-007", ["bext01.dat"] = "UAS-009",
  ["invut.dat"] = "UAS-011", ["multi01.dat"] = "MSG-036", ["mcl01.dat"] = "MSG-036",
  ["badbranch.dat"] = "TXN-035", ["bigcode.dat"] = "MSG-037",
}

local rows = {}
for line in io.lines(folder .. "expected.tsv") do
  local name, section, title, _, class, _, wanted, other =
    line:match(("([^\t]*)\t"):rep(8))
  if name ~= "file" then
    rows[#rows + 1] = {
      name = name, section = section, title = title, class = class, wanted = wanted,
      text = wanted .. " " .. other,
    }
  end
end

-- What the words of a row allow: statuses, silence, a callback.
local function allowed(row)
  local set = {}
  for status in row.text:gmatch("%f[%d](%d%d%d)%f[%D]") do set[tonumber(status)] = true end
  set.silence = row.text:find("drop") ~= nil or row.class == "unclassified"
  set.script = row.text:find("deliver") ~= nil or row.text:find("accept ") ~= nil
  return set
end

-- The first final answer's status, "script" or "silence".
local function outcome(rig)
  if #rig.invites > 0 then return "script" end
  for _, message in ipairs(rig:sent()) do
    if message.status_code and message.status_code >= 200 then return message.status_code end
  end
  return "silence"
end

describe("the torture messages of RFC 4475", function()
  for _, row in ipairs(rows) do
    local ids = "MSG-053" .. (shows[row.name] and ", " .. shows[row.name] or "")
    it(("%s %s: %s (%s)"):format(row.section, row.title, row.wanted, ids), function()
      local rig = Rig.new()
      rig.phone:send(read(row.name), rig.agent)
      rig.net:settle()
      local got = outcome(rig)
      assert.is_true(allowed(row)[got], ("%s: %s"):format(row.name, got))
      if got == "script" then rig.invite:reject() end

      rig:establish()
      assert.equal("confirmed", rig.session.session_state)
      rig:finish()
    end)
  end

  it("are 49, and one that no section names", function()
    assert.equal(50, #rows)
  end)

  it("3.3.5: 420 names both unknown extensions and not those for proxies", function()
    local rig = Rig.new()
    rig.phone:send(read("bext01.dat"), rig.agent)
    rig.net:settle()
    local refusal = rig:sent("420 OPTIONS")[1]
    assert.is_true(refusal:lists("Unsupported", "nothingSupportsThis"))
    assert.is_true(refusal:lists("Unsupported", "nothingSupportsThisEither"))
    assert.is_false(refusal:lists("Unsupported", "noProxiesSupportThis"))
    rig:finish()
  end)

  it("all come one after the other to one agent, which then takes a call", function()
    local rig = Rig.new()
    for _, row in ipairs(rows) do
      rig.phone:send(read(row.name), rig.agent)
      rig.net:settle()
    end
    for _, invite in ipairs(rig.invites) do invite:reject() end
    rig:establish()
    rig:finish()
  end)
end)
