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
