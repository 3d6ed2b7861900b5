--- Every state of a call met by every request and response that can come then:
--- the 285 rows of reinvite-matrix.tsv.
local states = require("spec.support.matrix.states")
local events = require("spec.support.matrix.events")
local expect = require("spec.support.matrix.expect")
local shows = require("spec.support.matrix.shows")

local rows = {}
for line in io.lines("spec/flow/reinvite-matrix.tsv") do
  local id, state, text, event, expected, other, source =
    line:match(("([^\t]*)\t"):rep(6) .. "(.*)")
  if id ~= "id" then
    rows[#rows + 1] = {
      id = id, state = state, text = text, event = event, expected = expected,
      other = other ~= "-" and other or nil, source = source,
    }
  end
end

local function set_up(row)
  local stage = {
    fresh = row.event:find("retransmission") ~= nil,
    failing = row.event:find("script error") ~= nil,
    asking = row.event == "2xx to own INVITE",
    another = function() return set_up(row) end,
  }
  states[row.state](stage)
  stage.rig.net:clear()
  return stage
end

local function play(row)
  local stage = set_up(row)
  local rig = stage.rig
  local before = {
    held = rig:told("held"), acks = rig:told("on_ack"), invites = #rig.invites,
    state = stage.session.session_state, signaling = stage.session.signaling_state,
  }
  local request = events[row.event](stage)
  rig.net:settle()
  return stage, request, before
end

local function check(row)
  local stage, request, before = play(row)
  local ok, why = pcall(expect[row.expected], stage, request, before)
  if not ok and row.other then ok = pcall(expect[row.other], stage, request, before) end
  if not ok then
    local drawing = stage.rig.net:ladder()
    error(("%s: expected %s, but %s\n%s"):format(row.id, row.expected, why, drawing), 0)
  end
  stage.rig:finish()
end

describe("the re-INVITE matrix", function()
  for _, row in ipairs(rows) do
    it(("%s: %s, %s: %s (RFC %s%s)"):format(row.id, row.text, row.event, row.expected, row.source,
      shows(row)), function() check(row) end)
  end

  it("has all its rows", function() assert.equal(285, #rows) end)
end)
