local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")

-- RFC 5359: telephone services between user agents; moonsip is the caller of the call
-- once and its callee once, and the drawings name it so.

local function sdp(version, direction)
  return ("v=0\r\no=m 1 %d IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    .. "m=audio 30000 RTP/AVP 0\r\na=%s\r\n"):format(version, direction)
end

local function directions(session)
  return { session.offer:match("a=(%a+)"), session.answer:match("a=(%a+)") }
end

for role, Stage in pairs({ caller = Caller, callee = Rig }) do
  describe("RFC 5359, moonsip as the " .. role .. ":", function()
    local stage, net, call, session, carol

    before_each(function()
      stage = Stage.new()
      carol = stage.net:phone({ name = "carol", address = "192.0.2.3:5060" })
      if role == "callee" then
        call, session = stage:establish()
      else
        session, call = stage:establish()
      end
      net = stage.net
      stage.agent.name, stage.phone.name = "moonsip", "phone"
    end)
    after_each(function()
      for _, held in pairs(carol.calls) do
        if held.state == "confirmed" then held:bye() end
      end
      stage:finish()
    end)

    -- The phone answers re-INVITEs with this direction.
    local function answers(version, how)
      call.on_request = function(message)
        if message.method == "INVITE" then
          local body = stage.phone:sdp({ version = version, direction = how })
          return { status_code = 200, body = body }
        end
      end
    end

    it("we hold the call and take it up again (2.1)", function()
      answers(2, "recvonly")
      assert(session:invite({ body = sdp(2, "sendonly") }))
      net:settle()
      assert.same({ "sendonly", "recvonly" }, directions(session))
      answers(3, "sendrecv")
      assert(session:invite({ body = sdp(3, "sendrecv") }))
      net:settle()
      net:expect([[
        moonsip  phone  carol
        moonsip -> phone    INVITE (sdp)    # F5, hold
        phone -> moonsip    200 (sdp)       # F6
        moonsip -> phone    ACK             # F7
        moonsip -> phone    INVITE (sdp)    # F8, off hold
        phone -> moonsip    200 (sdp)       # F9
        moonsip -> phone    ACK             # F10
      ]])
      assert.same({ "sendrecv", "sendrecv" }, directions(session))
    end)

    it("we are held, both ways, and taken up again (2.1)", function()
      for version, pair in ipairs({
        { "sendonly", "recvonly" }, { "inactive", "inactive" }, { "sendrecv", "sendrecv" },
      }) do
        call:reinvite({ body = stage.phone:sdp({ version = version + 1, direction = pair[1] }) })
        net:settle()
        assert(stage.reinvite:accept({ body = sdp(version + 1, pair[2]) }))
        net:settle()
        assert.same(pair, directions(session))
        assert.equal("stable", session.signaling_state)
      end
    end)

    it("a hold that is refused leaves the call as it was (2.1, RFC 3261 14.1)", function()
      local offer = session.offer
      call.on_request = function(message)
        if message.method == "INVITE" then return { status_code = 488 } end
      end
      assert(session:invite({ body = sdp(2, "sendonly") }))
      net:settle()
      assert.equal(offer, session.offer)
      assert.equal("stable", session.signaling_state)
    end)

    it("we transfer them to Carol, and the call ends when she is reached (2.4)", function()
      local heard = {}
      call.on_request = function(message)
        if message.method == "REFER" then
          net:after(0.1, function()
            call:request({ method = "NOTIFY", body = "SIP/2.0 200 OK\r\n",
              content_type = "message/sipfrag;version=2.0",
              headers = { "Event: refer", "Subscription-State: terminated;reason=noresource" } })
          end)
          return { status_code = 202 }
        end
      end
      assert(session:refer({ refer_to = carol.uri, delegate = {
        on_accept = function(response)
          heard[#heard + 1] = response.status_code
          if response.subscription then
            response.subscription.delegate = {
              on_notify = function(request)
                heard[#heard + 1] = request.message.body
                request:accept()
                session:bye()
              end,
            }
          end
        end,
      } }))
      net:run(1)
      net:expect([[
        moonsip  phone  carol
        moonsip -> phone    REFER           # F5
        phone -> moonsip    202 REFER       # F6
        phone -> moonsip    NOTIFY          # F8
        moonsip -> phone    200 NOTIFY      # F9
        moonsip -> phone    BYE             # F10
        phone -> moonsip    200 BYE         # F11
      ]])
      assert.same({ 202, "SIP/2.0 200 OK\r\n" }, heard)
    end)

    it("they transfer us to Carol: we call her and tell them how it went (2.4)", function()
      stage.call.on_refer = function(request)
        local subscription = assert(request:accept({ status_code = 202 })).subscription
        local target = request.message:header("Refer-To"):match("<(.-)>")
        local response = assert(stage.engine:invite({ to = target, body = Rig.sdp })):wait()
        assert(subscription:notify({ status_code = response.status_code }))
      end
      call:request({ method = "REFER", headers = { "Refer-To: <" .. carol.uri .. ">" } })
      net:run(0.5)
      call:bye()
      net:settle()
      net:expect([[
        moonsip  phone  carol
        phone -> moonsip    REFER           # F5
        moonsip -> phone    202 REFER       # F6
        moonsip -> carol    INVITE (sdp)    # F9
        moonsip -> phone    NOTIFY          # F7, 100 Trying
        carol -> moonsip    200 (sdp)       # F12
        phone -> moonsip    200 NOTIFY      # F8
        moonsip -> carol    ACK             # F13
        moonsip -> phone    NOTIFY          # F14, 200 OK
        phone -> moonsip    200 NOTIFY      # F15
        phone -> moonsip    BYE             # F16
        moonsip -> phone    200 BYE         # F17
      ]])
      local told = {}
      for _, message in ipairs(call.requests) do
        if message.method == "NOTIFY" then
          told[#told + 1] = message:header("Subscription-State"):match("^%a+") .. " "
            .. message.body:match("%d%d%d")
        end
      end
      assert.same({ "active 100", "terminated 200" }, told)
    end)

    it("they attend to Carol first, then transfer us there with Replaces (2.5)", function()
      stage.call.on_refer = function(request)
        request:accept({ status_code = 202 })
        local refer_to = request.message:header("Refer-To"):match("<(.-)>")
        local target, replaces = refer_to:match("^(.-)%?Replaces=(.*)$")
        assert(stage.engine:invite({
          to = target, body = Rig.sdp,
          extra_headers = { "Replaces: " .. replaces:gsub("%%(%x%x)", function(hex)
            return string.char(tonumber(hex, 16))
          end) },
        })):wait()
      end
      local first = stage.phone:invite({ to = carol.uri })
      net:settle()
      call:request({ method = "REFER", headers = {
        ("Refer-To: <%s?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3D%s>"):format(carol.uri,
          (first.call_id:gsub("@", "%%40")), first.remote_tag, first.local_tag),
      } })
      net:run(0.5)
      local invite
      for _, message in ipairs(carol.received) do
        if message.is_request and message:header("Replaces") then invite = message end
      end
      assert.equal(("%s;to-tag=%s;from-tag=%s"):format(first.call_id, first.remote_tag,
        first.local_tag), invite:header("Replaces"))
      assert.equal(carol.uri, invite.ruri)
    end)

    it("a message in the call comes and goes (2.6)", function()
      local text
      stage.call.on_message = function(request)
        text = request.message.body
        request:accept()
      end
      local status
      call:message({ body = "hello", content_type = "text/plain" })
      assert(session:message({ body = "and hello", delegate = {
        on_accept = function(response) status = response.status_code end,
      } }))
      net:settle()
      assert.same({ "hello", 200 }, { text, status })
    end)
  end)
end
