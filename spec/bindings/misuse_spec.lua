-- What only the script's author can get wrong, and how it is told.
local Rig = require("spec.support.rig")
local sip = require("moonsip")

describe("the author is told", function()
  local rig, call

  before_each(function()
    rig = Rig.new()
    call = rig:ring()
  end)
  after_each(function() rig:finish() end)

  local function raised(fn, ...)
    local ok, err = pcall(fn, ...)
    assert.is_false(ok)
    return tostring(err)
  end

  local function warnings()
    local texts = {}
    for _, line in ipairs(rig.agent.log) do
      if line.level == "warn" then texts[#texts + 1] = line.text end
    end
    return texts
  end

  it("once which method it was, and where", function()
    local said = raised(function() rig.invite:accept() end)
    local expected = "misuse_spec%.lua:%d+: accept: the offer needs an answer %(body%)$"
    assert.truthy(said:find(expected), said)
  end)

  it("which header the engine writes by itself, compact forms too", function()
    for header, name in pairs({ Via = "Via", x = "Session-Expires", l = "Content-Length" }) do
      local said = raised(function()
        rig.invite:reject({ extra_headers = { [header] = "1" } })
      end)
      local expected = "reject: extra_headers: the engine writes " .. name .. " by itself"
      assert.truthy(said:find(expected, 1, true), said)
    end
  end)

  it("that a list of headers has a name among it, instead of losing that one", function()
    local said = raised(function()
      rig.invite:reject({ extra_headers = { "X-A: 1", ["X-B"] = "2" } })
    end)
    assert.truthy(said:find("a list or a map, not both", 1, true), said)
  end)

  it("that the target of a redirect is no URI", function()
    for _, text in ipairs({ "not a uri", "<sip:a@b", "sip:", "sip:a@b\tc" }) do
      local said = raised(function() rig.invite:redirect(text) end)
      assert.truthy(said:find("contacts: one is no URI", 1, true), said)
    end
    assert(rig.invite:redirect("Bob <sip:b@192.0.2.3>;q=0.5"))
    rig.net:settle()
    assert.equal("Bob <sip:b@192.0.2.3>;q=0.5", call.response:header("Contact"))
  end)

  it("that there is more to send than a datagram holds", function()
    local big = ("x"):rep(60001)
    for _, options in ipairs({
      { body = big }, { reason_phrase = big }, { extra_headers = { ["X-A"] = big } },
    }) do
      local said = raised(function() rig.invite:reject(options) end)
      assert.truthy(said:find("reject: more than 60000 bytes to send", 1, true), said)
    end
    local session = assert(rig.invite:accept({ body = rig.sdp })).session
    rig.net:settle()
    assert.truthy(raised(session.invite, session, { body = big }):find("60000", 1, true))
    assert.truthy(raised(session.bye, session, { extra_headers = { "X: " .. big } })
      :find("60000", 1, true))
  end)

  it("in the log who answered twice, when it was the script", function()
    assert(rig.invite:reject())
    local response, err = rig.invite:accept()
    assert.is_nil(response)
    assert.equal("ESTATE", err.code)
    assert.same({ "accept: the script has answered already" }, warnings())
  end)

  it("in the error alone when it was the engine", function()
    rig:finish()
    rig = Rig.new({ settings = { ["limits.answer_time"] = 1 } })
    rig:ring()
    rig.net.filter = function(packet) return not packet.text:find("^ACK") end
    rig.net:run(1.5)
    local response, err = rig.invite:reject()
    assert.is_nil(response)
    assert.equal("ESTATE: the engine has answered already", tostring(err))
    assert.equal(1, #warnings())
    assert.truthy(warnings()[1]:find("limits.answer_time", 1, true))
  end)

  it("that only an INVITE can be cancelled (RFC 3261 9.1)", function()
    local message
    rig:finish()
    rig = Rig.new({ delegate = { on_message = function(request) message = request end } })
    rig.phone:request({ method = "MESSAGE", to = rig.agent })
    rig.net:settle()
    assert.truthy(raised(message.receive_cancel, message):find("only an INVITE", 1, true))
    local response, err = message:trying()
    assert.is_nil(response)
    assert.truthy(tostring(err):find("RFC 4320", 1, true))
    assert.same({}, warnings())
    assert(message:accept())
  end)

  it("that sip.log takes a colon", function()
    assert.truthy(raised(sip.log.info, "text"):find("sip.log:info(text, fields)", 1, true))
    assert.truthy(raised(sip.log.info):find("with a colon", 1, true))
  end)

  it("that a setting is none", function()
    for text, settings in pairs({
      ['did you mean "limits.tasks"?'] = { ["limits.taks"] = 100 },
      ["contact must be a URI"] = { contact = "sip:me@192.0.2.1>, <sip:you@192.0.2.2" },
    }) do
      local said = raised(Rig.new, { settings = settings })
      assert.truthy(said:find(text, 1, true), said)
    end
  end)

  it("that a delegate's callback is no function", function()
    local session = rig:accept(rig.invite).session
    rig.net:settle()
    session.delegate = { on_info = "accept" }
    local info = call:info()
    rig.net:settle()
    assert.equal(200, info:status())
    assert.same({ "a delegate's on_info must be a function, not a string: it is left out" },
      warnings())
  end)

  it("that session.min_se is below what RFC 4028 wants", function()
    rig:finish()
    rig = Rig.new({ settings = { ["session.min_se"] = 60 } })
    assert.same({ "session.min_se is 60: RFC 4028 wants 90 or more" }, warnings())
  end)
end)

describe("an error", function()
  it("can be put into a text as it is", function()
    local _, err = sip.uri("x")
    assert.equal("no: ESYNTAX: " .. err.message, "no: " .. err)
    assert.equal("ESYNTAX: " .. err.message .. "!", err .. "!")
  end)
end)

describe("a script error that quotes a peer", function()
  it("is one line of well-formed text (MSG-034)", function()
    local rig = Rig.new({ delegate = {
      on_message = function(request) error(request.message.body, 0) end,
    } })
    rig.phone:request({
      method = "MESSAGE", to = rig.agent,
      body = "a\27[31m\r\n\255\"q\"", content_type = "text/plain",
    })
    rig.net:settle()
    local text = rig.agent.log[1].text
    assert.truthy(text:find('script error: a\\x1b[31m\\x0d <\\xff"q"', 1, true), text)
    rig:finish()
  end)
end)
