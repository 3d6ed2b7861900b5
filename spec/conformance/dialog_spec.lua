-- Dialogs (RFC 3261 12), and how calls end (15), seen from a phone.
local Rig = require("spec.support.rig")

-- A request without From tag, as of RFC 2543.
local function old_request(rig, method, cseq, to_tag)
  local body = method == "INVITE" and rig.phone:sdp() or ""
  return table.concat({
    method .. " sip:bob@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.9:5060",
    "From: <sip:old@192.0.2.9>", "To: <sip:bob@192.0.2.1>" .. (to_tag and ";tag=" .. to_tag or ""),
    "Call-ID: old@192.0.2.9", ("CSeq: %d %s"):format(cseq, method),
    "Contact: <sip:old@192.0.2.9>", "Content-Type: application/sdp", "Content-Length: " .. #body,
    "", body,
  }, "\r\n")
end

describe("a dialog", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("is not made without a Contact, nor with two of them (RFC 3261 8.1.1.8, DLG-004)", function()
    for _, headers in ipairs({ {}, { "Contact: <sip:a@192.0.2.9>, <sip:b@192.0.2.9>" },
      { "Contact: <sip:a@192.0.2.9>", "Contact: <sip:b@192.0.2.9>" } }) do
      local call = rig:ring({ contact = false, headers = headers })
      assert.equal(400, call.response.status_code)
    end
    assert.equal(0, #rig.invites)
  end)

  it("of a caller without a tag is found by requests without a tag (RFC 3261 12.1.1, DLG-005)",
    function()
      rig.phone:send(old_request(rig, "INVITE", 1), rig.agent)
      rig.net:settle()
      local accepted = rig:accept(rig.invite)
      rig.net:settle()
      local tag = rig:sent("200 INVITE")[1].to_tag
      rig.phone:send(old_request(rig, "ACK", 1, tag), rig.agent)
      rig.net:settle()
      assert.equal("confirmed", accepted.session.session_state)
      rig.phone:send(old_request(rig, "BYE", 2, tag), rig.agent)
      rig.net:settle()
      assert.equal(1, #rig:sent("200 BYE"))
      assert.equal("terminated", accepted.session.session_state)
    end)

  it("is found by Call-ID and both tags, all of them (RFC 3261 12, DLG-025)", function()
    local call, session = rig:establish({ call_id = "CaSe@192.0.2.9" })
    local function status(options)
      local info = call:info(options)
      rig.net:settle()
      call.state = "confirmed"
      return info:status()
    end
    assert.equal(200, status({}))
    assert.equal(481, status({ call_id = "case@192.0.2.9" }))
    assert.equal(481, status({ call_id = "CaSe@192.0.2.99" }))
    assert.equal(481, status({ to_tag = session.local_tag .. "x" }))
    assert.equal(481, status({ from_tag = call.local_tag .. "x" }))
    assert.equal(200, status({}))
  end)

  it("refuses a number it has seen in another request (RFC 3261 12.2.2, DLG-021)", function()
    local call = rig:establish()
    local info = call:info({ cseq = 7 })
    rig.net:settle()
    assert.equal(200, info:status())
    for _, send in ipairs({ "info", "message", "update", "reinvite" }) do
      local again = call[send](call, { cseq = 7 })
      rig.net:settle()
      assert.equal(500, again:status(), send)
    end
    rig.net:clear()
    info:transmit()
    rig.net:settle()
    assert.equal(1, #rig:sent("200 INFO"))
  end)

  it("counts its requests one by one, whatever is sent at once (RFC 3261 12.2.1.1, DLG-011)",
    function()
      local call, session = rig:establish()
      assert(session:update())
      rig.net:settle()
      assert(session:invite({ body = Rig.sdp2 }))
      rig.net:settle()
      call.on_request = function(message)
        if message.method == "INVITE" then return false end
      end
      assert(session:invite({ body = Rig.sdp3 }))
      assert(session:bye())
      rig.net:settle()
      local numbers, acks = {}, {}
      for _, request in ipairs(rig:sent()) do
        if request.is_request and request.method ~= "ACK" then
          numbers[#numbers + 1] = request.cseq
        elseif request.is_request then
          acks[#acks + 1] = request.cseq
        end
      end
      for i = 2, 4 do assert.equal(numbers[1] + i - 1, numbers[i]) end
      assert.same({ numbers[2] }, acks)
    end)

  it("keeps its routes whatever later requests record (RFC 3261 12.2.2, DLG-023)", function()
    local call, session = rig:establish()
    local other = { "Record-Route: <sip:192.0.2.9:5060;lr>, <sip:p9.example.com;lr>" }
    local _, reinvite = rig:change(call, { headers = other })
    assert(reinvite:accept({ body = Rig.sdp2 }))
    rig.net:settle()
    call:update({ headers = other })
    rig.net:settle()
    assert(session:bye())
    rig.net:settle()
    local bye = rig:sent("BYE")[1]
    assert.same({}, bye:headers("Route"))
    assert.equal(rig.phone.uri, bye.ruri)
  end)

  it("that is early ends with the refusal of its INVITE (RFC 3261 12.3, DLG-024)", function()
    local call, invite = rig:ring()
    local session = rig:progress(invite).session
    rig.net:settle()
    assert.equal("early", session.session_state)
    assert(invite:reject())
    rig.net:settle()
    assert.equal("terminated", session.session_state)
    assert.equal(1, rig:told("on_terminated"))
    call.remote_tag = rig:sent("486 INVITE")[1].to_tag
    local info = call:info()
    rig.net:run(40)
    assert.equal(481, info:status())
    assert.equal(0, rig.agent:census().sessions)
  end)

  it("that is early moves its target, too (RFC 6141 4.9, REI-042)", function()
    local call, invite = rig:ring({ rel100 = true })
    rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
    rig.net:settle()
    local moved = "sip:moved@192.0.2.9:5060"
    call:update({ contact = moved })
    rig.net:settle()
    assert.equal(moved, tostring(rig.session.remote_target))
    local refused = call:update({ contact = "sip:x@192.0.2.9", body = rig.phone:sdp() })
    rig.net:settle()
    assert.equal(488, refused:status())
    assert.equal(moved, tostring(rig.session.remote_target))
    rig:accept(invite, {})
    rig.net:settle()
    assert(rig.session:bye())
    rig.net:settle()
    assert.equal(moved, rig:sent("BYE")[1].ruri)
  end)
end)

describe("BYE", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("of ours ends the call at once, whatever is answered to it (RFC 3261 15.1.1, BYE-002)",
    function()
      for _, status in ipairs({ 481, 408, 500, 0 }) do
        local call, session = rig:establish()
        rig.notes = {}
        call.on_request = function()
          return status ~= 0 and { status_code = status }
        end
        assert(session:bye())
        assert.equal("terminated", session.session_state)
        rig.net:run(40)
        assert.equal(1, rig:told("on_terminated"))
        assert.equal(0, rig.agent:census().sessions)
        assert.equal("EGONE", select(2, session:bye()).code)
      end
    end)

  it("is answered 200 in a call and 481 outside (RFC 3261 15.1.2, BYE-003)", function()
    local call = rig:establish()
    local outside = rig.phone:request({ to = rig.agent, method = "BYE" })
    local astray = rig.phone:request({ to = rig.agent, method = "BYE", to_tag = "nobody" })
    local bye = call:bye()
    local second = call:bye()
    rig.net:settle()
    assert.equal(481, outside:status())
    assert.equal(481, astray:status())
    assert.equal(200, bye:status())
    assert.equal(481, second:status())
  end)

  it("with a number that is too low is refused, and the call goes on (RFC 3261 15.1.2, BYE-005)",
    function()
      local call, session = rig:establish({ cseq = 10 })
      local bye = call:bye({ cseq = 9 })
      call.state = "confirmed"
      rig.net:settle()
      assert.equal(500, bye:status())
      assert.equal("confirmed", session.session_state)
      assert.equal(0, rig:told("on_terminated"))
    end)
end)

describe("an answer", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("that is in use is not followed by another in the same INVITE (RFC 3261 13.2.1, INV-006)",
    function()
      local call, invite = rig:ring({ rel100 = true })
      rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
      rig.net:settle()
      assert.has_error(function() invite:accept({ body = Rig.sdp2 }) end)
      assert.has_error(function()
        invite:progress({ status_code = 183, body = Rig.sdp2, reliable = true })
      end)
      rig:accept(invite, {})
      rig.net:settle()
      for _, response in ipairs(call.responses) do
        assert.is_true(response.body == "" or response.body == Rig.sdp)
      end
      assert.equal(Rig.sdp, rig.session.answer)
    end)

  it("that is no says why with 488, in a new call and in a change "
    .. "(RFC 3261 13.3.1.3, 14.2, INV-016, REI-020)", function()
      local call, invite = rig:ring()
      assert(invite:reject({ status_code = 488 }))
      rig.net:settle()
      assert.is_string(call.response:header("Warning"))
      local other, session = rig:establish()
      local change, reinvite = rig:change(other)
      assert(reinvite:reject({ status_code = 488 }))
      rig.net:settle()
      assert.is_string(change.response:header("Warning"))
      assert.equal("stable", session.signaling_state)
    end)
end)

describe("reliable responses", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("are over with the final one (RFC 3262 3, REL-011)", function()
    local _, invite = rig:ring({ rel100 = true })
    rig:accept(invite)
    local sent, err = invite:progress({ status_code = 183, reliable = true })
    assert.is_nil(sent)
    assert.equal("ESTATE", err.code)
    rig.net:settle()
    assert.same({}, rig:sent("183 INVITE"))
  end)

  it("say that UPDATE is allowed, as 2xx and our INVITE do (RFC 3311 4, UPD-010)", function()
    local call, invite = rig:ring({ rel100 = true })
    rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
    rig.net:settle()
    rig:accept(invite, {})
    rig.net:settle()
    assert(rig.session:invite({ body = Rig.sdp2 }))
    rig.net:settle()
    assert.is_true(call.responses[1]:lists("Allow", "UPDATE"))
    assert.is_true(call.response:lists("Allow", "UPDATE"))
    assert.is_true(rig:sent("INVITE")[1]:lists("Allow", "UPDATE"))
  end)
end)

describe("UPDATE", function()
  local rig

  before_each(function() rig = Rig.new() end)
  after_each(function() rig:finish() end)

  it("is answered with the Contact that the 2xx of the INVITE has (RFC 3311 5.1, UPD-002)",
    function()
      local call, invite = rig:ring({ rel100 = true })
      rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
      rig.net:settle()
      local update = call:update()
      rig.net:settle()
      rig:accept(invite, {})
      rig.net:settle()
      assert.is_string(update.response.contact)
      assert.equal(update.response.contact, call.response.contact)
    end)

  it("that the script thinks about too long gets 504 while its sender listens "
    .. "(RFC 3311 5.2, UPD-007)", function()
      rig.call.on_update = function(request) rig.update = request end
      local call, session = rig:establish()
      local offer, answer = session.offer, session.answer
      local update = call:update({ body = rig.phone:sdp({ version = 2 }) })
      rig.net:run(31)
      assert.equal(504, update:status())
      assert.equal("confirmed", session.session_state)
      assert.same({ offer, answer }, { session.offer, session.answer })
      assert.is_nil((rig.update:accept({ body = Rig.sdp2 })))
    end)
end)
