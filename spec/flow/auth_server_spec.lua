-- Digest authentication as a server: phones that answer our challenges.
local Rig = require("spec.support.rig")
local digest = require("spec.support.digest")
local sip = require("moonsip")

describe("sip.auth.require", function()
  local rig, users, options, seen, looked
  local BOB <const> = "sip:bob@192.0.2.1:5060"

  local function lookup(name, realm, algorithm)
    looked = { name = name, realm = realm, algorithm = algorithm }
    local password = users[name]
    return password and sip.auth.ha1(name, realm, password, algorithm)
  end

  local function guard(request)
    local user = sip.auth.require(request, lookup, options)
    if user then
      seen[#seen + 1] = user
      request:accept()
    end
  end

  before_each(function()
    users, options, seen, looked = { alice = "secret" }, { realm = "atlanta" }, {}, nil
    rig = Rig.new({ delegate = {
      on_message = guard, on_options = guard, on_register = guard, on_publish = guard,
      on_invite = function(request)
        if sip.auth.require(request, lookup, options) then rig:accept(request) end
      end,
    } })
  end)
  after_each(function() rig:finish() end)

  local function ask(headers, method)
    local request = rig.phone:request({ to = rig.agent, method = method or "MESSAGE", ruri = BOB,
      headers = headers })
    rig.net:settle()
    return request.response
  end

  local function answer(challenge, who)
    local given = { challenge = challenge, user = "alice", password = "secret",
      method = "MESSAGE", uri = BOB }
    for name, value in pairs(who or {}) do given[name] = value end
    return digest.answer(given)
  end

  -- A fresh challenge answered: the response, and the challenges before it.
  local function try(who, index)
    local challenges = digest.challenges(ask(nil, who and who.method))
    local value = answer(challenges[index or 1], who)
    return ask({ "Authorization: " .. value }, who and who.method), challenges, value
  end

  it("challenges with 401 once per algorithm, strongest first, each with qop "
    .. "(RFC 3261 22.4, RFC 8760 2.3, AUT-004, AUT-010, AUT-015)", function()
    local response = ask()
    assert.equal(401, response.status_code)
    local names = {}
    for i, challenge in ipairs(digest.challenges(response)) do
      names[i] = challenge.algorithm
      assert.equal("atlanta", challenge.realm)
      assert.equal("auth,auth-int", challenge.qop)
      assert.is_nil(challenge.stale)
    end
    assert.same({ "SHA-512-256", "SHA-256", "MD5" }, names)
    assert.same({}, seen)
  end)

  it("offers what it is told to, strongest first all the same (RFC 8760 2.3, AUT-015)", function()
    options = { realm = "atlanta", algorithms = { "md5", "SHA-256-sess", "SHA-256" },
      qop = { "auth" } }
    local list = digest.challenges(ask())
    assert.same({ "SHA-256", "MD5", "SHA-256-sess" },
      { list[1].algorithm, list[2].algorithm, list[3].algorithm })
    assert.equal("auth", list[1].qop)
    assert.equal(3, #list)
  end)

  it("gives the user for each algorithm and qop (RFC 7616 3.4.1, AUT-019)", function()
    options.algorithms = { "SHA-512-256", "SHA-256", "MD5", "SHA-512-256-sess", "SHA-256-sess",
      "MD5-sess" }
    for i = 1, 6 do
      for _, qop in ipairs({ "auth", "auth-int" }) do
        assert.equal(200, (try({ qop = qop }, i)).status_code, i .. qop)
      end
    end
    assert.equal(12, #seen)
    assert.same({ name = "alice", realm = "atlanta", algorithm = "MD5" }, looked)
  end)

  it("binds the body with auth-int (RFC 7616 3.4.3)", function()
    local challenge = digest.challenges(ask())[1]
    local request = rig.phone:request({ to = rig.agent, method = "MESSAGE", ruri = BOB,
      body = "changed", content_type = "text/plain", headers = {
        "Authorization: " .. answer(challenge, { qop = "auth-int", body = "said" }) } })
    rig.net:settle()
    assert.equal(401, request:status())
    request = rig.phone:request({ to = rig.agent, method = "MESSAGE", ruri = BOB, body = "said",
      content_type = "text/plain", headers = {
        "Authorization: " .. answer(challenge, { qop = "auth-int", body = "said" }) } })
    rig.net:settle()
    assert.equal(200, request:status())
  end)

  it("takes a password from the lookup, and waits for it", function()
    local found = lookup
    lookup = function(name)
      sip.sleep(0.1)
      return name == "alice" and { password = "secret" } or nil
    end
    local challenge = digest.challenges(ask())[1]
    local request = rig.phone:request({ to = rig.agent, method = "MESSAGE", ruri = BOB,
      headers = { "Authorization: " .. answer(challenge) } })
    rig.net:run(1)
    lookup = found
    assert.equal(200, request:status())
  end)

  it("asks with 407 as a proxy, and reads Proxy-Authorization only (RFC 3261 22.3, AUT-004)",
    function()
      options.proxy = true
      local response = ask()
      assert.equal(407, response.status_code)
      assert.is_nil(response:header("WWW-Authenticate"))
      local challenge = digest.challenges(response, "Proxy-Authenticate")[1]
      assert.equal(407, ask({ "Authorization: " .. answer(challenge) }).status_code)
      assert.equal(200, ask({ "Proxy-Authorization: " .. answer(challenge) }).status_code)
    end)

  it("neither offers nor takes Basic (RFC 8760 2.6, AUT-001, AUT-017)", function()
    local response = ask({ "Authorization: Basic YWxpY2U6c2VjcmV0" })
    assert.equal(401, response.status_code)
    for _, challenge in ipairs(digest.challenges(response)) do
      assert.truthy(challenge.text:find("^Digest "))
    end
    assert.is_nil(looked)
  end)

  it("leaves credentials for other realms alone (RFC 3261 22.3, AUT-007)", function()
    local challenge = digest.challenges(ask())[1]
    local theirs = { realm = "chicago", nonce = "abc", algorithm = "MD5" }
    assert.equal(401, ask({ "Authorization: " .. answer(theirs) }).status_code)
    assert.is_nil(looked)
    assert.equal(200, ask({ "Authorization: " .. answer(theirs),
      "Authorization: " .. answer(challenge) }).status_code)
  end)

  it("has the realm of the settings, else the host of our Contact (RFC 3261 22.1, AUT-003)",
    function()
      options = nil
      assert.equal("192.0.2.1", digest.challenges(ask())[1].realm)
      local other = Rig.new({ delegate = { on_message = guard },
        settings = { ["auth.realm"] = "Atlanta Inc." } })
      local request = other.phone:request({ to = other.agent, method = "MESSAGE" })
      other.net:settle()
      assert.equal("Atlanta Inc.", digest.challenges(request.response)[1].realm)
      other:finish()
    end)

  it("tells a wrong password and an unknown user apart in nothing (AUT-021)", function()
    local function shape(response)
      return (response.text:gsub('nonce="%x+"', "nonce"):gsub("branch=[^;\r]+", "branch")
        :gsub("tag=[^;\r]+", "tag"):gsub("Call%-ID: [^\r]+", "Call-ID"))
    end
    local wrong = try({ password = "guess" })
    local unknown = try({ user = "nobody" })
    assert.equal(401, wrong.status_code)
    assert.equal(shape(wrong), shape(unknown))
    assert.equal("nobody", looked.name)
    users.alice = ""
    assert.equal(401, (try({ user = "nobody", password = "" })).status_code)
    assert.equal(200, (try({ password = "" })).status_code)
  end)

  it("refuses a uri of another user or host with 400 (RFC 7616 3.4.6, AUT-008, AUT-009)", function()
    for _, uri in ipairs({ "sip:carol@192.0.2.1:5060", "sip:bob@192.0.2.2", "tel:+1", "x" }) do
      assert.equal(400, (try({ uri = uri })).status_code, uri)
    end
    assert.is_nil(looked)
    options.check_uri = false
    assert.equal(200, (try({ uri = "sip:carol@chicago.example" })).status_code)
  end)

  it("does not mind another port, parameters or sips in the uri (RFC 8760 2.6, AUT-008)", function()
    for _, uri in ipairs({ "sip:bob@192.0.2.1", "sip:bob@192.0.2.1;transport=udp",
      "sips:%62ob@192.0.2.1:5061" }) do
      assert.equal(200, (try({ uri = uri })).status_code, uri)
    end
  end)

  it("refuses a replay with stale=true, takes the next count (RFC 7616 3.4, AUT-011)", function()
    local response, challenges, value = try()
    assert.equal(200, response.status_code)
    response = ask({ "Authorization: " .. value })
    assert.equal(401, response.status_code)
    assert.equal("true", digest.challenges(response)[1].stale)
    assert.equal(200, ask({ "Authorization: " .. answer(challenges[1], { nc = 2 }) }).status_code)
    assert.equal(2, #seen)
  end)

  it("says stale=true when right credentials come with an old nonce (RFC 7616 3.3, AUT-012)",
    function()
      local challenge = digest.challenges(ask())[1]
      rig.net:run(301)
      local response = ask({ "Authorization: " .. answer(challenge) })
      assert.equal("true", digest.challenges(response)[1].stale)
      response = ask({ "Authorization: " .. answer(challenge, { password = "guess" }) })
      assert.is_nil(digest.challenges(response)[1].stale)
      assert.not_equal(challenge.nonce, digest.challenges(response)[1].nonce)
    end)

  it("answers a nonce that it did not make with a new challenge (RFC 7616 3.3, AUT-013)", function()
    local challenge = digest.challenges(ask())[1]
    local forged = challenge.nonce:gsub("%x$", function(d) return d == "0" and "1" or "0" end)
    for _, nonce in ipairs({ forged, "abc", "" }) do
      local response = ask({ "Authorization: " .. answer(challenge, { nonce = nonce }) })
      assert.equal(401, response.status_code)
      assert.is_nil(digest.challenges(response)[1].stale)
    end
    assert.is_nil(looked)
  end)

  it("does not take credentials without qop, or with one it did not offer "
    .. "(RFC 8760 2.6, AUT-010, AUT-018)", function()
    local challenge = digest.challenges(ask())[1]
    local value = answer(challenge)
    assert.equal(400, ask({ "Authorization: " .. value:gsub(", nc=%x+", "") }).status_code)
    assert.equal(400, ask({ "Authorization: " .. value:gsub(', cnonce="%x+"', "") }).status_code)
    assert.equal(401, ask({ "Authorization: " .. value:gsub(", qop=auth", "") }).status_code)
    options.qop = { "auth-int" }
    assert.equal(401, ask({ "Authorization: " .. value }).status_code)
    assert.is_nil(looked)
  end)

  it("says what is broken in malformed credentials: 400 (RFC 3261 22, AUT-022)", function()
    local challenge = digest.challenges(ask())[1]
    local value = answer(challenge)
    for pattern, why in pairs({
      ['realm="[^"]*", '] = "realm missing", ['nonce="%x+", '] = "nonce missing",
      ['username="alice"'] = 'username=""', ["alice"] = 'a", username="b',
    }) do
      local broken = value:gsub(pattern, why:find("=") and why or "", 1)
      local response = ask({ "Authorization: " .. broken })
      assert.equal(400, response.status_code, broken)
      assert.truthy(response.reason_phrase:find("^Broken Authorization: "), response.reason_phrase)
    end
    assert.equal(400, ask({ "Authorization: " .. value .. ', x="' }).status_code)
    assert.equal(400, ask({ "Authorization: " .. value, "Authorization: " .. value }).status_code)
    assert.is_nil(looked)
  end)

  it("challenges a phone that only names itself (RFC 8760 2.7)", function()
    assert.equal(401, ask({ 'Authorization: Digest username="alice", realm="atlanta", nonce="", '
      .. 'uri="' .. BOB .. '", response=""' }).status_code)
  end)

  it("knows a user by username* too, but never by its hash (RFC 7616 3.4.4, AUT-020)", function()
    users["J\u{e4}son"] = "secret"
    local challenge = digest.challenges(ask())[1]
    local value = answer(challenge, { user = "J\u{e4}son" })
    assert.equal(200, ask({ "Authorization: "
      .. value:gsub('username="[^"]*"', "username*=UTF-8''J%%C3%%A4son") }).status_code)
    looked = nil
    assert.equal(401,
      ask({ "Authorization: " .. answer(challenge, { nc = 2 }) .. ", userhash=true" }).status_code)
    assert.is_nil(looked)
  end)

  it("raises for an HA1 of another algorithm's length: 500 and a line (AUT-024)", function()
    local real = lookup
    lookup = function() return ("0"):rep(32) end
    local response = try()
    lookup = real
    assert.equal(500, response.status_code)
    assert.truthy(rig.agent.log[#rig.agent.log].text:find("an HA1 for SHA-512-256 has 64", 1, true))
  end)

  it("slows down who guesses: 403 with Retry-After; few lines in the log (AUT-026)", function()
    local challenge = digest.challenges(ask())[1]
    local counts = {}
    for i = 1, 1000 do
      local response = ask({ "Authorization: " .. answer(challenge, { password = "guess" .. i }) })
      counts[response.status_code] = (counts[response.status_code] or 0) + 1
    end
    -- Ten at once, and one more every six seconds.
    local more = math.floor(rig.net:now() / 6)
    assert.is_true(math.abs(counts[401] - 10 - more) <= 1, counts[401])
    assert.equal(1000, counts[401] + counts[403])
    local response = ask({ "Authorization: " .. answer(challenge) })
    assert.equal(403, response.status_code)
    local wait = tonumber(response:header("Retry-After"))
    assert.is_true(wait >= 1 and wait <= 6, wait)
    local counters = rig.agent:counters()
    assert.equal(counts[401], counters.wrong_passwords)
    assert.equal(counts[403] + 1, counters.refused_guesses)
    local lines = 0
    for _, line in ipairs(rig.agent.log) do
      lines = lines + (line.level == "warn" and 1 or 0)
      assert.is_nil(line.text:find("guess", 1, true))
    end
    assert.is_true(lines >= 1 and lines <= 2, lines)
    rig.net:run(7)
    assert.equal(200, ask({ "Authorization: " .. answer(challenge) }).status_code)
  end)

  it("counts wrong passwords by address too, and has settings for it (AUT-026)", function()
    local other = Rig.new({ delegate = { on_message = guard }, settings = {
      ["auth.source_failures"] = 3, ["auth.user_failures"] = 0, ["auth.failure_pause"] = 60 } })
    local function guess(i)
      local request = other.phone:request({ to = other.agent, method = "MESSAGE", ruri = BOB })
      other.net:settle()
      local value = answer(digest.challenges(request.response)[1],
        { user = "user" .. i, password = "guess" })
      request = other.phone:request({ to = other.agent, method = "MESSAGE", ruri = BOB,
        headers = { "Authorization: " .. value } })
      other.net:settle()
      return request:status()
    end
    assert.same({ 401, 401, 401, 403 }, { guess(1), guess(2), guess(3), guess(4) })
    other:finish()
  end)

  it("counts guesses that were looked up at the same time (AUT-026)", function()
    local real = lookup
    local other = Rig.new({ settings = {
      ["auth.source_failures"] = 3, ["auth.user_failures"] = 0, ["auth.failure_pause"] = 60,
    }, delegate = { on_message = function(request)
      local user = sip.auth.require(request, function(...)
        sip.sleep(0.1)
        return real(...)
      end, { realm = "biloxi.com" })
      if user then request:accept() end
    end } })
    local first = other.phone:request({ to = other.agent, method = "MESSAGE", ruri = BOB })
    other.net:settle()
    local challenge, requests = digest.challenges(first.response)[1], {}
    for i = 1, 4 do
      requests[i] = other.phone:request({ to = other.agent, method = "MESSAGE", ruri = BOB,
        headers = { "Authorization: " .. answer(challenge,
          { password = i < 4 and "guess" or nil, nc = i }) } })
    end
    other.net:run(1)
    assert.same({ 401, 401, 401, 403 }, { requests[1]:status(), requests[2]:status(),
      requests[3]:status(), requests[4]:status() })
    other:finish()
  end)

  it("protects a new call; ACK and CANCEL are never asked (RFC 3261 22.1, AUT-002, CAN-010)",
    function()
      local call = rig.phone:invite({ to = rig.agent })
      rig.net:settle()
      assert.equal(401, call.response.status_code)
      local challenge = digest.challenges(call.response)[1]
      local uri = rig.phone.calls[call.call_id].remote_target
      call = rig.phone:invite({ to = rig.agent, headers = { "Authorization: " .. answer(challenge,
        { method = "INVITE", uri = uri }) } })
      rig.net:settle()
      assert.equal(200, call.response.status_code)
      assert.equal("confirmed", rig.session.session_state)

      -- Held while its lookup waits, then cancelled.
      local real = lookup
      lookup = function() sip.sleep(1) end
      call = rig.phone:invite({ to = rig.agent, headers = { "Authorization: " .. answer(challenge,
        { method = "INVITE", uri = uri, nc = 2 }) } })
      rig.net:run(0.5)
      call:cancel()
      rig.net:run(2)
      lookup = real
      assert.equal(200, call.invite.cancel_request:status())
      assert.equal(487, call.response.status_code)
    end)

  it("raises for an ACK (RFC 3261 22.1, AUT-002)", function()
    local raised
    rig.call.on_ack = function(ack)
      raised = not pcall(sip.auth.require, ack, lookup, options)
    end
    rig:finish()
    rig = Rig.new({ delegate = { on_invite = function(request) rig:accept(request) end } })
    rig.call.on_ack = function(ack)
      raised = not pcall(sip.auth.require, ack, lookup, options)
    end
    rig.phone:invite({ to = rig.agent })
    rig.net:settle()
    assert.is_true(raised)
  end)

  it("protects requests in a call as well", function()
    rig:finish()
    rig = Rig.new()
    local call, session = rig:establish()
    local function protected(request)
      if sip.auth.require(request, lookup, options) then request:accept() end
    end
    rig.call.on_info, rig.call.on_message, rig.call.on_update = protected, protected, protected
    rig.call.on_invite = function(request)
      if sip.auth.require(request, lookup, options) then request:accept({ body = Rig.sdp2 }) end
    end
    for _, method in ipairs({ "INFO", "MESSAGE", "UPDATE", "INVITE" }) do
      local body = method == "INVITE" and rig.phone:sdp() or nil
      local first = call:request({ method = method, body = body })
      rig.net:settle()
      assert.equal(401, first:status(), method)
      local value = answer(digest.challenges(first.response)[1],
        { method = method, uri = call.remote_target })
      local second = call:request({ method = method, body = body,
        headers = { "Authorization: " .. value } })
      rig.net:settle()
      assert.equal(200, second:status(), method)
    end
    assert.equal("confirmed", session.session_state)
  end)

  it("protects a call from a BYE that anybody may have sent (AUT-025)", function()
    rig:finish()
    rig = Rig.new()
    local call, session = rig:establish()
    rig.call.on_bye = function(request)
      if sip.auth.require(request, lookup, options) then request:accept() end
    end
    local forged = call:request({ method = "BYE" })
    rig.net:settle()
    assert.equal(401, forged:status())
    assert.equal("confirmed", session.session_state)
    assert.equal(0, rig:told("on_terminated"))
    local change = call:info()
    rig.net:settle()
    assert.equal(200, change:status())
    local bye = call:request({ method = "BYE", headers = { "Authorization: "
      .. answer(digest.challenges(forged.response)[1],
        { method = "BYE", uri = call.remote_target }) } })
    rig.net:settle()
    assert.equal(200, bye:status())
    assert.equal("terminated", session.session_state)
    assert.equal("bye received", rig:last("on_terminated")[1])
  end)

  it("keeps the call until a lookup that waits has let its BYE in (AUT-025)", function()
    rig:finish()
    rig = Rig.new()
    local call, session = rig:establish()
    rig.call.on_bye = function(request)
      sip.sleep(1)
      request:reject({ status_code = 403 })
    end
    local bye = call:request({ method = "BYE" })
    rig.net:run(0.5)
    assert.equal("confirmed", session.session_state)
    rig.net:run(1)
    assert.equal(403, bye:status())
    assert.equal("terminated", session.session_state)
  end)

  it("asks about one request once", function()
    rig:finish()
    local same
    rig = Rig.new({ delegate = { on_message = function(request)
      local user = sip.auth.require(request, lookup, options)
      if user then
        same = user == sip.auth.require(request, lookup, options)
        request:accept()
      end
    end } })
    assert.equal(200, (try()).status_code)
    assert.is_true(same)
  end)

  it("proves that we know the password, and gives the next nonce in time (RFC 7616 3.5)", function()
    local testing = require("moonsip_testing")
    rig:finish()
    rig = Rig.new({ delegate = { on_message = function(request)
      assert.is_nil(sip.auth.info(request))
      if sip.auth.require(request, lookup, options) then
        request:accept({ extra_headers = { sip.auth.info(request) } })
      end
    end } })
    local response, challenges = try()
    local info = response:header("Authentication-Info")
    local expected = testing.digest({ algorithm = "SHA-512-256", qop = "auth", method = "",
      uri = BOB, nonce = challenges[1].nonce, nc = "00000001", cnonce = "0a4f113b",
      ha1 = sip.auth.ha1("alice", "atlanta", "secret", "SHA-512-256") })
    assert.equal(expected, info:match('rspauth="(%x+)"'))
    assert.is_nil(info:match("nextnonce"))
    rig.net:run(200)
    response = ask({ "Authorization: " .. answer(challenges[1], { nc = 2 }) })
    local nonce = response:header("Authentication-Info"):match('nextnonce="(%x+)"')
    rig.net:run(200)
    assert.equal(200,
      ask({ "Authorization: " .. answer(challenges[1], { nonce = nonce }) }).status_code)
  end)

  it("survives a reload with its nonces and counts", function()
    local path = os.tmpname()
    local function write()
      local file <close> = assert(io.open(path, "w"))
      file:write([[
        local sip = require "moonsip"
        return { on_message = function(request)
          if sip.auth.require(request, function() return { password = "secret" } end,
            { realm = "atlanta" }) then request:accept() end
        end }]])
    end
    write()
    rig:finish()
    rig = Rig.new({ script = path })
    local _, challenges, value = try()
    assert(rig.agent:reload())
    assert.equal(401, ask({ "Authorization: " .. value }).status_code)
    assert.equal(200, ask({ "Authorization: " .. answer(challenges[1], { nc = 2 }) }).status_code)
    os.remove(path)
  end)

  it("works as docs/SCRIPTING.md shows", function()
    local file <close> = assert(io.open("docs/SCRIPTING.md"))
    local code = file:read("a"):match("## Who it is.-```lua\n(.-)```")
    local path = os.tmpname()
    local script = assert(io.open(path, "w"))
    script:write(code)
    script:close()
    rig:finish()
    rig = Rig.new({ script = path })
    assert.equal(401, (try({ password = "guess" })).status_code)
    local response = try({ password = "wonderland" })
    assert.equal(200, response.status_code)
    assert.truthy(response:header("Authentication-Info"))
    os.remove(path)
  end)

  it("refuses what only a script's author can cause", function()
    rig:finish()
    local errors = {}
    rig = Rig.new({ delegate = { on_message = function(request)
      local function try_with(...)
        local ok, err = pcall(sip.auth.require, request, ...)
        errors[#errors + 1] = ok and "passed" or tostring(err)
      end
      try_with(nil)
      try_with(lookup, { reelm = "x" })
      try_with(lookup, { realm = 1 })
      try_with(lookup, { algorithms = { "SHA-1" } })
      try_with(lookup, { qop = { "none" } })
      try_with(lookup, { algorithms = {} })
      try_with(lookup, { algorithms = { 1 } })
      try_with(lookup, { qop = "auth" })
      try_with(lookup, { proxy = 1 })
      try_with(lookup, { nonce_expires = -1 })
      request:accept()
    end } })
    assert.equal(200, ask().status_code)
    for i, text in ipairs({ "function expected", "did you mean 'realm'", "string expected", "SHA-1",
      "got none", "at least one", "got 1", "table expected", "boolean expected", "0 to 86400" }) do
      assert.truthy(errors[i]:find(text, 1, true), errors[i])
    end
  end)
end)
