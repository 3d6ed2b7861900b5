-- What holds of every message that the engine sends: one run of calls and
-- requests of every kind, then one look at all that went out.
local Message = require("moonsip.sim.message")
local Rig = require("spec.support.rig")

local RELIABLE <const> = { "Supported: 100rel, timer" }

-- Requests outside calls: fine ones, refused ones, and one of many Vias.
local function outside(rig)
  for _, method in ipairs({ "OPTIONS", "MESSAGE", "NOTIFY", "REGISTER", "BYE", "FETCH" }) do
    rig.phone:request({ to = rig.agent, method = method })
  end
  rig.phone:request({ to = rig.agent, method = "OPTIONS", headers = { "Require: x" } })
  rig.phone:request({ to = rig.agent, method = "OPTIONS", headers = { "Max-Forwards: 1" } })
  rig.phone:send(table.concat({
    "OPTIONS sip:bob@192.0.2.1 sip/2.0",
    "v: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKmany;rport;x=\"a,b\"",
    "Via: SIP / 2.0 / TCP p1.example.com ;branch=z9hG4bK2, SIP/2.0/UDP p2.example.com;branch=3",
    "VIA: SIP/2.0/UDP p3.example.com;branch=z9hG4bK4;received=192.0.2.77",
    "f: \"A. \\\"B\\\" C\" <sip:alice@example.com;x=1>;tag=88;y",
    "t: \"\u{42f}\" <sip:bob@example.com>;z=1",
    "i: Many@Vias", "CSeq: 4711 OPTIONS", "l: 0", "", "",
  }, "\r\n"), rig.agent)
  rig.net:settle()
end

local function call_of_all_kinds(rig)
  rig.call.on_info = function(request) request:accept() end
  rig.call.on_update = function(request) request:accept({ body = Rig.sdp2 }) end
  local call, invite = rig:ring({ rel100 = true, headers = { "Supported: timer" } })
  rig.net:run(1)
  rig:progress(invite)
  rig:progress(invite, { status_code = 183, body = Rig.sdp, reliable = true })
  rig.net:settle()
  rig:accept(invite, {})
  rig.net:settle()
  call:info()
  call:options()
  call:update({ body = rig.phone:sdp({ version = 2 }) })
  rig.net:settle()
  for _, answer in ipairs({ "accept", "reject", "redirect" }) do
    local _, reinvite = rig:change(call, { headers = RELIABLE })
    reinvite:progress()
    if answer == "redirect" then
      reinvite:redirect({ "sip:carol@192.0.2.7" })
    else
      reinvite[answer](reinvite, answer == "accept" and { body = Rig.sdp2 } or nil)
    end
    rig.net:settle()
  end
  rig.session:invite({ body = Rig.sdp3 })
  rig.net:settle()
  rig.session:invite({
    delegate = { on_accept = function(response) response:ack({ body = Rig.sdp }) end },
  })
  rig.net:settle()
  rig.session:update()
  rig.net:settle()
  call.on_request = function(message)
    return message.method == "INVITE" and { status_code = 488 } or nil
  end
  rig.session:invite({ body = Rig.sdp3 })
  rig.net:settle()
  rig.session:bye()
  rig.net:settle()
end

local function cancelled_call(rig)
  local call, invite = rig:ring()
  rig:progress(invite)
  rig.net:settle()
  call:cancel()
  rig.net:settle()
end

describe("every message of the engine", function()
  local sent, asked

  setup(function()
    local rig = Rig.new()
    sent, asked = {}, {}
    rig.net.filter = function(packet)
      local message = Message.new(packet.text)
      if packet.from == rig.agent.address then
        sent[#sent + 1] = message
      elseif message.is_request then
        asked[message:header("Via") .. " " .. message.method] = message
      end
    end
    outside(rig)
    call_of_all_kinds(rig)
    cancelled_call(rig)
    rig:finish()
    assert.is_true(#sent > 30)
  end)

  local function each(kind, check)
    local n = 0
    for _, message in ipairs(sent) do
      if kind == "any" or message.is_request == (kind == "request") then
        n = n + 1
        check(message)
      end
    end
    assert.is_true(n > 5)
  end

  it("has CRLF line ends and no other (RFC 3261 7, MSG-001)", function()
    each("any", function(message)
      local head = message.text:match("^(.-\r\n)\r\n")
      assert.is_nil(head:gsub("\r\n", ""):find("[\r\n]"), message.text)
    end)
  end)

  it("has an empty line, and behind it as much as Content-Length says (RFC 3261 7, MSG-002)",
    function()
      each("any", function(message)
        local body = message.text:match("\r\n\r\n(.*)$")
        assert.equal(#body, tonumber(message:header("Content-Length")), message.text)
      end)
    end)

  it("says SIP/2.0 in capitals, whatever the request said (RFC 3261 7.1, MSG-005)", function()
    each("response", function(message)
      assert.matches("^SIP/2%.0 [1-6]%d%d ", message.text)
    end)
    each("request", function(message)
      assert.matches("^%u+ sip:[^ ]+ SIP/2%.0\r\n", message.text)
    end)
  end)

  it("that is a request has what each must have (RFC 3261 8.1.1, UAC-001, UAC-006)", function()
    each("request", function(message)
      for _, name in ipairs({ "To", "From", "CSeq", "Call-ID", "Max-Forwards", "Via" }) do
        assert.equal(1, #message:headers(name), name .. "\n" .. message.text)
      end
      assert.equal("70", message:header("Max-Forwards"))
    end)
  end)

  it("that is a request has a branch of its own, but for the ACK of a refusal "
    .. "(RFC 3261 8.1.1.7, UAC-007)", function()
      local seen = {}
      each("request", function(message)
        assert.equal("z9hG4bK", message.branch:sub(1, 7))
        local before = seen[message.branch]
        assert.is_true(before == nil or before.text == message.text
          or before.method == "INVITE" and message.method == "ACK", message.text)
        seen[message.branch] = before or message
      end)
    end)

  it("that is a response repeats Via, From, Call-ID and CSeq (RFC 3261 8.2.6.2, UAS-016)",
    function()
      -- Without what the server fills in, and without what blanks and rows mean nothing.
      local function vias(message)
        local text = table.concat(message:headers("Via"), ","):gsub("%s", "")
        return (text:gsub(";received=192.0.2.9", ""):gsub(";rport[^;,]*", ""))
      end
      local by_vias = {}
      for _, request in pairs(asked) do
        by_vias[vias(request) .. " " .. request.method] = request
      end
      each("response", function(message)
        local request = by_vias[vias(message) .. " " .. message.method]
        assert.is_truthy(request, message.text)
        for _, name in ipairs({ "From", "Call-ID", "CSeq" }) do
          assert.equal(request:header(name), message:header(name))
        end
        local to = request:header("To")
        assert.equal(to, message:header("To"):sub(1, #to))
      end)
    end)

  it("that is a response has a To tag, one for each request, but 100 needs none "
    .. "(RFC 3261 8.2.6.2, 8.2.6.1, UAS-017, UAS-018)", function()
      local tags = {}
      each("response", function(message)
        if message.status_code == 100 then return end
        assert.is_string(message.to_tag, message.text)
        local key = message.branch .. " " .. message.method
        assert.equal(tags[key] or message.to_tag, message.to_tag)
        tags[key] = message.to_tag
      end)
      for _, request in pairs(asked) do
        local answered = tags[request.branch .. " " .. request.method]
        if request.to_tag and answered then assert.equal(request.to_tag, answered) end
      end
    end)

  it("has tags and branches of one letter case (RFC 3261 7.3.1, TXN-036)", function()
    each("request", function(message)
      assert.matches("^z9hG4bK[0-9a-z.-]+$", message.branch)
      assert.matches("^[0-9a-z.-]+$", message.from_tag)
    end)
    each("response", function(message)
      local request = asked[message:header("Via")]
      if message.to_tag and not (request and request.to_tag) then
        assert.matches("^[0-9a-z.-]+$", message.to_tag)
      end
    end)
  end)

  it("that is a request, but no ACK, says that it knows session timers (RFC 4028 7.1, TMR-003)",
    function()
      each("request", function(message)
        if message.method ~= "ACK" then
          assert.is_true(message:lists("Supported", "timer"), message.text)
        end
      end)
    end)

  it("requires and supports extensions that are registered (RFC 3261 8.1.1.9, UAC-009)",
    function()
      local registered = {}
      for tag in ("100rel timer 199 replaces norefersub path gruu outbound"):gmatch("%S+") do
        registered[tag] = true
      end
      each("any", function(message)
        for _, name in ipairs({ "Require", "Supported" }) do
          for _, value in ipairs(message:headers(name)) do
            for tag in value:gmatch("[^,%s]+") do assert.is_true(registered[tag], tag) end
          end
        end
      end)
    end)
end)
