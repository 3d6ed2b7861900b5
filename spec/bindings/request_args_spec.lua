local Rig = require("spec.support.rig")
local sip = require("moonsip")

describe("the options of a response", function()
  local rig, call

  before_each(function()
    rig = Rig.new()
    call = rig:ring()
  end)
  after_each(function() rig:finish() end)

  local function raises(expected, method, ...)
    local ok, err = pcall(rig.invite[method], rig.invite, ...)
    assert.is_false(ok)
    assert.truthy(tostring(err):find(expected, 1, true), tostring(err))
    assert.equal(0, #rig:sent("200 INVITE"))
    assert.is_false(rig.invite.cancelled)
  end

  it("raise for an unknown name and say which was meant", function()
    raises("unknown option 'stauts_code' for accept, did you mean 'status_code'?",
      "accept", { stauts_code = 200 })
    raises("unknown option 'extra_header' for reject, did you mean 'extra_headers'?",
      "reject", { extra_header = {} })
    raises("unknown option 'reliable' for accept", "accept", { reliable = true })
    raises("option names are strings", "accept", { "v=0" })
  end)

  it("raise for a status out of range for the method", function()
    raises("option 'status_code': 404 is out of range for accept (200 to 299)",
      "accept", { status_code = 404 })
    raises("100 is out of range for progress (101 to 199)", "progress", { status_code = 100 })
    raises("399 is out of range for reject (400 to 699)", "reject", { status_code = 399 })
    raises("200 is out of range for redirect (300 to 399)",
      "redirect", "sip:b@192.0.2.3", { status_code = 200 })
    raises("option 'status_code': integer expected, got string", "accept", { status_code = "200" })
    raises("option 'status_code': integer expected, got number", "accept", { status_code = 200.5 })
  end)

  it("raise for values of the wrong type", function()
    raises("option 'reason_phrase': string expected, got number", "reject", { reason_phrase = 1 })
    raises("option 'body': string, table or false expected, got boolean", "accept", { body = true })
    raises("option 'reliable': boolean expected, got string", "progress", { reliable = "yes" })
    raises("option 'extra_headers': table expected, got string",
      "reject", { extra_headers = "A: b" })
    raises("table expected", "accept", "v=0")
  end)

  it("raise for CR, LF or NUL in a header value", function()
    for _, evil in ipairs({ "a\r\nX: y", "a\nb", "a\rb", "a\0b" }) do
      raises("CR, LF or NUL", "reject", { extra_headers = { "A: " .. evil } })
      raises("CR, LF or NUL", "reject", { extra_headers = { A = evil } })
      raises("CR, LF or NUL", "reject", { extra_headers = { A = { "fine", evil } } })
      raises("CR, LF or NUL", "reject", { reason_phrase = evil })
      raises("CR, LF or NUL", "reject", { user_agent = evil })
      raises("CR, LF or NUL", "reject", { supported = { evil } })
      raises("CR, LF or NUL", "redirect", "sip:" .. evil)
      raises("CR, LF or NUL", "accept", { body = { content = "x", content_type = evil } })
    end
  end)

  it("raise for a header that is none", function()
    raises("extra_headers[2]: \"Name: value\" expected",
      "reject", { extra_headers = { "A: b", "no header" } })
    raises("extra_headers[1]: string expected, got boolean", "reject", { extra_headers = { true } })
    raises("'bad name' is no header name", "reject", { extra_headers = { ["bad name"] = "x" } })
    raises("extra_headers.A: string, number or list expected, got boolean",
      "reject", { extra_headers = { A = true } })
  end)

  it("raise for a body table without content or with a misspelt name", function()
    raises("content is missing", "accept", { body = { content_type = "text/plain" } })
    raises("unknown option 'body.content_typ', did you mean 'content_type'?",
      "accept", { body = { content = "x", content_typ = "text/plain" } })
  end)

  it("write a list of headers as it is", function()
    assert(rig.invite:reject({ extra_headers = { "X-B: 2", "X-A: 1", "X-B: 3" } }))
    rig.net:settle()
    assert.truthy(call.response.text:find("X-B: 2\r\nX-A: 1\r\nX-B: 3\r\n", 1, true))
  end)

  it("write a map of headers sorted by name, lists and numbers included", function()
    local headers = { ["X-C"] = 3, ["X-A"] = "1", ["X-B"] = { "2", 2.5 } }
    assert(rig.invite:reject({ extra_headers = headers }))
    rig.net:settle()
    assert.truthy(call.response.text:find("X-A: 1\r\nX-B: 2\r\nX-B: 2.5\r\nX-C: 3\r\n", 1, true))
    assert.same({ ["X-C"] = 3, ["X-A"] = "1", ["X-B"] = { "2", 2.5 } }, headers)
  end)

  it("take any number of headers", function()
    local headers = {}
    for i = 1, 40 do headers[i] = ("X-%d: %d"):format(i, i) end
    assert(rig.invite:reject({ extra_headers = headers }))
    rig.net:settle()
    assert.equal("40", call.response:header("X-40"))
  end)

  it("choose status, phrase and Server", function()
    assert(rig.invite:reject({ status_code = 603, reason_phrase = "No thanks", user_agent = "me" }))
    rig.net:settle()
    assert.equal("SIP/2.0 603 No thanks", call.response.text:match("^[^\r]*"))
    assert.equal("me", call.response:header("Server"))
  end)

  it("are never modified", function()
    local options = { body = { content = Rig.sdp }, supported = { "timer", "path" } }
    assert(rig.invite:accept(options))
    assert.same({ body = { content = Rig.sdp }, supported = { "timer", "path" } }, options)
    rig.net:settle()
  end)

  it("name the targets of a redirect: strings, URIs, or a list of both", function()
    local response = assert(rig.invite:redirect({
      "sip:b@192.0.2.3", assert(sip.uri("sip:c@192.0.2.4")),
    }, { status_code = 301 }))
    assert.equal(301, response.status_code)
    rig.net:settle()
    assert.equal(301, call.invite:status())
    assert.truthy(call.response.text:find("sip:b@192.0.2.3", 1, true))
    assert.truthy(call.response.text:find("sip:c@192.0.2.4", 1, true))
  end)

  it("raise for a redirect to nowhere", function()
    raises("contacts: at least one expected", "redirect", {})
    raises("contacts: string, URI or a list of them expected, got nil", "redirect", nil)
    raises("contacts: string, URI or a list of them expected, got number", "redirect", 5)
    assert(rig.invite:reject())
  end)
end)
