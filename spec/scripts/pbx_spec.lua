local sim = require("moonsip.sim")
local sip = require("moonsip")

describe("scripts/pbx.lua", function()
  local net, pbx, phones

  -- A phone with a password: an engine of its own.
  local function phone(name, password, host)
    local self = { name = name, rang = 0 }
    self.delegate = {
      on_start = function(engine) self.engine = engine end,
      on_invite = function(request)
        self.rang = self.rang + 1
        request:progress()
        if self.status then return request:reject({ status_code = self.status }) end
        self.request = request
        if self.silent then return end
        local response = request:accept({ body = sip.sdp.answer(request.message.body) })
        self.session = response and response.session
      end,
    }
    self.auth = { username = name, password = password }
    self.agent = net:agent({
      name = name, address = ("192.0.2.%d:5060"):format(host), delegate = self.delegate,
    })
    net:settle()
    phones[#phones + 1] = self
    return self
  end

  local function register(self)
    local request = assert(self.engine:register({
      from = ("sip:%s@pbx.example"):format(self.name), uri = "sip:192.0.2.1", auth = self.auth,
      expires = 300,
    }))
    net:settle()
    local status
    sip.spawn(function() status = request:wait().status_code end)
    net:settle()
    return status
  end

  local function dial(self, user)
    local offer = sip.sdp.offer({ media = { { type = "audio", port = 4000 } } })
    local call = { request = assert(self.engine:invite({
      to = ("sip:%s@192.0.2.1"):format(user), from = ("sip:%s@pbx.example"):format(self.name),
      auth = self.auth, body = offer,
    })) }
    sip.spawn(function()
      local response, err = call.request:wait()
      call.status = response and response.status_code or err.code
      call.session = response and response.session
    end)
    net:settle()
    return call
  end

  local alice, bob, carol

  before_each(function()
    phones = {}
    net = sim.network()
    pbx = net:agent({ name = "pbx", address = "192.0.2.1:5060", script = "scripts/pbx.lua" })
    alice = phone("alice", "wonderland", 7)
    bob = phone("bob", "builder", 8)
    carol = phone("carol", "christmas", 9)
    for _, each in ipairs(phones) do assert.equal(200, register(each)) end
  end)

  after_each(function()
    for _, each in ipairs(phones) do
      if each.session then each.session:bye() end
    end
    net:run(400)
    local census = pbx:census()
    assert.same({ 0, 0, 0, 0 },
      { census.sessions, census.requests, census.outgoing, census.tasks })
    assert.equal(0, pbx:counters().script_errors)
    for _, each in ipairs(phones) do each.agent:close() end
    pbx:close()
  end)

  it("connects two users, who see each other's number and description", function()
    local call = dial(bob, "alice")
    assert.equal(200, call.status)
    assert.equal("sip:bob@pbx.example", tostring(alice.request.message.from.uri))
    assert.equal(call.session.answer, alice.session.answer)
    call.session:bye()
    net:settle()
    assert.equal("terminated", alice.session.session_state)
  end)

  it("passes hold on", function()
    local call = dial(bob, "alice")
    local held
    alice.session.delegate = { on_invite = function(request)
      local offer = sip.sdp.parse(request.message.body)
      held = offer:direction()
      request:accept({ body = offer:answer() })
    end }
    local offer = sip.sdp.offer({ previous = call.session.offer, direction = "sendonly" })
    assert(call.session:invite({ body = offer }))
    net:settle()
    assert.equal("sendonly", held)
  end)

  it("goes on to another user when one is busy", function()
    alice.status = 486
    local call = dial(bob, "alice")
    assert.equal(200, call.status)
    assert.equal(1, carol.rang)
  end)

  it("goes on to another user when one does not answer", function()
    alice.silent = true
    local call = dial(bob, "alice")
    net:run(19)
    assert.is_nil(call.status)
    net:run(2)
    assert.equal(200, call.status)
    assert.is_true(alice.request.cancelled)
    assert.equal(1, carol.rang)
  end)

  it("refuses when nobody is left", function()
    carol.status = 486
    assert.equal(486, dial(alice, "carol").status)
    assert.equal(404, dial(alice, "nobody").status)
    assert.equal(1, carol.rang)
  end)

  it("knows nobody without a password", function()
    alice.auth = { username = "alice", password = "guess" }
    assert.equal(401, register(alice))
    assert.equal(407, dial(alice, "bob").status)
    assert.equal(0, bob.rang)
  end)

  it("lets a caller change his mind", function()
    alice.silent = true
    local call = dial(bob, "alice")
    call.request:cancel()
    net:settle()
    assert.equal(487, call.status)
    assert.is_true(alice.request.cancelled)
  end)
end)
