--- What the script sees: one call with two legs.
local delegates = require("moonsip.delegates")
local headers = require("moonsip.b2bua.headers")

---@class moonsip.b2bua.Call
local Call = {}
Call.__index = Call

function Call.__tostring(call)
  return "moonsip.b2bua.Call: " .. call.state
end

--- Runs a hook of the script: what it returns.
function Call.tell(call, name, ...)
  local held = call.held
  local hook = held and delegates.find(held, name)
  if hook then return hook(...) end
end

--- The other leg.
function Call.across(call, leg)
  if leg == call.a then return call.b end
  return call.a
end

-- Why a leg that broke is gone, for the other one (RFC 3326).
local causes <const> = {
  ["dialog lost"] = 481,
  ["no ack"] = 408,
  ["no answer to a change"] = 408,
  ["no answer to a request"] = 408,
  ["expired"] = 408,
  ["refresh failed"] = 408,
  ["no answer to their offer"] = 488,
  ["no answer"] = 488,
  ["out of memory"] = 500,
}

local function reason_lines(reason)
  local cause = causes[reason]
  if cause then return { ('Reason: SIP;cause=%d;text="%s"'):format(cause, reason) } end
end

--- Gives every INVITE up that still rings, but for one.
function Call.cancel_branches(call, lines, but)
  local live = call.live
  call.live = {}
  for _, branch in ipairs(live) do
    if branch ~= but then
      branch.over = true
      branch.request:cancel(lines and { extra_headers = lines })
    end
  end
end

-- Whoever waits in bridge() learns how it ended.
local function settle(call)
  local latch = call.latch
  if not latch then return end
  call.latch = nil
  latch:open()
end
Call.settle = settle

--- The call is over for the script.
function Call.finish(call)
  if call.state == "ended" then return end
  call.state = "ended"
  settle(call)
  call:tell("on_end", call)
end

local quietly <const> = { quiet = true }

--- One leg is gone: the other one follows.
function Call.leg_gone(call, leg, reason, lines)
  if call.state == "ended" then return end
  local moving = call.moving
  if moving and moving:without(leg) then return end
  local other = call:across(leg)
  lines = lines or reason_lines(reason)
  if call.state == "calling" then
    call:cancel_branches(lines)
  elseif other and other.session then
    other.session:bye(lines and { extra_headers = lines, quiet = true } or quietly)
    leg.session.delegate, other.session.delegate = nil, nil -- nothing more to hear of
  end
  call:tell("on_hangup", leg, reason)
  call:finish()
end

--- Ends the call from here: BYE to both, or CANCEL and a refusal while it rings.
---@param options? { status_code: integer?, reason_phrase: string?, extra_headers: table? }
---@return true? done
---@return moonsip.Error? err
function Call.hangup(call, options)
  if call.state == "ended" then
    return nil, setmetatable({ code = "EGONE", message = "the call is over" }, Call.error)
  end
  options = options or {}
  local lines = headers.join(nil, options.extra_headers)
  local given = lines and { extra_headers = lines }
  if call.state == "calling" then
    call:cancel_branches(lines)
    call.a.request:reject({
      status_code = options.status_code or 480, reason_phrase = options.reason_phrase,
      extra_headers = lines,
    })
  else
    if call.moving then call.moving:give_up() end
    if call.a.session then call.a.session:bye(given) end
    if call.b and call.b.session then call.b.session:bye(given) end
  end
  call:finish()
  return true
end

--- Errors print as those of the engine do.
Call.error = {
  __tostring = function(err) return err.code .. ": " .. err.message end,
  __concat = function(x, y) return tostring(x) .. tostring(y) end,
}

return Call
