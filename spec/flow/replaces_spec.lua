-- A new INVITE takes the place of a call: Replaces (RFC 3891), moonsip as the one
-- who gets it.
local Rig = require("spec.support.rig")
local Caller = require("spec.support.caller")
local replacing = require("spec.support.replacing")
local sip = require("moonsip")

local ask, value = replacing.ask, replacing.value

describe("an INVITE with Replaces", function()
  local rig

  before_each(function() rig = replacing.carol(Rig.new()) end)
  after_each(function()
    replacing.leave(rig)
    rig:finish()
  end)

  local function refused(status, lines, options)
    local call = ask(rig, lines, options)
    assert.equal(status, call.invite:status())
    assert.is_nil(rig.invite)
  end

  it("names a call by Call-ID and tags as a request in it would (RFC 3891 3, EVT-017)", function()
    local _, session = rig:establish()
    ask(rig, value(session))
    assert.equal(session, rig.invite.replaces)
    assert.equal("confirmed", rig.invite.replaces.session_state)
    rig.invite:reject()
  end)

  it("without it replaces nothing", function()
    rig:establish()
    rig:ring({ call_id = "other" })
    assert.is_nil(rig.invite.replaces)
    rig.invite:reject()
  end)

  it("that is accepted ends the other call with BYE (RFC 3891 3, EVT-017)", function()
    local call, session = rig:establish()
    local new = ask(rig, value(session), { headers = { "Require: replaces" } })
    rig.net:clear()
    local response = assert(rig.invite:accept({ body = Rig.sdp }))
    rig.net:settle()
    rig.net:expect([[
      alice  bob  carol
        bob -> carol  200 INVITE (sdp)
        bob -> alice  BYE
        carol -> bob  ACK
        alice -> bob  200 BYE
    ]])
    assert.equal("ended", call.state)
    assert.equal("confirmed", response.session.session_state)
    assert.equal(200, new.invite:status())
    assert.equal(1, rig:told("on_terminated"))
    assert.equal("replaced", rig:last("on_terminated")[1])
  end)

  it("that is rejected leaves the call alone (RFC 3891 3)", function()
    local call, session = rig:establish()
    ask(rig, value(session))
    rig.invite:reject({ status_code = 488 })
    rig.net:settle()
    assert.equal("confirmed", session.session_state)
    assert.same({}, rig:sent("BYE"))
    local change, reinvite = rig:change(call)
    reinvite:accept({ body = Rig.sdp2 })
    rig.net:settle()
    assert.equal(200, change:status())
  end)

  it("that names no call gets 481 (RFC 3891 3, EVT-017)", function()
    local _, session = rig:establish()
    refused(481, "nobody@192.0.2.9;to-tag=1;from-tag=2")
    -- our own point of view
    refused(481, ("%s;to-tag=%s;from-tag=%s"):format(session.call_id, session.remote_tag,
      session.local_tag))
    refused(481, ("%s;to-tag=%s;from-tag=x"):format(session.call_id, session.local_tag))
    refused(481, ("%s;to-tag=x;from-tag=%s"):format(session.call_id, session.remote_tag))
    refused(481, "x" .. value(session))
    assert.equal("confirmed", session.session_state)
  end)

  it("that is malformed gets 400 (RFC 3891 6.1, EVT-017)", function()
    local _, session = rig:establish()
    local id, to, from = session.call_id, session.local_tag, session.remote_tag
    for _, text in ipairs({
      id, id .. ";to-tag=" .. to, id .. ";from-tag=" .. from, ";to-tag=1;from-tag=2",
      value(session, ";to-tag=" .. to), value(session, ";;"), id .. ";to-tag=;from-tag=" .. from,
      value(session) .. ", " .. value(session), "two words;to-tag=1;from-tag=2",
    }) do
      refused(400, text)
    end
    assert.equal("confirmed", session.session_state)
  end)

  it("twice gets 400 (RFC 3891 3, EVT-017)", function()
    local _, session = rig:establish()
    refused(400, { value(session), value(session) })
  end)

  it("and with Join gets 400: they contradict each other (RFC 3891 3, EVT-017)", function()
    local _, session = rig:establish()
    refused(400, value(session), { headers = { "Join: " .. value(session) } })
  end)

  it("is no INVITE: 400, and the call goes on (RFC 3891 3, EVT-017)", function()
    local call, session = rig:establish()
    local header = { "Replaces: " .. value(session) }
    for _, method in ipairs({ "OPTIONS", "MESSAGE", "INFO", "BYE", "UPDATE", "NOTIFY", "FOO" }) do
      local request = call:request({ method = method, headers = header })
      rig.net:settle()
      assert.equal(400, request:status(), method)
    end
    for _, method in ipairs({ "OPTIONS", "REGISTER", "MESSAGE" }) do
      local request = rig.carol:request({ method = method, to = rig.agent, headers = header })
      rig.net:settle()
      assert.equal(400, request:status(), method)
    end
    assert.equal("confirmed", session.session_state)
  end)

  it("is a CANCEL: 400, and the INVITE rings on (RFC 3891 3, EVT-017)", function()
    local call, invite = rig:ring()
    local cancel = call:request({
      method = "CANCEL", branch = call.invite.branch, cseq = call.invite.cseq, to_tag = false,
      headers = { "Replaces: a;to-tag=1;from-tag=2" },
    })
    rig.net:settle()
    assert.equal(400, cancel:status())
    assert.is_false(invite.cancelled)
    invite:reject()
  end)

  it("in a call is a re-INVITE like others", function()
    local call = rig:establish()
    local _, reinvite = rig:change(call, { headers = { "Replaces: a@b;to-tag=1;from-tag=2" } })
    assert.is_nil(reinvite.replaces)
    reinvite:accept({ body = Rig.sdp2 })
  end)

  it("compares tags without regard to case, the Call-ID byte by byte "
    .. "(RFC 3261 7.3.1, 20.8)", function()
      local _, session = rig:establish({ call_id = "Mixed@192.0.2.9" })
      local to, from = session.local_tag:upper(), session.remote_tag:upper()
      refused(481, ("mixed@192.0.2.9;to-tag=%s;from-tag=%s"):format(to, from))
      ask(rig, ("Mixed@192.0.2.9;To-Tag=%s;FROM-TAG=%s"):format(to, from))
      assert.equal(session, rig.invite.replaces)
      rig.invite:reject()
    end)

  it("with early-only gets 486 once the call is answered (RFC 3891 3, EVT-017)", function()
    local _, session = rig:establish()
    refused(486, value(session, ";early-only"))
    assert.equal("confirmed", session.session_state)
  end)

  it("gets 481 where the call rings at us (RFC 3891 3, EVT-017)", function()
    local call, invite = rig:ring()
    local session = rig:progress(invite).session
    rig.net:settle()
    refused(481, value(session))
    refused(481, value(session, ";early-only"))
    assert.equal("early", session.session_state)
    rig:accept(invite)
    rig.net:settle()
    assert.equal(200, call.invite:status())
  end)

  it("gets 603 after the call has ended, for 64*T1 (RFC 3891 3, EVT-017)", function()
    local call, session = rig:establish()
    local text = value(session)
    call:bye()
    rig.net:settle()
    refused(603, text)
    refused(603, text .. ";early-only")
    rig.net:run(31)
    refused(603, text)
    rig.net:run(2)
    refused(481, text)
  end)

  it("gets 603 while our BYE is on its way (RFC 3891 3, EVT-017)", function()
    local _, session = rig:establish()
    local text = value(session)
    assert(session:bye())
    refused(603, text)
  end)

  it("gets 603 while our BYE waits for the ACK (RFC 3891 3, RFC 3261 15)", function()
    local call = rig:ring({ ack = false })
    local session = rig:accept(rig.invite).session
    rig.net:settle()
    assert(session:bye())
    assert.equal("ack_wait", session.session_state)
    refused(603, value(session))
    call.invite:ack()
  end)

  it("gets 603 for the latest 64 calls only", function()
    local texts = {}
    for i = 1, 65 do
      local call, session = rig:establish({ call_id = "call" .. i })
      texts[i] = value(session)
      call:bye()
      rig.net:settle()
    end
    refused(481, texts[1])
    refused(603, texts[2])
    refused(603, texts[65])
  end)

  it("does not mean the dialog of a subscription (RFC 3891 3, EVT-017)", function()
    rig:finish()
    local subscription
    rig = Rig.new({ settings = { events = "presence" }, delegate = {
      on_subscribe = function(request)
        subscription = assert(request:accept({ expires = 600 })).subscription
      end,
    } })
    replacing.carol(rig)
    local watcher = rig.phone:subscribe({ to = rig.agent, event = "presence", expires = 600 })
    rig.net:settle()
    local notify = watcher.notifies[1]
    assert.equal("active", subscription.state)
    refused(481, ("%s;to-tag=%s;from-tag=%s"):format(notify.call_id, notify.from_tag,
      notify.to_tag))
    watcher:unsubscribe()
  end)

  -- A peer without a tag calls (RFC 2543): no phone of the simulation does.
  local function old_peer(tag, options)
    rig.phone:send(table.concat({
      "INVITE sip:bob@192.0.2.1 SIP/2.0",
      "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKold" .. #tag,
      "From: <sip:old@192.0.2.9>" .. tag, "To: <sip:bob@192.0.2.1>", "Call-ID: old@192.0.2.9",
      "CSeq: 1 INVITE", "Contact: <sip:old@192.0.2.9>", "Max-Forwards: 70",
      "Content-Length: 0", "\r\n",
    }, "\r\n"), rig.agent)
    rig.net:settle()
    return rig:accept(rig.invite, options).session
  end

  for _, tag in ipairs({ "", ";tag=0" }) do
    it(("with the tag zero means a peer with %q (RFC 3891 6.1)"):format(tag), function()
      local session = old_peer(tag)
      local text = ("old@192.0.2.9;to-tag=%s;from-tag=0"):format(session.local_tag)
      ask(rig, text)
      assert.equal(session, rig.invite.replaces)
      assert.equal(("old@192.0.2.9;to-tag=0;from-tag=%s"):format(session.local_tag),
        session:replaces())
      rig.invite:reject()
      session:dispose()
      rig.net:settle()
      refused(603, text)
    end)
  end

  it("with the tag zero means nobody where two could be meant (RFC 3891 3)", function()
    local one = old_peer("", { body = Rig.sdp, to_tag = "same" })
    local two = old_peer(";tag=0", { body = Rig.sdp, to_tag = "same" })
    refused(481, "old@192.0.2.9;to-tag=same;from-tag=0")
    one:dispose()
    ask(rig, "old@192.0.2.9;to-tag=same;from-tag=0")
    assert.equal(two, rig.invite.replaces)
    rig.invite:reject()
    two:dispose()
  end)

  it("needs the script's word where the request might be sent on (RFC 3891 5)", function()
    rig:finish()
    rig = replacing.carol(Rig.new({ settings = { proxy = true } }))
    local call = ask(rig, "nobody@192.0.2.9;to-tag=1;from-tag=2")
    assert.is_nil(call.invite:status())
    assert.is_nil(rig.invite.replaces)
    local response, err = rig.invite:accept({ body = Rig.sdp })
    assert.is_nil(response)
    assert.equal("ESTATE", err.code)
    rig.net:settle()
    assert.equal(481, call.invite:status())
  end)

  it("names its call in a proxy too, once the proxy serves it itself", function()
    rig:finish()
    rig = replacing.carol(Rig.new({ settings = { proxy = true } }))
    local call, session = rig:establish()
    ask(rig, value(session))
    assert.equal(session, rig.invite.replaces)
    rig:accept(rig.invite)
    rig.net:settle()
    assert.equal("ended", call.state)
  end)

  it("finds `replaces` in Supported of our responses (RFC 3891 6.2)", function()
    local call = rig:ring()
    rig:accept(rig.invite)
    rig.net:settle()
    assert.is_true(call.invite.response:lists("Supported", "replaces"))
    local options = rig.phone:request({ method = "OPTIONS", to = rig.agent })
    rig.net:settle()
    assert.is_true(options.response:lists("Supported", "replaces"))
  end)

  it("finishes an attended transfer (RFC 3891 1, RFC 5359 2.5, EVT-017)", function()
    local kept
    rig.on_invite = function(request)
      local old = request.replaces
      if old then
        kept = request:accept({ body = old.answer }).session
        kept.data.since = old.data.since
      end
    end
    local call, session = rig:establish() -- alice asks bob ...
    session.data.since = "noon"
    local consult = rig.phone:invite({ to = rig.carol.uri }) -- ... and talks to carol
    rig.net:settle()
    rig.net:clear()
    rig.carol.calls[consult.call_id].on_request = function(message)
      if message.method ~= "REFER" then return end
      local uri, escaped = message:header("Refer-To"):match("<(.-)%?Replaces=(.-)>")
      local text = escaped:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
      rig.net:after(0.05, function()
        rig.carol:invite({
          to = uri, headers = { "Require: replaces", "Replaces: " .. text,
            "Referred-By: " .. message:header("Referred-By") },
        })
      end)
      return { status_code = 202 }
    end
    consult:request({
      method = "REFER", contact = rig.phone.uri, headers = {
        ("Refer-To: <sip:bob@192.0.2.1?Replaces=%s>"):format(sip.uri.escape(value(session))),
        "Referred-By: <sip:alice@192.0.2.9>",
      },
    })
    rig.net:run(0.5)
    rig.net:expect([[
      alice  bob  carol
        alice -> carol  REFER
        carol -> alice  202
        carol -> bob    INVITE (sdp)
        bob -> carol    200 INVITE (sdp)
        bob -> alice    BYE
        carol -> bob    ACK
        alice -> bob    200 BYE
    ]])
    assert.equal("ended", call.state)
    assert.equal("confirmed", kept.session_state)
    assert.equal("noon", kept.data.since)
  end)
end)

describe("an INVITE that replaces a call we began", function()
  local caller

  before_each(function() caller = replacing.carol(Caller.new()) end)
  after_each(function()
    replacing.leave(caller)
    caller:finish()
  end)

  it("is accepted while that rings: CANCEL ends it (RFC 3891 3, 7.1, EVT-017)", function()
    caller:ring()
    local text = value(caller.session, ";early-only")
    caller.net:clear()
    local new = ask(caller, text)
    assert.equal(caller.session, caller.invite.replaces)
    caller.invite:accept({ body = Rig.sdp })
    caller.net:settle()
    caller.net:expect([[
      bob  alice  carol
        carol -> alice  INVITE (sdp)
        alice -> carol  200 INVITE (sdp)
        alice -> bob    CANCEL
        carol -> alice  ACK
        bob -> alice    200 CANCEL
        bob -> alice    487 INVITE
        alice -> bob    ACK
    ]])
    assert.equal(200, new.invite:status())
    assert.equal(487, caller.refusal.status_code)
    assert.equal("replaced", caller:last("on_terminated")[1])
    assert.equal('SIP;cause=200;text="Call completed elsewhere"',
      caller:sent("CANCEL")[1]:header("Reason"))
  end)

  it("is rejected; that rings on", function()
    local _, _, held = caller:ring()
    ask(caller, value(caller.session))
    caller.invite:reject()
    caller:answer(held)
    caller.net:settle()
    assert.equal("confirmed", caller.session.session_state)
  end)

  it("ends it with BYE when it is answered already (RFC 3891 3, EVT-017)", function()
    local session, call = caller:establish()
    ask(caller, value(session))
    caller.invite:accept({ body = Rig.sdp })
    caller.net:settle()
    assert.equal("ended", call.state)
    assert.equal("replaced", caller:last("on_terminated")[1])
  end)

  it("gets 603 once our INVITE is cancelled (RFC 3891 3, EVT-017)", function()
    local request = caller:ring()
    caller.phone.on_request = function(message)
      if message.method == "CANCEL" then return { status_code = 200 } end
    end
    request:cancel()
    local new = ask(caller, value(caller.session))
    assert.equal(603, new.invite:status())
  end)

  it("gets 603 when it is refused just then (RFC 3891 3, EVT-017)", function()
    local _, _, held = caller:ring()
    local text = value(caller.session)
    caller:answer(held, { status_code = 486 })
    caller.net:settle()
    assert.equal(603, ask(caller, text).invite:status())
  end)

  it("cancels all forks of it (RFC 3261 9.1)", function()
    local request, _, held = caller:ring()
    caller.phone:send(("SIP/2.0 180 Ringing\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=other\r\n"
      .. "Call-ID: %s\r\nCSeq: %d INVITE\r\nContact: <%s>\r\nContent-Length: 0\r\n\r\n")
      :format(held:header("Via"), held.from, held.to, held.call_id, held.cseq, caller.phone.uri),
      caller.agent)
    caller.net:settle()
    ask(caller, value(caller.session))
    caller.invite:accept({ body = Rig.sdp })
    caller.net:settle()
    assert.equal(1, #caller:sent("CANCEL"))
    assert.equal(2, caller:told("on_terminated"))
    assert.equal("replaced", caller:last("on_terminated")[1])
    assert.is_nil(request.session)
  end)

  it("with early-only is refused when that is answered meanwhile (RFC 3891 3, 7.1)", function()
    local _, _, held = caller:ring()
    local new = ask(caller, value(caller.session, ";early-only"))
    caller:answer(held)
    caller.net:settle()
    local response, err = caller.invite:accept({ body = Rig.sdp })
    assert.is_nil(response)
    assert.equal("ESTATE", err.code)
    caller.net:settle()
    assert.equal(486, new.invite:status())
    assert.equal("confirmed", caller.session.session_state)
  end)

  it("without it takes the place of the answered call then (RFC 3891 3)", function()
    local _, call, held = caller:ring()
    ask(caller, value(caller.session))
    caller:answer(held)
    caller.net:settle()
    caller.invite:accept({ body = Rig.sdp })
    caller.net:settle()
    assert.equal("ended", call.state)
  end)

  it("and whose CANCEL crosses the 200: ACK and BYE (RFC 3261 9.1, 13.2.2.4)", function()
    local request, call, held = caller:ring()
    ask(caller, value(caller.session))
    caller.phone.on_request = function(message)
      if message.method == "CANCEL" then return { status_code = 200 } end
    end
    call.on_request = caller.phone.on_request
    caller:answer(held)
    caller.invite:accept({ body = Rig.sdp })
    caller.net:settle()
    assert.equal(1, #caller:sent("CANCEL"))
    assert.equal(1, #caller:sent("BYE"))
    assert.equal("ended", call.state)
    assert.equal("replaced", caller:last("on_terminated")[1])
    local failure
    caller:spawn(function() failure = select(2, request:wait()) end)
    assert.equal("ECANCELLED", failure.code)
  end)
end)

describe("to have a call replaced", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  it("a session says how its peer knows it (RFC 3891 4)", function()
    local session, call = caller:establish()
    local text = ("%s;to-tag=%s;from-tag=%s"):format(call.call_id, call.local_tag, call.remote_tag)
    assert.equal(text, session:replaces())
    assert.equal(text, session:replaces(false))
    assert.equal(text .. ";early-only", session:replaces(true))
    assert.has_error(function() session:replaces(1) end)
    session:bye()
    caller.net:settle()
    local none, err = session:replaces()
    assert.is_nil(none)
    assert.equal("EGONE", err.code)
  end)

  it("an early call of ours is no use: only who began it may give it up (RFC 3891 4)", function()
    local request = caller:ring()
    local none, err = caller.session:replaces()
    assert.is_nil(none)
    assert.equal("ESTATE", err.code)
    none, err = caller.engine:invite({ to = caller.phone.uri, replaces = caller.session })
    assert.is_nil(none)
    assert.equal("ESTATE", err.code)
    request:cancel()
  end)

  it("engine:invite writes Replaces; Supported says that we know it (RFC 3891 4, 6.2)", function()
    local session, call = caller:establish()
    caller:invite({ replaces = session, extra_headers = { "Subject: pickup" } })
    local invite = caller:sent("INVITE")[1]
    assert.equal(session:replaces(), invite:header("Replaces"))
    assert.equal("pickup", invite:header("Subject"))
    assert.is_true(invite:lists("Supported", "replaces"))
    assert.equal(call.remote_tag, session.local_tag)
  end)

  it("engine:invite takes nothing but a session, and says when it is over", function()
    local session = caller:establish()
    session:bye()
    caller.net:settle()
    local none, err = caller:invite({ replaces = session })
    assert.is_nil(none)
    assert.equal("EGONE", err.code)
    assert.has_error(function() caller:invite({ replaces = "a;to-tag=1;from-tag=2" }) end,
      "option 'replaces': session expected, got string")
    assert.has_error(function()
      caller.engine:message({ to = caller.phone.uri, body = "x", replaces = session })
    end)
  end)

  it("sip.uri.escape makes a text fit for a URI (RFC 3261 19.1.2)", function()
    assert.equal("a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2", sip.uri.escape("a@b;to-tag=1;from-tag=2"))
    assert.equal("aZ09-_.!~*'()", sip.uri.escape("aZ09-_.!~*'()"))
    assert.equal("%00%FF%25%3F%22", sip.uri.escape("\0\255%?\""))
    local text = "x y&z=<1>"
    assert.equal(text, sip.uri("sip:a@b?Subject=" .. sip.uri.escape(text)).headers.Subject)
    assert.has_error(function() sip.uri.escape({}) end)
  end)
end)
