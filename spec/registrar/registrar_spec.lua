-- What a REGISTER does to the bindings of an address (RFC 3261 10.3).
local Desk = require("spec.registrar.desk")

local HOME_PHONE <const> = "<sip:bob@192.0.2.201:5060>"

describe("a registrar", function()
  local desk

  before_each(function() desk = Desk.new() end)
  after_each(function() desk:finish() end)

  local function again(options)
    desk:finish()
    desk = Desk.new(options)
  end

  it("binds a contact and says for how long (RFC 3261 10.3 step 8)", function()
    local response = desk:bind(HOME_PHONE)
    assert.same({ "<sip:bob@192.0.2.201:5060>;expires=3600" }, response:headers("Contact"))
    assert.same({ "sip:bob@192.0.2.201:5060" }, desk:found())
    assert.same({ "registered 1" }, desk:events())
  end)

  it("tells the time left of every binding (RFC 3261 10.3 step 8)", function()
    desk:bind(HOME_PHONE .. ";expires=100")
    desk.net:run(40)
    local response = desk:bind("<sip:bob@192.0.2.202>;q=0.5;expires=200")
    assert.same({
      "<sip:bob@192.0.2.201:5060>;expires=60", "<sip:bob@192.0.2.202>;q=0.5;expires=200",
    }, response:headers("Contact"))
  end)

  it("grants the second that it says, at any time of the day", function()
    for _ = 1, 200 do
      desk.net:run(0.007)
      assert.truthy(desk:bind(HOME_PHONE):header("Contact"):find(";expires=3600$"))
    end
  end)

  it("lists the bindings to who sends no Contact, and changes none (RFC 3261 10.2.3)", function()
    assert.same({}, desk:register():headers("Contact"))
    desk:bind(HOME_PHONE)
    desk.net:run(10)
    assert.same({ "<sip:bob@192.0.2.201:5060>;expires=3590" }, desk:register():headers("Contact"))
    assert.same({ "registered 1" }, desk:events())
  end)

  it("takes ;expires before Expires before its default (RFC 3261 10.3 step 7)", function()
    local response = desk:register({
      expires = 300, contacts = { "<sip:a@192.0.2.2>;expires=200", "<sip:b@192.0.2.2>" },
    })
    assert.same({ "<sip:a@192.0.2.2>;expires=200", "<sip:b@192.0.2.2>;expires=300" },
      response:headers("Contact"))
    response = desk:bind("<sip:c@192.0.2.2>", { to = "sip:carol@biloxi.example.com" })
    assert.equal("<sip:c@192.0.2.2>;expires=3600", response:header("Contact"))
  end)

  it("takes an expiry that is no number for an hour (RFC 3261 20.10, 20.19)", function()
    local response = desk:register({
      expires = "soon", contacts = { "<sip:a@192.0.2.2>;expires=x", "<sip:b@192.0.2.2>" },
    })
    assert.same({ "<sip:a@192.0.2.2>;expires=3600", "<sip:b@192.0.2.2>;expires=3600" },
      response:headers("Contact"))
  end)

  it("shortens what is too long, whatever its number (RFC 3261 10.3 step 7)", function()
    for _, wanted in ipairs({ "7201", "4294967295", "99999999999999999999999" }) do
      local response = desk:bind(HOME_PHONE .. ";expires=" .. wanted)
      assert.equal("<sip:bob@192.0.2.201:5060>;expires=7200", response:header("Contact"))
    end
  end)

  it("refuses what is too brief: 423 with Min-Expires (RFC 3261 10.3 step 7)", function()
    local response = desk:register({ contacts = { HOME_PHONE }, expires = 59 })
    assert.equal(423, response.status_code)
    assert.equal("60", response:header("Min-Expires"))
    assert.same({}, desk:found())
  end)

  it("never refuses an hour, even when it would like more (RFC 3261 10.3 step 7)", function()
    again({ min_expires = 5000 })
    assert.equal(423, desk:register({ contacts = { HOME_PHONE }, expires = 3599 }).status_code)
    assert.equal(200, desk:register({ contacts = { HOME_PHONE }, expires = 3600 }).status_code)
  end)

  it("removes one contact with expires=0 (RFC 3261 10.2.2)", function()
    desk:bind(HOME_PHONE)
    desk:bind("<sip:bob@192.0.2.202>")
    local response = desk:bind("<sip:bob@192.0.2.202>;expires=0")
    assert.same({ "<sip:bob@192.0.2.201:5060>;expires=3600" }, response:headers("Contact"))
    assert.same({ "registered 1", "registered 2", "unregistered 1" }, desk:events())
    assert.equal(200, desk:register({ contacts = { "<sip:x@y>;expires=0" } }).status_code)
    assert.same({}, desk:events())
  end)

  it("removes all of them for * with Expires 0 (RFC 3261 10.2.2)", function()
    desk:register({ contacts = { HOME_PHONE, "<sip:bob@192.0.2.202>" } })
    local response = desk:register({ contacts = { "*" }, expires = 0 })
    assert.equal(200, response.status_code)
    assert.same({}, response:headers("Contact"))
    assert.same({ "registered 2", "unregistered 0" }, desk:events())
  end)

  for name, options in pairs({
    ["beside another contact"] = { contacts = { "*", HOME_PHONE }, expires = 0 },
    ["that would not expire"] = { contacts = { "*" }, expires = 60 },
    ["without Expires"] = { contacts = { "*" } },
  }) do
    it("refuses * " .. name .. ": 400 (RFC 3261 10.3 step 6, MSG-029)", function()
      desk:bind(HOME_PHONE)
      assert.equal(400, desk:register(options).status_code)
      assert.same({ "sip:bob@192.0.2.201:5060" }, desk:found())
    end)
  end

  it("refreshes a contact that is equal by RFC 3261 19.1.4, spelled as it may be", function()
    desk:bind("<sip:%62ob@Phone.Example.COM;Transport=tcp>")
    desk:bind("<sip:bob@phone.example.com;transport=TCP;new=1>")
    assert.same({ "sip:bob@phone.example.com;transport=TCP;new=1" }, desk:found())
    assert.is_true(desk:lookup()[1].refreshed)
    desk:bind("<sip:bob@phone.example.com>")
    assert.equal(2, #desk:found())
    assert.same({ "registered 1", "refreshed 1", "registered 2" }, desk:events())
  end)

  it("finds an address however it is spelled (RFC 3261 10.3 step 5)", function()
    desk:bind(HOME_PHONE, { to = "sip:b%6Fb@Biloxi.Example.com;user=phone" })
    assert.same({ "sip:bob@192.0.2.201:5060" }, desk:found("sip:bob@biloxi.example.com:5060;x=y"))
    assert.same({}, desk:found("sip:Bob@biloxi.example.com"))
    assert.same({}, desk:found("sip:bob@other.example.com"))
    assert.equal("sip:bob@biloxi.example.com", desk.said[1].aor)
  end)

  it("ignores what comes out of order: 500, nothing changed (RFC 3261 10.3 step 7)", function()
    desk:bind(HOME_PHONE, { cseq = 7 })
    for _, cseq in ipairs({ 6, 7 }) do
      local response = desk:register({
        contacts = { "<sip:bob@192.0.2.202>", HOME_PHONE .. ";expires=0" }, cseq = cseq,
      })
      assert.equal(500, response.status_code)
      assert.same({ "sip:bob@192.0.2.201:5060" }, desk:found())
    end
    assert.equal(500, desk:register({ contacts = { "*" }, expires = 0, cseq = 7 }).status_code)
    assert.same({ "registered 1" }, desk:events())
    desk:bind(HOME_PHONE .. ";expires=0", { cseq = 1, call_id = "another" })
    assert.same({}, desk:found())
  end)

  it("takes a contact that is named twice by its last word (RFC 3261 10.3 step 7)", function()
    local response = desk:register({
      contacts = { "<sip:a@192.0.2.2>;expires=100", "<sip:a@192.0.2.2>;expires=200" },
    })
    assert.same({ "<sip:a@192.0.2.2>;expires=200" }, response:headers("Contact"))
    desk:register({ contacts = { "<sip:a@192.0.2.2>", "<sip:a@192.0.2.2>;expires=0" } })
    assert.same({}, desk:found())
  end)

  it("takes all contacts of a request or none (RFC 3261 10.3)", function()
    for _, bad in ipairs({
      "<sip:b@192.0.2.2>;expires=1", "<sip:b@192.0.2.2>;q=2", "<sip:b@192.0.2.2>;q=0x1",
      "<sip:b@192.0.2.2>;q", "<sip:" .. ("b"):rep(1100) .. "@192.0.2.2>",
      "<sip:bob@biloxi.example.com>",
    }) do
      local response = desk:register({ contacts = { HOME_PHONE, bad } })
      assert.is_true(response.status_code >= 400 and response.status_code < 500, bad)
      assert.same({}, desk:found())
    end
  end)

  it("keeps so many contacts of an address and no more: 403", function()
    again({ max_contacts = 2 })
    desk:register({ contacts = { "<sip:a@192.0.2.2>", "<sip:b@192.0.2.2>" } })
    local response = desk:register({ contacts = { "<sip:c@192.0.2.2>" } })
    assert.equal(403, response.status_code)
    assert.equal("Too Many Contacts", response.reason_phrase)
    response = desk:register({ contacts = { "<sip:c@192.0.2.2>", "<sip:a@192.0.2.2>;expires=0" } })
    assert.equal(200, response.status_code)
    assert.same({ "sip:c@192.0.2.2", "sip:b@192.0.2.2" }, desk:found())
    local many = {}
    for i = 1, 5 do many[i] = ("<sip:%d@192.0.2.2>;expires=0"):format(i) end
    assert.equal(403, desk:register({ contacts = many }).status_code)
  end)

  it("finds the best first: higher q, then the latest (RFC 3261 10.2.1.2)", function()
    desk:bind("<sip:low@192.0.2.2>;q=0.1")
    desk:bind("<sip:old@192.0.2.2>;q=0.7")
    desk.net:run(1)
    desk:bind("<sip:new@192.0.2.2>;q=0.700")
    desk:bind("<sip:top@192.0.2.2>")
    assert.same({ "sip:top@192.0.2.2", "sip:new@192.0.2.2", "sip:old@192.0.2.2",
      "sip:low@192.0.2.2" }, desk:found())
    local groups = desk:inside(function(registrar)
      return registrar:targets("sip:bob@biloxi.example.com")
    end)
    assert.equal(3, #groups)
    assert.equal(2, #groups[2])
    assert.equal("sip:new@192.0.2.2", tostring(groups[2][1].uri))
  end)

  it("forgets what expires, all by itself", function()
    desk:bind("<sip:a@192.0.2.2>;expires=100")
    desk:bind("<sip:b@192.0.2.2>;expires=60")
    desk.net:run(61)
    assert.same({ "sip:a@192.0.2.2" }, desk:found())
    desk.net:run(40)
    assert.same({ "registered 1", "registered 2", "expired 1", "expired 0" }, desk:events())
    assert.equal(0, desk.agent:census().timers)
  end)

  it("does not let expire what is refreshed in time", function()
    for _ = 1, 20 do
      desk:bind("<sip:a@192.0.2.2>;expires=60")
      desk.net:run(45)
    end
    assert.equal(1, desk.agent:census().timers)
    assert.equal(1, #desk:found())
    desk.net:run(20)
    assert.equal("expired 0", desk:events()[21])
  end)

  it("refuses an address that is none or that nobody has: 400, 404 (RFC 3261 10.3 step 5)",
    function()
      assert.equal(400, desk:register({ to = "mailto:bob@192.0.2.1" }).status_code)
      again({ domains = { "Biloxi.Example.com" } })
      assert.equal(404, desk:register({ to = "sip:bob@chicago.example.com" }).status_code)
      desk:bind(HOME_PHONE)
      assert.same({ "sip:bob@192.0.2.201:5060" }, desk:found())
      assert.same({}, desk:found("sip:bob@chicago.example.com"))
      assert.is_nil(desk:inside(function(registrar)
        return registrar:aor("sip:bob@chicago.example.com")
      end))
      assert.equal("sip:bob@biloxi.example.com", desk:inside(function(registrar)
        return registrar:aor("sips:bob@BILOXI.example.com:5061;user=phone")
      end))
      again({ accepts = function(aor) return aor == "sip:bob@biloxi.example.com" end })
      assert.equal(404, desk:register({ to = "sip:eve@biloxi.example.com" }).status_code)
      assert.equal(200, desk:register().status_code)
      again({ accepts = function() return 403 end })
      assert.equal(403, desk:register().status_code)
    end)

  it("lets a user change nobody else's bindings: 403 (RFC 3261 10.3 step 4)", function()
    desk.user = "bob"
    desk:bind(HOME_PHONE)
    assert.equal(403, desk:register({ to = "sip:alice@biloxi.example.com" }).status_code)
  end)

  it("with a realm takes every host for its own", function()
    again({ realm = "Biloxi.example.com" })
    desk:bind(HOME_PHONE, { to = "sip:bob@192.0.2.1" })
    assert.equal("sip:bob@biloxi.example.com", desk.said[1].aor)
    assert.equal(1, #desk:found("sip:bob@whatever.example.org"))
    assert.equal(1, #desk:found("sip:bob@[2001:db8::1]:5070"))
  end)

  it("gives a sips address only contacts that are sips (RFC 3261 16.5)", function()
    desk:register({ contacts = { "<sip:a@192.0.2.2>", "<sips:b@192.0.2.2>" } })
    assert.equal(2, #desk:found())
    assert.same({ "sips:b@192.0.2.2" }, desk:found("sips:bob@biloxi.example.com"))
  end)

  it("shows what a phone said of itself", function()
    desk:bind('"Bob \\"B\\"" <sip:bob@192.0.2.201>;q=0.25;audio;+x="a;b=\\"c"', {
      headers = { "User-Agent: Phone/1.0" },
    })
    local binding = desk:lookup()[1]
    assert.is_false(binding.refreshed)
    assert.equal(0.25, binding.q)
    assert.equal(3600, binding.expires)
    assert.equal("Phone/1.0", binding.user_agent)
    assert.same({ "audio", '+x="a;b=\\"c"' }, binding.params)
    assert.equal('"Bob \\"B\\"" <sip:bob@192.0.2.201>;q=0.25;audio;+x="a;b=\\"c";expires=3600',
      desk:register():header("Contact"))
  end)

  it("says the date unless it is told not to (RFC 3261 10.3 step 8)", function()
    assert.is_nil(desk:register():header("Date"))
    again({ date = true })
    assert.truthy(desk:register():header("Date"):find("^%u%l%l, %d%d %u%l%l %d%d%d%d [%d:]+ GMT$"))
  end)

  it("removes bindings when the script says so", function()
    desk:register({ contacts = { "<sip:a@192.0.2.2>", "<sip:b@192.0.2.2>" } })
    desk:events()
    local function remove(...)
      local arguments = table.pack(...)
      return desk:inside(function(registrar)
        return registrar:remove(table.unpack(arguments, 1, arguments.n))
      end)
    end
    assert.equal(1, remove("sip:bob@biloxi.example.com", "sip:a@192.0.2.2"))
    assert.same({ "sip:b@192.0.2.2" }, desk:found())
    assert.equal(1, remove("sip:bob@biloxi.example.com"))
    assert.equal(0, remove("sip:bob@biloxi.example.com"))
    assert.same({ "unregistered 1", "unregistered 0" }, desk:events())
    assert.equal("ESYNTAX", select(2, remove("bob")).code)
  end)

  it("walks all addresses that are registered", function()
    for _, user in ipairs({ "bob", "carol", "dave" }) do
      desk:bind("<sip:a@192.0.2.2>;expires=" .. 100 + #user * 100,
        { to = "sip:" .. user .. "@biloxi.example.com" })
    end
    local function all()
      return desk:inside(function(registrar)
        local aors = {}
        for aor, bindings in registrar:each() do
          aors[#aors + 1] = aor .. " " .. tostring(bindings[1].uri)
        end
        table.sort(aors)
        return aors
      end)
    end
    assert.equal(3, #all())
    desk.net:run(400.3) -- bob's is over, and the sweep is not yet due
    assert.same({ "registered 1", "registered 1", "registered 1" }, desk:events())
    assert.same({ "sip:carol@biloxi.example.com sip:a@192.0.2.2",
      "sip:dave@biloxi.example.com sip:a@192.0.2.2" }, all())
  end)

  it("raises for options that make no sense", function()
    local new = require("moonsip.registrar").new
    for _, options in ipairs({
      { max_expire = 1 }, { max_expires = "1" }, { min_expires = 0 }, { max_expires = 59 },
      { default_expires = 59 }, { default_expires = 7201 }, { max_contacts = 0 },
      { max_contacts = 41 }, { path = "on" },
      { service_route = { "somewhere" } },
    }) do
      assert.has_error(function() new(options) end)
    end
  end)
end)
