--- What becomes of subscriptions when the script is reloaded, the engine drained,
--- a limit reached, a password asked for.
local Caller = require("spec.support.caller")
local Rig = require("spec.support.rig")
local digest = require("spec.support.digest")

describe("a subscription", function()
  local rig

  after_each(function() rig:finish() end)

  it("has a delegate that follows a reload by its name", function()
    local path = os.tmpname()
    local function write(body)
      local file <close> = assert(io.open(path, "w"))
      file:write(([[
        local script = { watcher = {} }
        function script.on_subscribe(request)
          request:accept().subscription.delegate = script.watcher
        end
        function script.watcher.on_refresh(request, subscription)
          request:accept()
          subscription:notify { body = { content = "%s", content_type = "text/plain" } }
        end
        return script]]):format(body))
    end
    write("old")
    rig = Rig.new({ script = path })
    local watcher = rig.phone:subscribe({ to = rig.agent, event = "presence", expires = 60 })
    rig.net:settle()
    watcher:subscribe({ expires = 60 })
    rig.net:settle()
    assert.equal("old", watcher.notifies[2].body)
    write("new")
    assert.is_true(rig.agent.core:reload())
    watcher:subscribe({ expires = 60 })
    rig.net:settle()
    assert.equal("new", watcher.notifies[3].body)
    rig.net:run(61)
    os.remove(path)
  end)

  it("outside a call moves on when the engine is drained: deactivated (RFC 6665 4.1.3)", function()
    local engine, inside
    rig = Rig.new()
    rig.agent:close()
    local delegate = Rig.delegates(rig)
    delegate.on_start = function(e) engine = e end
    delegate.on_subscribe = function(request) request:accept() end
    rig.call.on_refer = function(request) inside = request:accept().subscription end
    rig.agent = rig.net:agent({ name = "bob2", address = "192.0.2.3:5060", delegate = delegate })
    local watcher = rig.phone:subscribe({ to = rig.agent, event = "presence", expires = 600 })
    local call = rig:establish()
    call:request({ method = "REFER", headers = { "Refer-To: <sip:carol@192.0.2.7>" } })
    rig.net:settle()
    assert(engine:drain())
    rig.net:settle()
    assert.equal("terminated;reason=deactivated", watcher:substate())
    assert.equal("active", inside.state)
    assert(inside:notify({ status_code = 200 }))
    call:bye()
    rig.net:settle()
  end)

  it("counts for limits.dialogs: beyond it 503", function()
    rig = Rig.new({
      settings = { ["limits.dialogs"] = 1 },
      delegate = { on_subscribe = function(request) request:accept() end },
    })
    local options = { to = rig.agent, event = "presence", expires = 600 }
    local first = rig.phone:subscribe(options)
    rig.net:settle()
    local second = rig.phone:subscribe(options)
    rig.net:settle()
    assert.same({ 200, 503 }, { first.latest:status(), second.latest:status() })
    assert.equal(1, rig.agent:counters().refused_dialogs)
    first:unsubscribe()
    rig.net:settle()
  end)

  it("of ours shows its password, at first and with each refresh (RFC 6665 4.2.1.3, RFC 7616)",
    function()
      rig = Caller.new()
      local shown, call = {}, nil
      local function answer(message, expires)
        local given = message:header("Authorization")
        shown[#shown + 1] = given and digest.read(given).username or "nobody"
        if not given then
          local challenge = 'Digest realm="x", nonce="n%d", algorithm=MD5, qop="auth"'
          return { status_code = 401, headers = {
            "WWW-Authenticate: " .. challenge:format(#shown),
          } }
        end
        return { status_code = 200, headers = { "Expires: " .. expires } }
      end
      local function notify(state)
        call:request({
          method = "NOTIFY", headers = { "Event: presence", "Subscription-State: " .. state },
        })
        rig.net:settle()
      end
      rig.phone.on_request = function(message)
        local result = answer(message, 100)
        if result.status_code == 200 then
          call = rig.phone:incoming_call(message)
          call.on_request = function(request) return answer(request, 100) end
        end
        return result
      end
      local subscription
      assert(rig.engine:subscribe({
        to = rig.phone.uri, event = "presence", expires = 100,
        auth = { username = "alice", password = "secret" },
        delegate = { on_accept = function(response) subscription = response.subscription end },
      }))
      rig.net:settle()
      assert.same({ "nobody", "alice" }, shown)
      notify("active;expires=100")
      rig.net:run(70)
      assert.is_true(#shown >= 3)
      assert.equal("alice", shown[#shown])
      assert.equal("active", subscription.state)
      notify("terminated;reason=noresource")
    end)
end)
