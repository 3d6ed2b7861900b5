--- What the re-INVITE matrix expects, by its words.  Each raises unless it is so.
--- `request` is the caller's request of the event, `before` the rig's state
--- ahead of it.
local Rig = require("spec.support.rig")

local expect = {}

local function want(ok, ...)
  if not ok then error(("%s; "):rep(select("#", ...)):format(...), 0) end
end

local function status(request, ...)
  local got = request:status()
  for _, wanted in ipairs({ ... }) do
    if got == wanted or wanted < 10 and got and got // 100 == wanted then return end
  end
  error(("answered %s"):format(got), 0)
end

local function quiet(stage)
  local sent = stage.rig:sent()
  want(#sent == 0, "sent " .. (sent[1] and sent[1].label or ""))
end

local function not_asked(stage, _, before)
  want(stage.rig:told("held") == before.held, "the script was asked")
end

local function refused(...)
  local codes = { ... }
  return function(stage, request, before)
    not_asked(stage, request, before)
    status(request, table.unpack(codes))
  end
end

local function retry_after(...)
  local check = refused(...)
  return function(stage, request, before)
    check(stage, request, before)
    local seconds = tonumber(request.response:header("Retry-After"))
    want(seconds and seconds >= 0 and seconds <= 10, "Retry-After " .. tostring(seconds))
  end
end

expect["481"] = refused(481)
expect["491"] = refused(491)
expect["500"] = refused(500)
expect["500 with Retry-After 0-10"] = retry_after(500)

expect["2xx"] = function(_, request)
  status(request, 2)
end
expect["2xx if retransmission"] = expect["2xx"]

expect["script or 2xx/469"] = function(_, request)
  status(request, 2, 469)
end

expect["to script, then 2xx or 488"] = function(stage, request, before)
  want(stage.rig:told("held") == before.held + 1, "the script was not asked")
  want(request:status() == nil, "answered before the script did")
  assert(stage.held:accept({ body = Rig.sdp3 }))
  stage.rig.net:settle()
  status(request, 200)
  want(stage.session.signaling_state == "stable", stage.session.signaling_state)
end

expect["2xx with answer"] = function(_, request)
  status(request, 200)
  want(request.response.body == Rig.sdp3, "no answer")
end
expect["2xx with answer or 488"] = expect["2xx with answer"]

expect["2xx without SDP; remote target and session timer refreshed"] = function(stage, request)
  status(request, 2)
  want(request.response.body == "", "a body")
  want(tostring(stage.session.remote_target) == stage.target, "the remote target stayed")
end

expect["absorbed within 64*T1 of the 2xx, else 481/merged rules"] = function(stage, _, before)
  not_asked(stage, nil, before)
  want(#stage.rig.invites == before.invites, "a new call")
  quiet(stage)
end
expect["absorbed, no script call, no new 2xx from the transaction"] =
  expect["absorbed within 64*T1 of the 2xx, else 481/merged rules"]

expect["last provisional re-sent, no script call"] = function(stage, _, before)
  not_asked(stage, nil, before)
  local sent = stage.rig:sent()
  want(#sent == 1, #sent .. " messages")
  local latest = stage.open.responses[#stage.open.responses - 1]
  want(sent[1].text == latest.text, "sent " .. sent[1].label)
end

expect["swallowed, nothing sent"] = function(stage, _, before)
  quiet(stage)
  want(stage.rig:told("on_ack") == before.acks, "on_ack ran")
  want(stage.session.session_state == before.state, "now " .. tostring(stage.session.session_state))
end
expect["swallowed"] = expect["swallowed, nothing sent"]
expect["no match: dropped"] = expect["swallowed, nothing sent"]
expect["matching old transaction: ACK again; no match: dropped"] = expect["swallowed, nothing sent"]

local function no_more_2xx(stage)
  stage.rig.net:clear()
  stage.rig.net:run(20)
  want(#stage.rig:sent("200 INVITE") == 0, "2xx repeated")
end

expect["stops 2xx retransmission, to S0"] = function(stage, _, before)
  want(stage.rig:told("on_ack") == before.acks + 1, "on_ack did not run")
  no_more_2xx(stage)
  want(stage.session.session_state == "confirmed", stage.session.session_state)
end

expect["answer applied, to S0; ACK without SDP: offer withdrawn, session as before, script told"] =
  function(stage, _, before)
    want(stage.session.signaling_state == "stable", stage.session.signaling_state)
    want(stage.session.answer == stage.answer, "another answer")
    expect["stops 2xx retransmission, to S0"](stage, nil, before)
  end

expect["2xx; 2xx-INVITE retransmissions stop"] = function(stage, request)
  status(request, 2)
  no_more_2xx(stage)
end

local function both_end(stage, request)
  status(request, 2)
  status(stage.open, 487)
  want(stage.rig:told("on_terminated") == 1, "on_terminated did not run once")
end
expect["2xx to BYE, 487 to the pending INVITE"] = both_end
expect["2xx to BYE, 487 to the pending UPDATE"] = both_end

expect["2xx to CANCEL, 487 to INVITE, script told once"] = function(stage, request)
  status(request, 2)
  status(stage.open, 487)
  want(stage.rig:told("on_cancel") == 1, "on_cancel did not run once")
end
expect["487 if nothing was executed"] = expect["2xx to CANCEL, 487 to INVITE, script told once"]

expect["2xx to CANCEL, 2xx to INVITE (changes already executed)"] = function(stage, request)
  status(request, 2)
  status(stage.open, 2)
  want(stage.session.answer == Rig.sdp2, "the change was undone")
end

expect["2xx to CANCEL, no effect on the call"] = function(stage, request, before)
  status(request, 2)
  want(stage.rig:told("on_cancel") == 0, "on_cancel ran")
  want(stage.session.session_state == before.state, "now " .. tostring(stage.session.session_state))
end

local function as_before(stage, before)
  local session = stage.session
  want(session.session_state == before.state, "now " .. tostring(session.session_state))
end

expect["logged, dialog as before"] = function(stage, _, before)
  as_before(stage, before)
  want(stage.session.signaling_state == before.signaling, tostring(stage.session.signaling_state))
end

expect["500 (2xx-with-old-session path if changes executed, S10), dialog and session as before"] =
  function(stage, _, before)
    status(stage.open, 500, stage.reliable and 2 or 500)
    as_before(stage, before)
    want(stage.session.signaling_state == "stable", stage.session.signaling_state)
    want(stage.rig.agent:counters().script_errors == 1, "no script error counted")
  end

expect["500 to the UPDATE, session as before"] =
  expect["500 (2xx-with-old-session path if changes executed, S10), dialog and session as before"]

expect["500 to the INVITE"] = function(stage)
  status(stage.open, 500)
end

expect["BYE by policy"] = function(stage)
  want(#stage.rig:sent("BYE") == 1, "no BYE")
end

expect["504 if it needs the user"] = function(_, request)
  status(request, 504)
end

-- --- requests of ours -------------------------------------------------------

local function one(stage, label)
  local sent = stage.rig:sent(label)
  want(#sent == 1, ("%d of %s"):format(#sent, label))
  return sent[1]
end

local function acknowledged(stage, body)
  local ack = one(stage, "ACK")
  want(ack.cseq == stage.ours.cseq, "another CSeq")
  want(ack.branch ~= stage.ours.branch, "the branch of the INVITE")
  want(ack.body == (body or ""), "body of the ACK: " .. ack.body)
end

-- The next re-INVITE of theirs goes to the script.
local function at_rest(stage)
  local held = stage.rig:told("held")
  want(stage.session.session_state == "confirmed", stage.session.session_state)
  want(stage.session.signaling_state == "stable", stage.session.signaling_state)
  stage.call:reinvite()
  stage.rig.net:settle()
  want(stage.rig:told("held") == held + 1, "a change is still open")
end

expect["ACK (with answer in S2), session applied, to S0"] = function(stage)
  local session, offered = stage.session, stage.ours.body ~= ""
  acknowledged(stage, not offered and Rig.sdp3 or nil)
  want(session.offer == (offered and Rig.sdp2 or stage.theirs), "another offer")
  want(session.answer == (offered and stage.theirs or Rig.sdp3), "another answer")
  at_rest(stage)
end

local function as_first(stage)
  local session = stage.session
  want(session.signaling_state == "stable", session.signaling_state)
  want(session.offer == stage.base[1] and session.answer == stage.base[2], "another session")
end

expect["ACK, session as before, to S14 with T by Call-ID owner"] = function(stage)
  local rig = stage.rig
  local ack = one(stage, "ACK")
  want(ack.branch == stage.ours.branch, "an ACK with a branch of its own")
  as_first(stage)
  want(stage.session.session_state == "confirmed", stage.session.session_state)
  stage.call.on_request = nil
  rig.net:run(2.1)
  local again = one(stage, "INVITE")
  local pause = again.time - ack.time
  want(pause >= 0 and pause <= 2.0, "after " .. pause)
  want(math.abs(pause * 100 - math.floor(pause * 100 + 0.5)) < 1e-6, "no step: " .. pause)
  want(again.cseq == stage.ours.cseq + 1, "CSeq " .. again.cseq)
  want(again.branch ~= stage.ours.branch, "the old branch")
  want(again.body == stage.ours.body, "another offer")
  at_rest(stage)
end

local function over(stage, byes)
  want(stage.session.session_state == "terminated", stage.session.session_state)
  want(stage.rig:told("on_terminated") == 1, "on_terminated did not run once")
  local sent = #stage.rig:sent("BYE")
  want(sent == byes, sent .. " of BYE")
end

expect["session and dialog ended, BYE sent (408/timeout)"] = function(stage)
  over(stage, 0)
  local turned_down = stage.another()
  turned_down.rig.phone:respond(turned_down.ours, { status_code = 408 })
  turned_down.rig.net:settle()
  over(turned_down, 1)
  turned_down.rig:finish()
  local silent = stage.another()
  silent.rig.net:run(31.9)
  want(silent.session.session_state == "confirmed", "gave up too early")
  silent.rig.net:run(0.2)
  over(silent, 1)
  silent.rig:finish()
end

local function late_answer(stage)
  stage.rig.net:clear()
  stage.rig.phone:respond(stage.ours, { status_code = 200, body = stage.rig.phone:sdp() })
  stage.rig.net:settle()
end

local function ended_by_bye(stage, request)
  status(request, 2)
  want(stage.session.session_state == "terminated", stage.session.session_state)
  want(stage.rig:told("on_terminated") == 1, "on_terminated did not run once")
end

expect["2xx; pending own INVITE later ACKed, session stays ended"] = function(stage, request)
  ended_by_bye(stage, request)
  late_answer(stage)
  acknowledged(stage, stage.ours.body == "" and Rig.sdp3 or nil)
  want(#stage.rig:sent() == 1, "more than the ACK")
  ended_by_bye(stage, request)
end

expect["ACK, session stays ended"] = function(stage)
  acknowledged(stage)
  want(#stage.rig:sent("BYE") == 0, "another BYE")
  want(stage.session.session_state == "terminated", stage.session.session_state)
  want(stage.rig:told("on_terminated") == 1, "on_terminated did not run once")
end

expect["2xx; late UPDATE answer ignored"] = function(stage, request)
  ended_by_bye(stage, request)
  late_answer(stage)
  quiet(stage)
  ended_by_bye(stage, request)
end

expect["2xx; back-off timer removed, no re-INVITE ever"] = function(stage, request)
  ended_by_bye(stage, request)
  stage.rig.net:clear()
  stage.rig.net:run(60)
  want(#stage.rig:sent("INVITE") == 0, "a re-INVITE")
end

-- Refused now, our change leaves what theirs made of the session.
expect["to script, then 2xx or 488; own retry rebased on the result"] =
  function(stage, request, before)
    local session = stage.session
    expect["to script, then 2xx or 488"](stage, request, before)
    local result = { session.offer, session.answer }
    want(result[1] ~= stage.base[1], "nothing changed")
    stage.call.on_request = function(message)
      if message.method == "INVITE" then
        want(session.signaling_state == "have_local_offer", session.signaling_state)
        return { status_code = 488 }
      end
    end
    stage.rig.net:clear()
    stage.rig.net:run(2.5)
    local again = one(stage, "INVITE")
    want(again.cseq == stage.ours.cseq + 1 and again.body == stage.ours.body, "another request")
    want(session.offer == result[1] and session.answer == result[2], "back behind their change")
    want(session.signaling_state == "stable", session.signaling_state)
  end

return expect
