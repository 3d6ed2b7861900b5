local Caller = require("spec.support.caller")

-- RFC 5407 appendices A and E: a proxy forked our INVITE, and each branch that answers
-- has a To tag of its own.  One phone plays all branches; what it says is listed as
-- "status tag".

describe("RFC 5407, moonsip as Alice, forked:", function()
  local caller, net, request, invite, heard

  before_each(function()
    caller = Caller.new()
    net = caller.net
    heard = {}
    local function note(response)
      heard[#heard + 1] = response.status_code .. " " .. response.message.to.tag
      caller[response.message.to.tag] = response.session
    end
    local _
    request, _, invite = caller:ring({
      status_code = false, rel100 = "supported",
      delegate = { on_progress = note },
    })
    net:clear()
  end)
  after_each(function() caller:finish() end)

  local function says(status, tag, headers)
    local body = status == 200 and caller.phone:sdp() or ""
    local lines = { ("SIP/2.0 %d Whatever"):format(status), "Via: " .. invite:header("Via"),
      "From: " .. invite.from, ("To: %s;tag=%s"):format(invite.to, tag),
      "Call-ID: " .. invite.call_id, ("CSeq: %d INVITE"):format(invite.cseq),
      ("Contact: <%s>"):format(caller.phone.uri) }
    for _, header in ipairs(headers or {}) do lines[#lines + 1] = header end
    if body ~= "" then lines[#lines + 1] = "Content-Type: application/sdp" end
    lines[#lines + 1] = ("Content-Length: %d\r\n\r\n%s"):format(#body, body)
    caller.phone:send(table.concat(lines, "\r\n"), caller.agent)
    net:settle()
  end

  -- Requests of ours as "METHOD tag".
  local function sent()
    local list = {}
    for _, message in ipairs(caller:sent()) do
      if message.is_request then list[#list + 1] = message.method .. " " .. message.to_tag end
    end
    return list
  end

  it("a BYE ends one early dialog; the other branch may still answer (appendix A, BYE-008)",
    function()
      caller.phone.on_request = function() return { status_code = 200 } end
      says(180, "a")
      says(180, "b")
      assert(caller.a:bye())
      net:settle()
      says(200, "b")
      assert.same({ "BYE a", "ACK b" }, sent())
      assert.same({ "180 a", "180 b" }, heard)
      assert.equal("b", request.session.remote_tag)
      assert.equal("confirmed", request.session.session_state)
      request.session:bye()
    end)

  it("early dialogs that nobody answers end with the INVITE (appendix E, figure 4)", function()
    says(180, "a")
    says(180, "b")
    says(200, "a")
    assert.same({ "ACK a" }, sent())
    assert.equal(2, caller.agent:census().sessions)
    net:run(33)
    assert.equal(1, caller.agent:census().sessions)
    assert.equal("terminated", caller.b.session_state)
    caller.phone.on_request = function() return { status_code = 200 } end
    request.session:bye()
  end)

  it("a second branch that answers is acknowledged and hung up (appendix E, figures 5 and 6)",
    function()
      caller.phone.on_request = function() return { status_code = 200 } end
      says(180, "a")
      says(180, "b")
      says(200, "a")
      says(200, "b")
      says(200, "c")
      assert.same({ "ACK a", "ACK b", "BYE b", "ACK c", "BYE c" }, sent())
      assert.equal("a", request.session.remote_tag)
      request.session:bye()
      net:settle()
    end)

  it("a reliable response of another branch behind the 200 makes no dialog any more "
    .. "(appendix E, figure 7; RFC 6026 7.2)", function()
      caller.phone.on_request = function() return { status_code = 200 } end
      says(180, "a")
      says(200, "a")
      says(180, "b", { "Require: 100rel", "RSeq: 1" })
      assert.same({ "ACK a" }, sent())
      assert.equal(1, caller.agent:census().sessions)
      request.session:bye()
      net:settle()
    end)
end)
