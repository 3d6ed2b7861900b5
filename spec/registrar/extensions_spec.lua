-- Path, Service-Route, outbound flows, GRUUs, and phones behind translators.
local Desk = require("spec.registrar.desk")

local INSTANCE <const> = '+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"'
local BOB <const> = "sip:bob@biloxi.example.com"

describe("a registrar", function()
  local desk

  before_each(function() desk = Desk.new() end)
  after_each(function() desk:finish() end)

  local function again(options)
    desk:finish()
    desk = Desk.new(options)
  end

  local function targets(uri)
    return desk:inside(function(registrar) return registrar:targets(uri or BOB) end)
  end

  describe("and Path (RFC 3327 5.3)", function()
    local headers = {
      "Supported: path", "Path: <sip:P3.example.com;lr>,<sip:P1.example.com;lr>",
      "Path: <sip:P0.example.com;lr>",
    }
    local vector = {
      "<sip:P3.example.com;lr>", "<sip:P1.example.com;lr>", "<sip:P0.example.com;lr>",
    }

    it("keeps the vector with the contact and says it in the 200", function()
      local response = desk:bind("<sip:bob@192.0.2.4>", { headers = headers })
      assert.same(vector, response:headers("Path"))
      assert.same(vector, desk:lookup()[1].path)
      assert.same(vector, targets()[1][1].route)
      assert.same({}, desk:register():headers("Path"))
      desk:bind("<sip:bob@192.0.2.4>")
      assert.is_nil(desk:lookup()[1].path)
    end)

    it("refuses one that the phone does not support: 420", function()
      local response = desk:register({
        contacts = { "<sip:b@192.0.2.4>" }, headers = { headers[2] },
      })
      assert.equal(420, response.status_code)
      assert.equal("path", response:header("Unsupported"))
      assert.same({}, desk:found())
    end)

    it("keeps it all the same with path = \"always\"", function()
      again({ path = "always" })
      desk:bind("<sip:bob@192.0.2.4>", { headers = { headers[2] } })
      assert.equal(2, #desk:lookup()[1].path)
    end)

    it("refuses all with path = \"off\", and Require: path", function()
      again({ path = "off" })
      local response = desk:register({ contacts = { "<sip:b@192.0.2.4>" }, headers = headers })
      assert.equal(420, response.status_code)
      response = desk:register({ headers = { "Require: path" } })
      assert.equal(420, response.status_code)
      assert.equal("path", response:header("Unsupported"))
    end)

    it("refuses what is no address, or too long: 400", function()
      for _, path in ipairs({ "P3", "<sip:" .. ("p"):rep(5000) .. "@192.0.2.1>" }) do
        local response = desk:register({
          contacts = { "<sip:b@192.0.2.4>" }, headers = { "Supported: path", "Path: " .. path },
        })
        assert.equal(400, response.status_code)
      end
    end)
  end)

  it("takes Require: path, outbound and gruu, no others (RFC 3261 10.3 step 2)", function()
    assert.equal(200, desk:register({ headers = { "Require: path, gruu, outbound" } }).status_code)
    local response = desk:register({ headers = { "Require: path, wings" } })
    assert.equal(420, response.status_code)
    assert.equal("wings", response:header("Unsupported"))
    again({ gruu = false, outbound = false })
    response = desk:register({ headers = { "Require: gruu" } })
    assert.equal("gruu", response:header("Unsupported"))
    response = desk:register({ headers = { "Require: outbound" } })
    assert.equal("outbound", response:header("Unsupported"))
  end)

  it("names the service route in every 200 (RFC 3608 6.3)", function()
    local routes = { "<sip:P2.home.example.com;lr>", "<sip:HSP.home.example.com;lr>" }
    again({ service_route = routes })
    assert.same(routes, desk:bind("<sip:bob@192.0.2.4>"):headers("Service-Route"))
    assert.same(routes, desk:register():headers("Service-Route"))
  end)

  describe("and flows (RFC 5626 6)", function()
    local function flow(id, uri, options)
      options = options or {}
      options.headers = options.headers or { "Supported: path, outbound" }
      return desk:bind(("<%s>;reg-id=%d;%s"):format(uri, id, INSTANCE), options)
    end

    before_each(function() again({ outbound = true, flow_timer = 120 }) end)

    it("binds an instance and a reg-id, whatever the URI", function()
      local response = flow(1, "sip:bob@192.0.2.4:1000")
      assert.equal("outbound", response:header("Require"))
      assert.equal("120", response:header("Flow-Timer"))
      assert.truthy(response:header("Contact"):find(INSTANCE, 1, true))
      assert.truthy(response:header("Contact"):find(";reg-id=1;", 1, true))
      flow(2, "sip:bob@192.0.2.4:2000")
      assert.equal(2, #desk:found())
      flow(1, "sip:bob@192.0.2.4:1001")
      assert.equal("sip:bob@192.0.2.4:1001", desk:found()[1])
      assert.equal("sip:bob@192.0.2.4:2000", desk:found()[2])
      assert.same({ "registered 1", "registered 2", "unregistered 2", "registered 2" },
        desk:events())
      local binding = desk:lookup()[1]
      assert.equal(1, binding.reg_id)
      assert.equal("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", binding.instance)
    end)

    it("removes the flow, not the URI", function()
      flow(1, "sip:bob@192.0.2.4:1000")
      flow(2, "sip:bob@192.0.2.4:1000")
      desk:bind("<sip:bob@192.0.2.9>;expires=0;reg-id=1;" .. INSTANCE)
      assert.equal(2, desk:lookup()[1].reg_id)
      assert.equal(1, #desk:found())
    end)

    it("does not say outbound to who does not support it", function()
      local response = flow(1, "sip:bob@192.0.2.4:1000", { headers = {} })
      assert.is_nil(response:header("Require"))
      assert.equal(1, desk:lookup()[1].reg_id)
    end)

    it("ignores a reg-id without an instance", function()
      local response = desk:bind("<sip:bob@192.0.2.4>;reg-id=1",
        { headers = { "Supported: outbound" } })
      assert.is_nil(response:header("Require"))
      assert.is_nil(desk:lookup()[1].reg_id)
    end)

    it("refuses a flow beside another contact: 400", function()
      local contact = "<sip:bob@192.0.2.4>;reg-id=1;" .. INSTANCE
      assert.equal(400, desk:register({ contacts = { contact, "<sip:x@192.0.2.5>" } }).status_code)
      assert.equal(200,
        desk:register({ contacts = { contact, "<sip:x@192.0.2.5>;expires=0" } }).status_code)
    end)

    it("needs a first hop that does outbound: 439, or the reg-id is ignored", function()
      local via = "Via: SIP/2.0/UDP p.example.com;branch=z9hG4bKp1"
      local contact = "<sip:bob@192.0.2.4>;reg-id=1;" .. INSTANCE
      local response = desk:register({
        contacts = { contact }, headers = { via, "Supported: path, outbound" },
      })
      assert.equal(439, response.status_code)
      desk:bind(contact, { headers = { via, "Supported: path" } })
      assert.is_nil(desk:lookup()[1].reg_id)
      response = desk:bind(contact, { headers = {
        via, "Supported: path, outbound", "Path: <sip:token@p.example.com;lr;ob>",
      } })
      assert.equal("outbound", response:header("Require"))
      assert.is_nil(response:header("Flow-Timer"))
    end)

    it("are left alone over plain UDP unless switched on, and with outbound = false", function()
      for _, options in ipairs({ {}, { outbound = false } }) do
        again(options)
        local response = flow(1, "sip:bob@192.0.2.4:1000")
        assert.is_nil(response:header("Require"))
        assert.is_nil(desk:lookup()[1].reg_id)
      end
    end)
  end)

  describe("and GRUUs (RFC 5627 5)", function()
    it("gives the public one to who supports it, and finds the instance by it", function()
      local response = desk:bind("<sip:bob@192.0.2.4>;" .. INSTANCE
        .. ';pub-gruu="sip:evil@192.0.2.66";temp-gruu="sip:evil@192.0.2.66"',
        { headers = { "Supported: gruu" } })
      local gruu = response:header("Contact"):match('pub%-gruu="([^"]*)"')
      assert.equal(BOB .. ";gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", gruu)
      assert.is_nil(response.text:find("evil"))
      assert.is_nil(response:header("Require"))
      desk:bind("<sip:bob@192.0.2.5>")
      assert.same({ "sip:bob@192.0.2.4" }, desk:found(gruu))
      assert.same({}, desk:found(BOB .. ";gr=urn:uuid:another"))
      assert.is_nil(desk:register().text:find("pub-gruu", 1, true))
    end)

    it("escapes what cannot stand in a URI", function()
      local response = desk:bind('<sip:bob@192.0.2.4>;+sip.instance="<a;b=c d>"',
        { headers = { "Supported: gruu" } })
      local gruu = response:header("Contact"):match('pub%-gruu="([^"]*)"')
      assert.equal(BOB .. ";gr=a%3Bb%3Dc%20d", gruu)
      assert.equal(1, #desk:found(gruu))
    end)

    it("refuses a contact that leads back to the address: 403", function()
      for _, contact in ipairs({ BOB, BOB .. ";gr=x", "mailto:bob@example.com" }) do
        local response = desk:register({ contacts = { ("<%s>;%s"):format(contact, INSTANCE) } })
        assert.equal(403, response.status_code, contact)
      end
      assert.equal(200, desk:register({ contacts = { "<mailto:bob@example.com>" } }).status_code)
    end)
  end)

  describe("and a phone behind a translator", function()
    -- The phone's Via says 10.0.0.5, it is heard from 192.0.2.201:5060.
    local function bind(contact, headers, via)
      local text = table.concat({
        "REGISTER sip:biloxi.example.com SIP/2.0",
        ("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%d"):format(via or "10.0.0.5:5062",
          desk.phone:count()),
        "From: <" .. BOB .. ">;tag=1", "To: <" .. BOB .. ">", "Call-ID: nat" .. desk.phone:count(),
        "CSeq: 1 REGISTER", "Contact: " .. contact, table.concat(headers or {}, "\r\n"),
      }, "\r\n")
      text = text:gsub("[\r\n]+$", "") .. "\r\nContent-Length: 0\r\n\r\n"
      desk.phone:send(text, "192.0.2.1:5060")
      desk.net:settle()
      return desk:lookup()[1]
    end

    it("keeps where it was heard from, and sends there", function()
      local binding = bind("<sip:bob@10.0.0.5:5062>")
      assert.equal("sip:192.0.2.201:5060;transport=udp", binding.received)
      local target = targets()[1][1]
      assert.equal("sip:bob@10.0.0.5:5062", tostring(target.uri))
      assert.same({ "<sip:192.0.2.201:5060;transport=udp;lr>" }, target.route)
    end)

    it("does so for a Contact that is no address at all (RFC 7118)", function()
      assert.truthy(bind("<sip:x@df7jal23ls0d.invalid;transport=ws>").received)
    end)

    it("does so when only the port or the transport differ", function()
      for _, contact in ipairs({
        "<sip:bob@192.0.2.201:5070>", "<sips:bob@192.0.2.201:5060>",
        "<sip:bob@192.0.2.201;transport=tcp>", "<sip:bob@192.0.2.201:5061;transport=udp>",
      }) do
        assert.truthy(bind(contact, nil, "192.0.2.201").received, contact)
      end
    end)

    it("leaves a Contact alone that is somebody else's, or right, or behind a Path", function()
      assert.is_nil(bind("<sip:bob@gateway.example.com>").received)
      assert.is_nil(bind("<sip:bob@192.0.2.5>", nil, "192.0.2.5,SIP/2.0/UDP 10.0.0.1").received)
      for _, contact in ipairs({
        "<sip:bob@192.0.2.201>", "<sip:bob@192.0.2.201:5060>",
        "<sip:bob@192.0.2.201;transport=UDP>",
      }) do
        assert.is_nil(bind(contact, nil, "192.0.2.201").received, contact)
      end
      assert.is_nil(targets()[1][1].route)
      assert.is_nil(bind("<sip:bob@10.0.0.5:5062>",
        { "Supported: path", "Path: <sip:p.example.com;lr>" }).received)
    end)
  end)
end)
