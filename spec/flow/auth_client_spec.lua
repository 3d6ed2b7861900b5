-- Digest authentication as a client: phones that challenge what we send.
local Caller = require("spec.support.caller")
local digest = require("spec.support.digest")
local sip = require("moonsip")

describe("a request with `auth`", function()
  local caller, server
  local ALICE <const> = { username = "alice", password = "secret" }
  local ATLANTA <const> = { realm = "atlanta", user = "alice", password = "secret" }

  local function with(base, more)
    local copy = {}
    for name, value in pairs(base) do copy[name] = value end
    for name, value in pairs(more or {}) do copy[name] = value end
    return copy
  end

  local function serve(realms)
    server = digest.server(caller.phone, realms or with(ATLANTA))
    return server
  end

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  -- Sends a request and gives the status of its final response.
  local function send(method, options)
    local status
    caller:spawn(function(engine)
      local given = with({ to = caller.phone.uri, from = "sip:alice@192.0.2.1", auth = ALICE },
        options)
      given.auth = given.auth or nil
      local request = assert(engine[method](engine, given))
      local response, err = request:wait()
      status = response and response.status_code or err.code
    end)
    return status
  end

  it("is sent again with CSeq + 1 and a new branch, same Call-ID and From tag "
    .. "(RFC 3261 22.2, AUT-005)", function()
    serve()
    assert.equal(200, send("message", { body = "hi" }))
    local first, second = table.unpack(caller:sent("MESSAGE"))
    assert.is_nil(first:header("Authorization"))
    assert.equal(first.cseq + 1, second.cseq)
    assert.equal(first.call_id, second.call_id)
    assert.equal(first.from_tag, second.from_tag)
    assert.is_nil(second.to_tag)
    assert.not_equal(first.branch, second.branch)
    assert.equal(first.body, second.body)
    assert.equal(2, #caller:sent("MESSAGE"))
    local given = digest.credentials(second, "atlanta")
    assert.equal("00000001", given.nc)
    assert.equal("auth", given.qop)
    assert.equal("alice", given.username)
  end)

  it("answers every algorithm and qop as the peer computes it (RFC 7616 3.4.1, AUT-019)",
    function()
      for _, algorithm in ipairs({ "MD5", "SHA-256", "SHA-512-256", "MD5-sess", "SHA-256-sess",
        "SHA-512-256-sess" }) do
        for _, qop in ipairs({ "auth", "auth-int", "auth-int, auth" }) do
          serve(with(ATLANTA, { algorithms = { algorithm }, qop = qop, realm = algorithm .. qop }))
          local auth = with(ALICE, { realm = algorithm .. qop })
          assert.equal(200, send("message", { body = "hi", auth = auth }), auth.realm)
          local given = digest.credentials(server.passed[1], auth.realm)
          assert.equal(qop == "auth-int" and "auth-int" or "auth", given.qop)
        end
      end
    end)

  it("answers a challenge without qop as RFC 2069 did (RFC 3261 22.4)", function()
    serve(with(ATLANTA, { qop = false }))
    assert.equal(200, send("message"))
    local given = digest.credentials(server.passed[1], "atlanta")
    assert.is_nil(given.qop or given.nc or given.cnonce)
  end)

  it("gives back opaque and quotes the uri (RFC 3261 22.4, AUT-008)", function()
    serve(with(ATLANTA, { opaque = "x,y" }))
    assert.equal(200, send("message"))
    local row = server.passed[1]:header("Authorization")
    assert.truthy(row:find('opaque="x,y"', 1, true))
    assert.truthy(row:find('uri="' .. caller.phone.uri .. '"', 1, true))
  end)

  it("hides the name where the peer asks for its hash (RFC 7616 3.4.4, AUT-020)", function()
    local name = require("moonsip_testing").userhash("alice", "atlanta", "SHA-256")
    serve(with(ATLANTA, { more = ", userhash=true", name = name }))
    assert.equal(200, send("message"))
    assert.truthy(server.passed[1]:header("Authorization"):find("userhash=true", 1, true))
  end)

  it("takes the topmost challenge that it understands (RFC 8760 2.4, AUT-016)", function()
    serve(with(ATLANTA, { algorithms = { "NEW-9", "SHA-512-256", "MD5" } }))
    assert.equal(200, send("message"))
    assert.equal("SHA-512-256", digest.credentials(server.passed[1], "atlanta").algorithm)
  end)

  it("uses no other algorithm than its HA1's (RFC 8760 2.4)", function()
    serve(with(ATLANTA, { algorithms = { "SHA-512-256", "SHA-256", "MD5" } }))
    local ha1 = sip.auth.ha1("alice", "atlanta", "secret", "MD5")
    assert.equal(200,
      send("message", { auth = { username = "alice", ha1 = ha1, realm = "atlanta" } }))
    assert.equal("MD5", digest.credentials(server.passed[1], "atlanta").algorithm)
    server.realms[1].algorithms = { "SHA-256" }
    server:forget()
    assert.equal(401, send("message", { auth = with(ALICE, { algorithm = "MD5" }) }))
  end)

  it("does not answer Basic, nor a broken challenge (RFC 8760 2.6, AUT-001, AUT-017, AUT-022)",
    function()
      for _, row in ipairs({ 'Basic realm="atlanta"', 'Digest realm="atlanta"', "Digest",
        'Digest realm="atlanta", nonce="x', 'Digest realm="atlanta", nonce="x", qop="none"' }) do
        caller.phone.on_request = function()
          return { status_code = 401, headers = { "WWW-Authenticate: " .. row } }
        end
        caller.net:clear()
        assert.equal(401, send("message"), row)
        assert.equal(1, #caller:sent("MESSAGE"), row)
      end
    end)

  it("does not come back with credentials that were just rejected (RFC 3261 22.1, AUT-006)",
    function()
      serve()
      assert.equal(401, send("message", { auth = with(ALICE, { password = "wrong" }) }))
      assert.equal(2, #caller:sent("MESSAGE"))
    end)

  it("tries twice at most when the nonce changes each time (RFC 3261 8.1.3.5, UAC-017, UAC-018)",
    function()
      serve()
      server.is_right = function() return false end
      assert.equal(401, send("message"))
      assert.equal(2, #caller:sent("MESSAGE"))
    end)

  it("tries again when its nonce was stale, but not for ever (RFC 3261 22.1, AUT-006)", function()
    serve()
    local refused = 0
    server.is_right = function(_, message, realm)
      local given = digest.credentials(message, realm.realm)
      if given and refused < 2 then
        refused = refused + 1
        return false, true
      end
      return given ~= nil
    end
    assert.equal(200, send("message"))
    assert.equal(4, #caller:sent("MESSAGE"))
    refused = -100
    caller.net:clear()
    assert.equal(401, send("message"))
    assert.is_true(#caller:sent("MESSAGE") <= 5, #caller:sent("MESSAGE"))
  end)

  it("answers a proxy and the user agent behind it (RFC 3261 22.3, AUT-007)", function()
    local al = { username = "al", password = "other", realm = "chicago" }
    serve({ with(ATLANTA, { proxy = true }), with(al, { user = "al" }) })
    assert.equal(200, send("message", { auth = { with(ALICE, { realm = "atlanta" }), al } }))
    local last = server.passed[1]
    assert.equal("alice", digest.credentials(last, "atlanta", "Proxy-Authorization").username)
    assert.equal("al", digest.credentials(last, "chicago").username)
    assert.equal(2, #caller:sent("MESSAGE"))
  end)

  it("keeps what it answered one proxy when the next one asks (RFC 3261 22.3, AUT-007)", function()
    serve({ with(ATLANTA, { proxy = true }),
      { realm = "chicago", user = "alice", password = "secret", proxy = true } })
    local both = server.challenge
    server.challenge = function(self, message) -- the first proxy asks before the second
      for i = 1, 2 do
        local one = setmetatable({ realms = { self.realms[i] } }, { __index = self })
        local refusal = both(one, message)
        self.nonces = one.nonces
        if refusal then return refusal end
      end
    end
    assert.equal(200, send("message", { auth = {
      with(ALICE, { realm = "atlanta" }), with(ALICE, { realm = "chicago" }) } }))
    assert.equal(3, #caller:sent("MESSAGE"))
    assert.equal(2, #server.passed[1]:headers("Proxy-Authorization"))
  end)

  it("does not run for ever after more realms than it remembers", function()
    local auth, tries = {}, 0
    for i = 1, 8 do auth[i] = with(ALICE, { realm = "r" .. i }) end
    function caller.phone.on_request(request)
      local i = tries % 16
      tries = tries + 1
      assert.is_true(tries < 100)
      local proxy = i >= 8
      caller.phone:respond(request, {
        status_code = proxy and 407 or 401,
        headers = { ('%s-Authenticate: Digest realm="r%d", nonce="n%d"'):format(
          proxy and "Proxy" or "WWW", (proxy and i + 1 or i) % 8 + 1, tries) },
      })
    end
    send("message", { auth = auth })
    assert.equal(17, tries)
  end)

  it("answers nobody but the realm it is for (AUT-023)", function()
    serve(with(ATLANTA, { realm = "evil" }))
    assert.equal(401, send("message", { auth = with(ALICE, { realm = "atlanta" }) }))
    assert.equal(1, #caller:sent("MESSAGE"))
  end)

  it("without a realm is bound to the first that asks it (AUT-023)", function()
    serve({ with(ATLANTA), with(ATLANTA, { realm = "evil" }) })
    local both = server.challenge
    server.challenge = function(self, message)
      for i = 1, 2 do -- one after the other
        local one = setmetatable({ realms = { self.realms[i] } }, { __index = self })
        local refusal = both(one, message)
        self.nonces = one.nonces
        if refusal then return refusal end
      end
    end
    assert.equal(401, send("message"))
    local sent = caller:sent("MESSAGE")
    assert.equal(2, #sent)
    assert.truthy(digest.credentials(sent[2], "atlanta"))
    assert.is_nil(digest.credentials(sent[2], "evil"))
  end)

  it("without a realm follows a peer whose realm changes", function()
    for _, realm in ipairs({ "atlanta", "atlanta2", "atlanta", "atlanta2" }) do
      serve(with(ATLANTA, { realm = realm }))
      assert.equal(200, send("message"), realm)
      local last = server.passed[1]
      assert.equal(1, #last:headers("Authorization"))
      assert.truthy(digest.credentials(last, realm))
    end
  end)

  it("without `auth` reports the challenge and stays quiet", function()
    serve()
    assert.equal(401, send("message", { auth = false }))
    assert.equal(1, #caller:sent("MESSAGE"))
  end)

  it("carries them at once the next time, counting up (RFC 7616 3.4, AUT-011)", function()
    serve()
    for i = 1, 3 do
      caller.net:clear()
      assert.equal(200, send("register"))
      local sent = caller:sent("REGISTER")
      assert.equal(i == 1 and 2 or 1, #sent)
      assert.equal(("%08x"):format(i), digest.credentials(sent[#sent], "atlanta").nc)
    end
  end)

  it("is asked once more when the peer forgot the nonce of its memory", function()
    serve(with(ATLANTA, { stale = false }))
    assert.equal(200, send("register"))
    server:forget()
    caller.net:clear()
    assert.equal(200, send("register"))
    assert.equal(2, #caller:sent("REGISTER"))
  end)

  it("does not take credentials of one next hop to another (AUT-023)", function()
    serve()
    assert.equal(200, send("message"))
    local carol = caller:another("carol", 8)
    caller.net:clear()
    assert.equal(481, send("message", { to = carol.uri }))
    assert.is_nil(caller:sent("MESSAGE")[1]:header("Authorization"))
  end)

  it("takes the next nonce from Authentication-Info (RFC 7616 3.5)", function()
    serve()
    server.answer = function()
      server.counts.fresh = 0
      return { status_code = 200, headers = { 'Authentication-Info: nextnonce="fresh", qop=auth' } }
    end
    assert.equal(200, send("message"))
    caller.net:clear()
    assert.equal(200, send("message"))
    local sent = caller:sent("MESSAGE")
    assert.equal(1, #sent)
    local given = digest.credentials(sent[1], "atlanta")
    assert.equal("fresh", given.nonce)
    assert.equal("00000001", given.nc)
  end)

  it("keeps no more than the latest challenges (RFC 7616 5.4)", function()
    local before
    for round = 1, 5 do
      for i = 1, 100 do
        serve(with(ATLANTA, { realm = ("realm%d.%d"):format(round, i) }))
        local auth = with(ALICE, { realm = server.realms[1].realm })
        assert.equal(200, send("message", { auth = auth }))
      end
      caller.net:run(40)
      collectgarbage() -- boxes hold messages
      local bytes = caller.agent:census().pool_bytes
      assert.is_true(not before or bytes <= before * 1.1, bytes)
      before = bytes
    end
  end)

  describe("that begins a call", function()
    local session

    before_each(function() session = nil end)

    local function call(options)
      local request = caller:invite(with({ auth = ALICE, delegate = {
        on_accept = function(response)
          session = response.session
          session.delegate = caller.call
        end } }, options))
      caller.net:settle()
      return request
    end

    it("draws this ladder", function()
      serve()
      call()
      session:bye()
      caller.net:settle()
      caller.net:expect([[
        alice          bob
          INVITE  -->
                  <--   401 INVITE
          ACK     -->
          INVITE  -->
                  <--   200 INVITE
          ACK     -->
          BYE     -->
                  <--   200 BYE
      ]])
    end)

    it("gives the ACK of the 2xx its INVITE's credentials (RFC 3261 22.1, AUT-002)", function()
      serve()
      call()
      local invite, ack = caller:sent("INVITE")[2], caller:sent("ACK")[2]
      assert.is_string(invite:header("Authorization"))
      assert.equal(invite:header("Authorization"), ack:header("Authorization"))
      assert.equal(invite.cseq, ack.cseq)
      assert.is_nil(caller:sent("ACK")[1]:header("Authorization"))
      session:bye()
    end)

    it("answers challenges inside the dialog, any method (RFC 3261 22.2, AUT-005)", function()
      serve()
      server.asks = function(message) return message.method == "INVITE" end
      call()
      server.asks = nil
      server:forget()
      for _, method in ipairs({ "info", "message", "update", "invite", "refer", "bye" }) do
        local status
        caller.net:clear()
        server:forget()
        local options = method == "refer" and { refer_to = "sip:carol@192.0.2.8" }
          or method == "message" and { body = "hi" }
          or (method == "invite" or method == "update") and { body = Caller.sdp2 } or nil
        caller:spawn(function()
          status = assert(session[method](session, options)):wait().status_code
        end)
        assert.equal(200, status, method)
        local sent = caller:sent(method:upper())
        assert.equal(2, #sent, method)
        assert.equal(sent[1].cseq + 1, sent[2].cseq)
        assert.equal(sent[1].to_tag, sent[2].to_tag)
        if method == "invite" then assert.equal(Caller.sdp2, session.offer) end
      end
    end)

    it("carries them at once in the dialog, counting up (RFC 7616 3.4, AUT-011)", function()
      serve()
      call()
      caller.net:clear()
      for i = 1, 3 do
        assert(session:info())
        caller.net:settle()
        local sent = caller:sent("INFO")
        assert.equal(i, #sent)
        assert.equal(("%08x"):format(i + 1), digest.credentials(sent[i], "atlanta").nc)
      end
      session:bye()
      caller.net:settle()
      assert.equal(1, #caller:sent("BYE"))
    end)

    it("answers for its PRACK too (RFC 3262 3)", function()
      serve()
      server.asks = function(message) return message.method == "PRACK" end
      server.answer = function(message)
        if message.method == "INVITE" then
          caller.net:after(1, function()
            caller.phone:respond(message, { status_code = 200, body = caller.phone:sdp() })
          end)
          return { status_code = 183, headers = { "Require: 100rel", "RSeq: 7" } }
        end
        return { status_code = 200 }
      end
      call({ auth = with(ALICE, { realm = "atlanta" }) })
      caller.net:run(2)
      local sent = caller:sent("PRACK")
      assert.equal(2, #sent)
      assert.equal(sent[1]:header("RAck"), sent[2]:header("RAck"))
      assert.equal("confirmed", session.session_state)
      session:bye()
    end)

    it("answers for the refresh of its session timer (RFC 4028 10)", function()
      serve()
      server.answer = function(message, dialog)
        if message.method == "INVITE" or message.method == "UPDATE" then
          return { status_code = 200, body = message.has_sdp and dialog.phone:sdp() or nil,
            headers = { "Session-Expires: 100;refresher=uac", "Allow: UPDATE, INVITE" } }
        end
        return { status_code = 200 }
      end
      call()
      server:forget()
      caller.net:clear()
      caller.net:run(80)
      assert.equal(2, #caller:sent("UPDATE"))
      assert.equal("confirmed", session.session_state)
      session:bye()
    end)

    it("does not answer another realm in the dialog (AUT-023)", function()
      serve()
      call()
      serve(with(ATLANTA, { realm = "evil" }))
      caller.net:clear()
      local status
      caller:spawn(function() status = session:info():wait().status_code end)
      assert.equal(401, status)
      local sent = caller:sent("INFO")
      assert.equal(1, #sent)
      assert.truthy(digest.credentials(sent[1], "atlanta"))
      server.asks = function() return false end
      session:bye()
    end)

    it("does not show the callee the credentials that no proxy asked for (AUT-023)", function()
      call()
      serve(with(ATLANTA, { realm = "evil" }))
      local status
      caller:spawn(function() status = session:info():wait().status_code end)
      assert.equal(401, status)
      assert.equal(1, #caller:sent("INFO"))
      serve()
      server.asks = function() return false end
      session:bye()
    end)

    it("keeps the session as it was when a re-INVITE stays refused (RFC 3261 14.1)", function()
      serve()
      call()
      server:forget()
      server.realms[1].password = "changed"
      local status
      caller:spawn(function()
        status = assert(session:invite({ body = Caller.sdp2 })):wait().status_code
      end)
      assert.equal(401, status)
      assert.equal("stable", session.signaling_state)
      assert.equal(Caller.sdp, session.offer)
      assert.equal("confirmed", session.session_state)
      server.asks = function() return false end
      session:bye()
    end)

    it("answers with the offer it was made with, and acknowledges the answer's CSeq", function()
      serve()
      call()
      server:forget()
      caller.net:clear()
      caller:spawn(function()
        assert(session:invite({ body = Caller.sdp2 })):wait()
      end)
      local sent, acks = caller:sent("INVITE"), caller:sent("ACK")
      assert.equal(Caller.sdp2, sent[2].body)
      assert.equal(sent[2].cseq, acks[#acks].cseq)
      assert.equal("stable", session.signaling_state)
      server.asks = function() return false end
      session:bye()
    end)

    it("answers 401 and 407 of a forked call, each with its own login (RFC 3261 22.3, AUT-007)",
      function()
        serve({ with(ATLANTA, { proxy = true }), with(ATLANTA, { realm = "a" }),
          { realm = "b", user = "bea", password = "b" } })
        call({ auth = { with(ALICE, { realm = "atlanta" }), with(ALICE, { realm = "a" }),
          { username = "bea", password = "b", realm = "b" } } })
        assert.equal("confirmed", session.session_state)
        local invite = caller:sent("INVITE")[2]
        assert.equal(2, #invite:headers("Authorization"))
        assert.equal(1, #invite:headers("Proxy-Authorization"))
        session:bye()
      end)

    it("ends the early dialogs of the try that was refused, and begins new ones", function()
      serve()
      local early, ended
      local passes = server.challenge
      server.challenge = function(self, message)
        local refusal = passes(self, message)
        if refusal then caller.phone:respond(message, { status_code = 180 }) end
        return refusal
      end
      call({ delegate = {
        on_progress = function(response)
          early = response.session
          early.delegate = { on_terminated = function(_, reason) ended = reason end }
        end,
        on_accept = function(response)
          session = response.session
          session.delegate = caller.call
        end,
      } })
      assert.equal("rejected", ended)
      assert.equal("confirmed", session.session_state)
      assert.equal(1, caller.agent:census().sessions)
      session:bye()
    end)

    it("is not tried again once it is cancelled (RFC 3261 22.1)", function()
      serve()
      local held
      server.asks = function(message)
        held = message
        return false
      end
      server.answer = function(message)
        if message.method == "INVITE" then return { status_code = 180 } end
      end
      local request = call()
      request:cancel()
      caller.net:settle()
      caller.phone:respond(held, server:challenge(held))
      caller.net:settle()
      assert.equal(1, #caller:sent("INVITE"))
    end)
  end)

  it("of a call that came in answers for it from then on (RFC 3261 22.2)", function()
    local accepted
    caller.delegate.on_invite = function(request)
      accepted = request:accept({ body = Caller.sdp }).session
      accepted.delegate = caller.call
    end
    caller.phone:invite({ to = caller.agent })
    caller.net:settle()
    serve()
    caller:spawn(function()
      assert.equal(200, assert(accepted:info({ auth = ALICE })):wait().status_code)
      assert.equal(200, assert(accepted:bye()):wait().status_code)
    end)
    assert.equal(1, #caller:sent("BYE"))
  end)

  it("says what is wrong with a login (AUT-024)", function()
    local function refused(auth)
      local ok, err = pcall(caller.engine.message, caller.engine,
        { to = caller.phone.uri, auth = auth })
      assert.is_false(ok)
      assert.is_nil(tostring(err):find("secret", 1, true))
      return err
    end
    assert.matches("username", refused({ password = "secret" }))
    assert.matches("password or ha1", refused({ username = "a" }))
    assert.matches("password or ha1",
      refused({ username = "a", password = "secret", ha1 = ("0"):rep(32) }))
    assert.matches("colons", refused({ username = "a:b", password = "secret" }))
    assert.matches("needs its algorithm", refused({ username = "a", ha1 = ("0"):rep(64) }))
    assert.matches("has 64",
      refused({ username = "a", ha1 = ("0"):rep(32), algorithm = "SHA-256" }))
    assert.matches("has 32", refused({ username = "a", ha1 = ("x"):rep(32) }))
    assert.matches("algorithm",
      refused({ username = "a", password = "secret", algorithm = "SHA-1" }))
    assert.matches("did you mean 'password'", refused({ username = "a", pasword = "secret" }))
    assert.matches("list of 1 to 8", refused({}))
    assert.matches("expected", refused({ "secret" }))
    assert.matches("table expected", refused("secret"))
  end)

  it("survives that memory runs out anywhere: it fails, or it passes", function()
    serve(with(ATLANTA, { opaque = "x" }))
    local n, left = 0, 0
    while left == 0 do
      n = n + 1
      local status, session
      server:forget()
      caller.agent:fail_after(n)
      local request = caller.engine:invite({ to = caller.phone.uri, body = Caller.sdp,
        auth = with(ALICE, { realm = "atlanta" }), delegate = {
          on_accept = function(response) session = response.session end,
          on_reject = function(response) status = response and response.status_code or 0 end,
        } })
      caller.net:settle()
      left = caller.agent:fail_after(0)
      if session then session:bye() end
      caller.net:run(70)
      assert.is_true(not request or session ~= nil or status ~= nil, n)
    end
    assert.is_true(n > 20, n)
  end)

  it("leaves no password in the log (AUT-026)", function()
    caller:finish()
    local lines = {}
    caller = Caller.new()
    serve()
    send("message")
    send("message", { auth = with(ALICE, { password = "hunter2" }) })
    for _, line in ipairs(caller.agent.log) do lines[#lines + 1] = line.text end
    assert.is_nil(table.concat(lines, "\n"):find("secret", 1, true))
    assert.is_nil(table.concat(lines, "\n"):find("hunter2", 1, true))
    for _, packet in ipairs(caller.net.log) do
      assert.is_nil(packet.text:find("secret", 1, true))
      assert.is_nil(packet.text:find("hunter2", 1, true))
    end
  end)
end)
