--- sip.b2bua: a back-to-back user agent.  A call that came in (leg A) is bridged
--- to a call of ours (leg B); what one side says the other one hears.
local Call = require("moonsip.b2bua.call")
local Leg = require("moonsip.b2bua.leg")
local across = require("moonsip.across")
local delegates = require("moonsip.delegates")
local dial = require("moonsip.b2bua.dial")
local headers = require("moonsip.b2bua.headers")
local join = require("moonsip.b2bua.join")
local latch = require("moonsip.latch")
local sip = require("moonsip")
local targets = require("moonsip.b2bua.targets")
require("moonsip.b2bua.change")
require("moonsip.b2bua.relay")
require("moonsip.b2bua.transfer")

local b2bua = {}

-- Name and type of each option.
local known <const> = {
  delegate = "table", answer = "boolean", follow = "boolean", timeout = "number",
  headers = "table", trusted = "boolean", auth = "table", extra_headers = "table",
  from = "string", to = "string", transfer = "string",
}

local function check(options)
  for name, value in pairs(options) do
    local wanted = known[name]
    if not wanted then error(("b2bua: unknown option '%s'"):format(tostring(name)), 0) end
    if type(value) ~= wanted then
      error(("b2bua: option '%s': %s expected, got %s"):format(name, wanted, type(value)), 0)
    end
  end
  return options
end

local nothing <const> = {}

-- Who called takes reliable provisional responses.
local function takes_100rel(message)
  return table.concat(message:headers("Supported"), " "):find("100rel", 1, true) ~= nil or
    table.concat(message:headers("Require"), " "):find("100rel", 1, true) ~= nil
end

local function make(request, options)
  local body = across.description(request)
  local passes = headers.set(options.headers, options.trusted)
  local call = setmetatable({
    state = "calling",
    data = {},
    options = options,
    engine = sip.engine(),
    live = {},
    redirects = 0,
    body = body,
    late = not body,
    passes = passes,
    lines = headers.join(across.lines(request, passes), options.extra_headers),
    hops = across.hops(request),
    held = options.delegate and delegates.hold(options.delegate) or false,
  }, Call)
  if not body then call.rel100 = takes_100rel(request.message) end
  local a = Leg.new(call, request)
  a.sdp = body
  call.a = a
  return call
end

--- Begins to bridge and does not wait: the hooks of `options.delegate` tell.
---@return moonsip.b2bua.Call
function b2bua.start(request, to, options)
  options = options and check(options) or nothing
  local groups = targets.groups(to)
  local call = make(request, options)
  call.groups = groups
  request.delegate = call.a
  if request.session then call.a:take(request.session) end
  if call.hops == -1 then
    call.groups = {}
    request:reject({ status_code = 483 })
    call.err = setmetatable({ code = "ELOOP", message = "483 Too Many Hops" }, Call.error)
    call:finish()
    return call
  end
  dial.next(call)
  return call
end

--- The INVITE takes the place of a leg: that one is hung up, and its other side
--- talks to the new one (RFC 3891).  The request is answered here.
---@return moonsip.b2bua.Call? call nil: it was refused
function b2bua.replace(request, leg)
  return join.replace(request, leg)
end

-- A peer whose INVITE names a dialog of a bridged call means that leg.
local function replaced(request)
  local session = request.replaces
  local leg = session and session.delegate
  if getmetatable(leg) == Leg then return leg end
end

--- Bridges, and waits until the call is answered or has failed.
---@return moonsip.b2bua.Call? call
---@return moonsip.Error? err
function b2bua.bridge(request, to, options)
  local old = replaced(request)
  if old then return join.replace(request, old) end
  local call = b2bua.start(request, to, options)
  if call.state == "calling" then
    local opened = latch()
    call.latch = opened
    opened:wait()
  end
  if call.err then return nil, call.err end
  return call
end

return b2bua
