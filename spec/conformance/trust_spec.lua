-- Who is believed: requests inside a call, and headers that claim something.
local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")
local digest = require("spec.support.digest")
local sip = require("moonsip")

describe("a request inside a call", function()
  it("can be asked for its password as any other, and until then changes nothing "
    .. "(RFC 3261 22, AUT-025)", function()
      local rig = Rig.new()
      local function lookup(name, realm, algorithm)
        return name == "alice" and sip.auth.ha1(name, realm, "secret", algorithm) or nil
      end
      local passed = {}
      local function ask(request)
        if sip.auth.require(request, lookup, { realm = "atlanta" }) then
          passed[#passed + 1] = request.message.method
          request:accept({ body = Rig.sdp2 })
        end
      end
      rig.call.on_invite, rig.call.on_update = ask, ask
      local call, session = rig:establish()
      local offer, answer = session.offer, session.answer
      for _, method in ipairs({ "INVITE", "UPDATE" }) do
        local body = rig.phone:sdp({ version = 2 })
        local spoof = call:request({ method = method, body = body })
        rig.net:settle()
        assert.equal(401, spoof:status(), method)
        assert.equal("confirmed", session.session_state)
        assert.same({ offer, answer }, { session.offer, session.answer })
        local value = digest.answer({
          challenge = digest.challenges(spoof.response)[1], user = "alice", password = "secret",
          method = method, uri = call.remote_target, body = body,
        })
        local real = call:request({ method = method, body = body,
          headers = { "Authorization: " .. value } })
        rig.net:settle()
        assert.equal(200, real:status(), method)
        offer, answer = session.offer, session.answer
      end
      assert.same({ "INVITE", "UPDATE" }, passed)
      rig:finish()
    end)
end)

describe("MESSAGE", function()
  it("makes no dialog, is asked for its password as INVITE is, and has an end "
    .. "(RFC 3428 7, EVT-020)", function()
      local function lookup(name, realm, algorithm)
        return sip.auth.ha1(name, realm, "secret", algorithm)
      end
      local bodies = {}
      local rig = Rig.new({
        settings = { ["limits.message"] = 4000 },
        delegate = {
          on_message = function(request)
            if sip.auth.require(request, lookup, { realm = "atlanta" }) then
              bodies[#bodies + 1] = request.message.body
              request:accept()
            end
          end,
        },
      })
      local function send(body, headers)
        local message = rig.phone:request({ to = rig.agent, method = "MESSAGE", body = body,
          content_type = "text/plain", ruri = "sip:bob@192.0.2.1", headers = headers })
        rig.net:settle()
        return message.response
      end
      local challenge = send("hello")
      assert.equal(401, challenge.status_code)
      local accepted = send("hello", { "Authorization: " .. digest.answer({
        challenge = digest.challenges(challenge)[1], user = "alice", password = "secret",
        method = "MESSAGE", uri = "sip:bob@192.0.2.1", body = "hello",
      }) })
      assert.equal(200, accepted.status_code)
      assert.is_nil(accepted.contact)
      assert.equal(413, send(("x"):rep(4001)).status_code)
      assert.same({ "hello" }, bodies)
      assert.equal(0, rig.agent:census().sessions)
      rig:finish()
    end)
end)

describe("a header that vouches for its sender", function()
  local identity = "eyJhbGciOiJFUzI1NiJ9..abc_-DEF;info=<https://cert.example.org/a.pem>;alg=ES256"

  it("goes through as it is, and nobody fetches what it points to (RFC 8224 6, AUT-028)", function()
    local seen
    local caller = Caller.new({
      delegate = {
        on_message = function(request)
          seen = request.message:header("Identity")
          local onward = sip.engine():message({ to = "sip:bob@192.0.2.9:5060", body = "x",
            extra_headers = { "Identity: " .. seen } })
          request:accept()
          onward:wait()
        end,
      },
    })
    caller.phone.on_request = function() return { status_code = 200 } end
    caller.phone:request({ to = caller.agent, method = "MESSAGE",
      headers = { "Identity: " .. identity } })
    caller.net:settle()
    assert.equal(identity, seen)
    assert.equal(identity, caller:sent("MESSAGE")[1]:header("Identity"))
    for _, packet in ipairs(caller.net.log) do
      assert.is_true(packet.to == caller.agent.address or packet.to == caller.phone.address)
    end
    caller:finish()
  end)
end)
