--- Every state of a call met by every request and response that can come then:
--- the 285 rows of reinvite-matrix.tsv.
local states = require("spec.support.matrix.states")
local events = require("spec.support.matrix.events")
local expect = require("spec.support.matrix.expect")

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

-- What cannot be brought about from the server side alone.
local left_out = {
  S1 = "our own re-INVITE: needs session:invite",
  S2 = "our own re-INVITE: needs session:invite",
  S7 = "our own UPDATE: needs session:update",
  S14 = "our own re-INVITE: needs session:invite",
  ["RM-225"] = "a 2xx for our own re-INVITE after our BYE: needs session:invite",
}

local function reason(row)
  return left_out[row.state] or left_out[row.id]
end

local function play(row)
  local stage = {
    fresh = row.event:find("retransmission") ~= nil,
    failing = row.event:find("script error") ~= nil,
  }
  states[row.state](stage)
  local rig = stage.rig
  rig.net:clear()
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
    if not reason(row) then
      it(("%s: %s, %s: %s (RFC %s)"):format(row.id, row.text, row.event, row.expected, row.source),
        function() check(row) end)
    end
  end

  it("is played whole but for the rows that need the engine to ask first", function()
    local count, states_left = 0, {}
    for _, row in ipairs(rows) do
      if reason(row) then
        count = count + 1
        if left_out[row.state] then states_left[row.state] = true end
      end
    end
    assert.equal(285, #rows)
    assert.equal(4 * 19 + 1, count)
    assert.same({ S1 = true, S2 = true, S7 = true, S14 = true }, states_left)
  end)
end)
