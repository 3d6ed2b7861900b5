--- The states of the re-INVITE matrix: each function brings a fresh rig there.
---
--- `stage.open` is the caller's request that waits, `stage.invite` his latest
--- INVITE.  With `stage.failing` the script holds requests in a coroutine that
--- raises after a second.
local Rig = require("spec.support.rig")

local states = {}

local reliable = { "Supported: 100rel" }

-- What the script does with a request it does not answer.
local function hold(stage, answer)
  return function(request)
    local rig = stage.rig
    table.insert(rig.notes, { name = "held", request })
    request.delegate = rig.request_delegate
    stage.held = request
    if answer and not stage.holding then
      answer(request)
    elseif stage.failing then
      if stage.progress then request:progress(stage.progress) end
      require("moonsip").sleep(1)
      error("the script fails on purpose")
    end
  end
end

local function new(stage)
  local rig = Rig.new()
  stage.rig = rig
  rig.call.on_invite = hold(stage)
  rig.call.on_update = hold(stage, function(request)
    local offered = request.message.body and #request.message.body > 0
    request:accept({ body = offered and Rig.sdp3 or nil })
  end)
  rig.call.on_prack = function(request)
    local offered = request.message.body and #request.message.body > 0
    request:accept({ body = offered and Rig.sdp3 or nil })
  end
  return rig
end

-- A call; unless `stage.fresh` so old that its INVITE is forgotten.
local function confirmed(stage)
  local rig = new(stage)
  stage.call, stage.session = rig:establish({ cseq = 10, rel100 = true })
  stage.invite = stage.call.invite
  if not stage.fresh then rig.net:run(40) end
end

local function change(stage, options)
  options.headers = reliable
  stage.open = stage.call:reinvite(options)
  stage.invite = stage.open
  stage.rig.net:settle()
end

function states.S0(stage)
  confirmed(stage)
end

-- A request of ours that the phone leaves alone: `stage.ours`, as it arrived.
local function ask(stage, method, options)
  local rig = stage.rig
  stage.base = { stage.session.offer, stage.session.answer }
  stage.call.on_request = function(message)
    if message.method == method then
      stage.ours = message
      return false
    end
  end
  options.delegate = {
    on_accept = function(response)
      if not options.body then assert(response:ack({ body = Rig.sdp3 })) end
    end,
  }
  local session = stage.session
  assert(method == "INVITE" and session:invite(options) or session:update(options))
  rig.net:settle()
end

function states.S1(stage)
  confirmed(stage)
  ask(stage, "INVITE", { body = Rig.sdp2 })
end

function states.S2(stage)
  confirmed(stage)
  ask(stage, "INVITE", {})
end

local function ringing(stage, options)
  confirmed(stage)
  stage.progress = {}
  change(stage, options)
  if not stage.failing then
    assert(stage.held:progress())
    stage.rig.net:settle()
  end
end

function states.S3(stage)
  ringing(stage, {})
end

function states.S4(stage)
  ringing(stage, { body = false })
end

local function accepted(stage, options)
  confirmed(stage)
  options.ack = false
  change(stage, options)
  assert(stage.held:accept({ body = Rig.sdp2 }))
  stage.rig.net:settle()
end

function states.S5(stage)
  accepted(stage, {})
end

function states.S6(stage)
  accepted(stage, { body = false })
end

function states.S7(stage)
  confirmed(stage)
  ask(stage, "UPDATE", { body = Rig.sdp2 })
end

function states.S8(stage)
  confirmed(stage)
  stage.holding = true
  stage.open = stage.call:update({ body = stage.rig.phone:sdp({ version = 2 }) })
  stage.rig.net:settle()
end

local function reliably(stage, options)
  confirmed(stage)
  stage.progress = { status_code = 183, body = Rig.sdp2, reliable = true }
  change(stage, options)
  if not stage.failing then
    assert(stage.held:progress(stage.progress))
    stage.rig.net:settle()
  end
  stage.reliable = stage.open.responses[#stage.open.responses]
end

function states.S9(stage)
  reliably(stage, { prack = false })
end

function states.S10(stage)
  reliably(stage, {})
end

-- With `stage.asking` a re-INVITE of ours is open as well.
function states.S11(stage)
  confirmed(stage)
  if stage.asking then ask(stage, "INVITE", { body = Rig.sdp2 }) end
  stage.call.on_request = function(message)
    if message.method == "BYE" then return false end
  end
  assert(stage.session:bye())
  stage.rig.net:settle()
end

function states.S12(stage)
  confirmed(stage)
  stage.bye = stage.call:bye()
  stage.rig.net:settle()
end

function states.S13(stage)
  local rig = new(stage)
  rig.on_invite = function(request)
    local response = request:progress()
    response.session.delegate = rig.call
    stage.session = response.session
    if stage.failing then
      require("moonsip").sleep(1)
      error("the script fails on purpose")
    end
  end
  stage.call = rig:ring({ cseq = 10, rel100 = true })
  stage.open, stage.invite = stage.call.invite, stage.call.invite
end

function states.S14(stage)
  states.S1(stage)
  stage.rig.phone:respond(stage.ours, { status_code = 491 })
  stage.paused = true
  stage.rig.net:settle()
  assert(#stage.rig:sent("INVITE") == 1, "the pause was over at once: take another seed")
end

return states
