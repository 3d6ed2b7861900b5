-- moonsip refers: REFER that goes out, and what its peer reports.
local Caller = require("spec.support.caller")

local TARGET = "sip:carol@192.0.2.7"

describe("session:refer", function()
  local caller, session, call, notes, delegate, answer

  local function told(name)
    local list = {}
    for _, entry in ipairs(notes) do
      if entry.name == name then list[#list + 1] = entry end
    end
    return list
  end

  local function report(fragment, state, event)
    local request = call:request({
      method = "NOTIFY", body = fragment .. "\r\n", content_type = "message/sipfrag;version=2.0",
      headers = { "Event: " .. (event or "refer"), "Subscription-State: " .. state },
    })
    caller.net:settle()
    return request
  end

  local function refer(options)
    local given = { refer_to = TARGET, delegate = delegate }
    for name, value in pairs(options or {}) do given[name] = value end
    local request = assert(session:refer(given))
    caller.net:settle()
    return request
  end

  before_each(function()
    notes, answer = {}, { status_code = 202 }
    caller = Caller.new()
    session, call = caller:establish()
    call.on_request = function(message)
      if message.method == "REFER" then return answer end
    end
    delegate = {
      on_accept = function(response) table.insert(notes, { name = "on_accept", response }) end,
      on_reject = function(response) table.insert(notes, { name = "on_reject", response }) end,
      on_notify = function(request, subscription)
        table.insert(notes, { name = "on_notify", request.message.body, subscription })
      end,
      on_terminated = function(reason) table.insert(notes, { name = "on_terminated", reason }) end,
    }
  end)
  after_each(function() caller:finish() end)

  it("asks with one Refer-To and hears how it goes (RFC 3515 2.1, 2.4.4)", function()
    refer({ referred_by = "sip:alice@192.0.2.1" })
    local sent = caller:sent("REFER")[1]
    assert.equal("<" .. TARGET .. ">", sent:header("Refer-To"))
    assert.equal("<sip:alice@192.0.2.1>", sent:header("Referred-By"))
    assert.is_string(sent.contact)
    local subscription = told("on_accept")[1][1].subscription
    assert.equal("refer", subscription.event)
    assert.equal(session, subscription.session)
    report("SIP/2.0 100 Trying", "active;expires=60")
    report("SIP/2.0 200 OK", "terminated;reason=noresource")
    assert.equal("SIP/2.0 100 Trying\r\n", told("on_notify")[1][1])
    assert.equal("SIP/2.0 200 OK\r\n", told("on_notify")[2][1])
    assert.equal("noresource", told("on_terminated")[1][1])
    assert.equal("confirmed", session.session_state)
  end)

  it("hears a NOTIFY before the response (RFC 3515 2.4.4, EVT-015)", function()
    answer = false
    refer()
    local held = call.requests[#call.requests]
    assert.equal(200, report("SIP/2.0 100 Trying", "active;expires=60"):status())
    local subscription = told("on_notify")[1][2]
    caller.phone:respond(held, { status_code = 202 })
    caller.net:settle()
    assert.equal(subscription, told("on_accept")[1][1].subscription)
    report("SIP/2.0 200 OK", "terminated;reason=noresource", "refer;id=" .. held.cseq)
    assert.equal(1, #told("on_terminated"))
  end)

  it("that is refused leaves nothing behind", function()
    answer = { status_code = 603 }
    refer()
    assert.equal(603, told("on_reject")[1][1].status_code)
    assert.is_nil(told("on_reject")[1][1].subscription)
    assert.same({}, told("on_terminated"))
    caller.net:run(1)
    assert.equal(0, caller.agent:census().subscriptions)
    assert.equal("confirmed", session.session_state)
  end)

  it("hears of each of two by its id (RFC 3515 2.4.6, EVT-014)", function()
    local first, second = refer(), refer()
    local one = told("on_accept")[1][1].subscription
    local two = told("on_accept")[2][1].subscription
    assert.are_not.equal(one, two)
    local function id(request) return "refer;id=" .. request.message.cseq.number end
    assert.equal(200, report("SIP/2.0 180 Ringing", "active;expires=60", id(second)):status())
    assert.equal(two, told("on_notify")[1][2])
    assert.equal(200, report("SIP/2.0 180 Ringing", "active;expires=60"):status())
    assert.equal(one, told("on_notify")[2][2])
    report("SIP/2.0 486 Busy Here", "terminated;reason=noresource", id(second))
    report("SIP/2.0 200 OK", "terminated;reason=noresource", id(first))
    assert.equal(2, #told("on_terminated"))
  end)

  it("without a subscription gets none when that is granted (RFC 4488 section 4)", function()
    answer = { status_code = 202, headers = { "Refer-Sub: false" } }
    refer({ subscribe = false })
    assert.equal("false", caller:sent("REFER")[1]:header("Refer-Sub"))
    caller.net:run(40)
    assert.same({}, told("on_terminated"))
    assert.equal(0, caller.agent:census().subscriptions)
  end)

  it("whose peer never reports is given up after 64*T1 (RFC 6665 4.1.2.4)", function()
    refer()
    caller.net:run(33)
    assert.equal("no notify", told("on_terminated")[1][1])
    assert.equal("confirmed", session.session_state)
  end)

  it("hears on after the call is over (RFC 5057 section 4)", function()
    refer()
    report("SIP/2.0 100 Trying", "active;expires=60")
    assert(session:bye())
    caller.net:settle()
    assert.equal("terminated", session.session_state)
    assert.equal(200, report("SIP/2.0 200 OK", "terminated;reason=noresource"):status())
    assert.equal(1, #told("on_terminated"))
    caller.net:run(1)
    assert.equal(0, caller.agent:census().dialogs)
  end)

  it("whose peer hangs up meanwhile: 481 or silence, and no harm (RFC 5407 3.3.3, EVT-018)",
    function()
      local request = assert(session:refer({ refer_to = TARGET, delegate = delegate }))
      call:bye()
      caller.net:run(40)
      assert.equal("terminated", session.session_state)
      assert.equal(0, caller.agent:census().dialogs)
      assert.equal("REFER", request.method)
    end)

  it("leaves NOTIFYs of other packages to the session (RFC 3261 12.2.2)", function()
    refer()
    local heard
    session.delegate = { on_notify = function(request)
      heard = request.message:header("Event")
      request:accept()
    end }
    assert.equal(200, report("x", "active", "keep-alive"):status())
    assert.equal("keep-alive", heard)
    report("SIP/2.0 200 OK", "terminated;reason=noresource")
  end)

  it("raises without refer_to", function()
    assert.has_error(function() session:refer({}) end, "refer: refer_to: missing")
    caller.net:run(1)
    assert.equal(0, caller.agent:census().subscriptions)
  end)
end)

describe("engine:refer", function()
  it("makes a dialog of its own for the reports (RFC 3515 2.4.4)", function()
    local caller = Caller.new()
    local call, last, subscription
    caller.phone.on_request = function(message)
      call = caller.phone:incoming_call(message)
      return { status_code = 202 }
    end
    assert(caller.engine:refer({
      to = caller.phone.uri, refer_to = TARGET,
      delegate = { on_notify = function(request, sub)
        last, subscription = request.message.body, sub
      end },
    }))
    caller.net:settle()
    local function report(fragment, state)
      local request = call:request({
        method = "NOTIFY", body = fragment, content_type = "message/sipfrag",
        headers = { "Event: refer;id=1", "Subscription-State: " .. state },
      })
      caller.net:settle()
      return request:status()
    end
    assert.equal(1, caller.agent:census().dialogs)
    assert.equal(200, report("SIP/2.0 180 Ringing", "active;expires=60"))
    assert.is_nil(subscription.session)
    assert.equal(200, report("SIP/2.0 200 OK", "terminated;reason=noresource"))
    assert.equal("SIP/2.0 200 OK", last)
    caller:finish()
  end)

  it("may do without: Refer-Sub (RFC 4488 section 4)", function()
    local caller = Caller.new()
    caller.phone.on_request = function()
      return { status_code = 202, headers = { "Refer-Sub: false" } }
    end
    assert(caller.engine:refer({ to = caller.phone.uri, refer_to = TARGET, subscribe = false }))
    caller.net:run(1)
    assert.equal(0, caller.agent:census().outgoing)
    assert.equal(0, caller.agent:census().dialogs)
    caller:finish()
  end)
end)
