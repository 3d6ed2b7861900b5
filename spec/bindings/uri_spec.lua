local sip = require("moonsip")

describe("sip.uri", function()
  it("reads a URI into fields, escapes undone", function()
    local uri = assert(sip.uri(
      "SIPS:al%69ce:se%3Acret@Example.COM:5061;transport=tcp;lr;x=%41?Subject=hi%20there&a=b"))
    assert.equal("sips", uri.scheme)
    assert.equal("alice", uri.user)
    assert.equal("se:cret", uri.password)
    assert.equal("Example.COM", uri.host)
    assert.equal(5061, uri.port)
    assert.same({ transport = "tcp", lr = true, x = "A" }, uri.params)
    assert.same({ Subject = "hi there", a = "b" }, uri.headers)
  end)

  it("gives nil for what is not there", function()
    local uri = assert(sip.uri("sip:[2001:db8::1]"))
    assert.is_nil(uri.user)
    assert.is_nil(uri.password)
    assert.is_nil(uri.port)
    assert.equal("[2001:db8::1]", uri.host)
    assert.same({}, uri.params)
    assert.same({}, uri.headers)
    assert.is_nil(uri.nonsense)
  end)

  it("reads tel URIs (RFC 3966)", function()
    local uri = assert(sip.uri("tel:+1-201-555-0123;ext=4"))
    assert.equal("tel", uri.scheme)
    assert.equal("+1-201-555-0123", uri.user)
    assert.same({ ext = "4" }, uri.params)
    assert.is_nil(uri.host)
  end)

  it("prints the text as it was", function()
    local text = "sip:Alice@example.com;Transport=TCP"
    assert.equal(text, tostring(sip.uri(text)))
  end)

  it("compares as RFC 3261 19.1.4 says", function()
    assert.equal(sip.uri("sip:%61lice@atlanta.com;transport=TCP"),
      sip.uri("sip:alice@AtLanTa.CoM;Transport=tcp"))
    assert.equal(sip.uri("sip:carol@chicago.com"), sip.uri("sip:carol@chicago.com;newparam=5"))
    assert.not_equal(sip.uri("sip:alice@atlanta.com"), sip.uri("SIP:ALICE@atlanta.com"))
    assert.not_equal(sip.uri("sip:bob@biloxi.com"), sip.uri("sip:bob@biloxi.com:5060"))
    assert.is_false(sip.uri("sip:a@b") == "sip:a@b")
  end)

  it("returns nil and why for text that is none", function()
    local broken = { "", "sip:", "alice", "sip:a b@c", "sip:@c", "sip:a@c:99999", "sip:%zz@c" }
    for _, text in ipairs(broken) do
      local uri, err = sip.uri(text)
      assert.is_nil(uri)
      assert.equal("ESYNTAX", err.code)
      assert.is_string(err.message)
    end
  end)

  it("takes a URI as it is and raises for anything else", function()
    local uri = sip.uri("sip:a@b")
    assert.equal(uri, sip.uri(uri))
    assert.has_error(function() sip.uri(5) end)
    assert.has_error(function() sip.uri() end)
    assert.has_error(function() uri.user = "x" end, "moonsip.URI: 'user' cannot be set")
  end)
end)

describe("sip.uri.nameaddr", function()
  it("reads an address with its parameters (RFC 3261 20.10)", function()
    local address = assert(sip.uri.nameaddr(
      '"Bob, \\"the\\" B" <sip:bob@example.com;lr>;Q=0.5 ; +sip.instance="<urn:a;b>";audio'))
    assert.equal('Bob, "the" B', address.display_name)
    assert.equal("sip:bob@example.com;lr", tostring(address.uri))
    assert.same({ q = "0.5", ["+sip.instance"] = "<urn:a;b>", audio = true }, address.params)
    assert.same({ "Q=0.5", '+sip.instance="<urn:a;b>"', "audio" }, address.list)
  end)

  it("reads one without brackets: parameters are the header's (RFC 3261 20.10)", function()
    local address = assert(sip.uri.nameaddr("sip:bob@example.com;tag=7"))
    assert.equal("sip:bob@example.com", tostring(address.uri))
    assert.equal("7", address.tag)
    assert.is_nil(address.display_name)
  end)

  it("returns nil and why for what is none", function()
    for _, text in ipairs({ "", "*", "<sip:@>", "<sip:a@b", "Bob", "<sip:a@b>;" }) do
      local address, err = sip.uri.nameaddr(text)
      assert.is_nil(address, text)
      assert.equal("ESYNTAX", err.code)
    end
    assert.has_error(function() sip.uri.nameaddr(nil) end)
  end)
end)

describe("sip.uri.aor", function()
  it("keeps user and host, however they are written (RFC 3261 10.3 step 5)", function()
    for text, aor in pairs({
      ["sips:%61lice@EXAMPLE.com:5061;user=phone?a=b"] = "sip:alice@example.com",
      ["sip:alice:pw@example.com"] = "sip:alice@example.com",
      ["sip:a%20b%3bc@example.com"] = "sip:a%20b;c@example.com",
      ["sip:a%2Fb%C3%BC@example.com"] = "sip:a/b%C3%BC@example.com",
      ["sip:a@[2001:DB8::1]:5060"] = "sip:a@[2001:db8::1]",
      ["sip:Example.com"] = "sip:example.com",
    }) do
      assert.equal(aor, sip.uri.aor(text))
      assert.equal(aor, sip.uri.aor(sip.uri(text)))
      assert.equal(aor, sip.uri.aor(aor))
    end
  end)

  it("returns nil and why for what is none", function()
    assert.equal("ESYNTAX", select(2, sip.uri.aor("bob")).code)
    assert.equal("EUNSUPPORTED", select(2, sip.uri.aor("tel:+1")).code)
    assert.has_error(function() sip.uri.aor() end)
  end)
end)
