--- The events of the re-INVITE matrix.  Each returns the caller's request, when
--- there is one to look at.
local events = {}

events["re-INVITE+offer"] = function(stage)
  return stage.call:reinvite({ body = stage.rig.phone:sdp({ version = 7 }) })
end

events["re-INVITE no offer"] = function(stage)
  return stage.call:reinvite({ body = false })
end

events["re-INVITE lower CSeq"] = function(stage)
  return stage.call:reinvite({ cseq = 5 })
end

events["INVITE retransmission (same branch)"] = function(stage)
  stage.invite:transmit()
end

events["UPDATE+offer"] = function(stage)
  return stage.call:update({ body = stage.rig.phone:sdp({ version = 7 }) })
end

events["UPDATE no offer"] = function(stage)
  stage.target = "sip:moved@192.0.2.9:5060"
  return stage.call:update({ contact = stage.target })
end

local function prack(stage, options)
  options.rack = stage.reliable and ("%d %d INVITE"):format(stage.reliable.rseq, stage.invite.cseq)
    or ("1 %d INVITE"):format(stage.invite.cseq)
  return stage.call:prack({}, options)
end

events["PRACK matching"] = function(stage)
  return prack(stage, {})
end

events["PRACK matching + offer"] = function(stage)
  return prack(stage, { body = stage.rig.phone:sdp({ version = 7 }) })
end

events["BYE"] = function(stage)
  return stage.call:bye()
end

events["CANCEL matching"] = function(stage)
  stage.invite:cancel({ now = true })
  return stage.invite.cancel_request
end

events["CANCEL not matching"] = function(stage)
  return stage.call:request({ method = "CANCEL", cseq = stage.invite.cseq })
end

local function ack(stage, cseq)
  local rig, call = stage.rig, stage.call
  local body
  if stage.session.signaling_state == "have_local_offer" then
    stage.answer = rig.phone:sdp({ version = 8 })
    body = stage.answer
  end
  rig.phone:send(call:compose("ACK", cseq, rig.phone:branch(), { body = body }), rig.agent)
end

events["ACK matching the 2xx"] = function(stage)
  local open = stage.open and not stage.open.response and stage.invite ~= stage.call.invite
  ack(stage, open and stage.call.invite.cseq or stage.invite.cseq)
end

events["ACK not matching"] = function(stage)
  ack(stage, 77)
end

events["INFO"] = function(stage)
  return stage.call:info({ body = "Signal=1\r\n", content_type = "application/dtmf-relay" })
end

events["OPTIONS in dialog"] = function(stage)
  return stage.call:options()
end

-- An answer to the INVITE of ours that is open, or one that matches nothing.
local function respond(stage, status)
  local rig, call = stage.rig, stage.call
  if stage.ours and stage.ours.method == "INVITE" and not stage.paused then
    if status < 300 then stage.theirs = rig.phone:sdp({ version = 9 }) end
    rig.phone:respond(stage.ours, { status_code = status, body = stage.theirs })
    return
  end
  rig.phone:send(table.concat({
    ("SIP/2.0 %d Whatever"):format(status),
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnobody",
    ("From: <%s>;tag=%s"):format(call.remote_uri, call.remote_tag),
    ("To: <%s>;tag=%s"):format(call.local_uri, call.local_tag),
    "Call-ID: " .. call.call_id,
    "CSeq: 4711 INVITE",
    ("Contact: <%s>"):format(rig.phone.uri),
    "Content-Length: 0\r\n\r\n",
  }, "\r\n"), rig.agent)
end

events["2xx to own INVITE"] = function(stage)
  respond(stage, 200)
end

events["491 to own INVITE"] = function(stage)
  respond(stage, 491)
end

events["481/408 or timeout to own INVITE"] = function(stage)
  respond(stage, 481)
end

-- Where a request waits its callback raises; elsewhere that of an INFO does.
events["script error / time limit / memory limit"] = function(stage)
  if stage.open then
    stage.rig.net:run(1)
    return
  end
  stage.rig.call.on_info = function() error("the script fails on purpose") end
  return stage.call:info()
end

return events
