local testing = require("moonsip_testing")

local good = {
  'username="bob"', 'realm="biloxi.com"', 'nonce="84a4cc"', 'uri="sip:bob@biloxi.com"',
  'response="7587245234b3434cc3412213e5f113a5"', "qop=auth", "nc=0000001f", 'cnonce="0a4f113b"',
}

-- The good ones, one of them replaced, left out, or with more behind.
local function text(change, more)
  local list = {}
  for _, param in ipairs(good) do
    local name = param:match("^[^=]+")
    if not change or change[name] == nil then
      list[#list + 1] = param
    elseif change[name] then
      list[#list + 1] = change[name]
    end
  end
  return "Digest " .. table.concat(list, ", ") .. (more or "")
end

local function refused(value)
  local fields, code, why = testing.credentials(value)
  assert.is_nil(fields, value)
  return code, why
end

describe("credentials", function()
  it("are read with all they say", function()
    local c = assert(testing.credentials(text({}, ', algorithm=SHA-256, userhash=false, x="y"')))
    assert.same({
      username = "bob", realm = "biloxi.com", nonce = "84a4cc", uri = "sip:bob@biloxi.com",
      response = "7587245234b3434cc3412213e5f113a5", qop = "auth", nc = "0000001f", count = 31,
      cnonce = "0a4f113b", algorithm = "SHA-256", userhash = false,
    }, c)
  end)

  it("are MD5 when they name no algorithm, and may quote algorithm and qop", function()
    assert.equal("MD5", testing.credentials(text()).algorithm)
    local c = testing.credentials(text({ qop = 'qop="auth-int"' }, ', algorithm="md5-SESS"'))
    assert.equal("MD5-sess", c.algorithm)
    assert.equal("auth-int", c.qop)
  end)

  it("may stand without spaces, and with tabs", function()
    assert(testing.credentials((text():gsub(", ", ","))))
    assert(testing.credentials((text():gsub(", ", "\t,\t"):gsub("=", " = "))))
  end)

  it("have their escapes undone, and are written back with them", function()
    local c, written = testing.credentials(text({
      username = [[username="a\"b\\c"]], realm = [[realm="\r\e"]],
    }))
    assert.equal([[a"b\c]], c.username)
    assert.equal("re", c.realm)
    assert.truthy(written:find([[username="a\"b\\c"]], 1, true))
    assert.same(c, (testing.credentials(written)))
  end)

  it("keep commas and equal signs inside quotes", function()
    assert.equal("a, b=c", testing.credentials(text({ realm = 'realm="a, b=c"' })).realm)
  end)

  it("are refused with a sentence for what they lack (RFC 3261 22.4, AUT-022)", function()
    for _, name in ipairs({ "username", "realm", "nonce", "uri", "response", "nc", "cnonce" }) do
      local code, why = refused(text({ [name] = false }))
      assert.equal("ESYNTAX", code)
      assert.equal(name .. " missing", why)
    end
  end)

  it("are refused when a value is empty (AUT-022)", function()
    for _, name in ipairs({ "username", "realm", "uri", "cnonce" }) do
      assert.equal("ESYNTAX", (refused(text({ [name] = name .. '=""' }))), name)
      assert.equal("ESYNTAX", (refused(text({ [name] = name .. "=" }))), name)
    end
  end)

  it("may have an empty nonce and response: a peer names itself (RFC 8760 2.7)", function()
    local c = assert(testing.credentials(
      'Digest username="bob", realm="biloxi.com", nonce="", uri="sip:biloxi.com", response=""'))
    assert.equal("", c.nonce)
    assert.equal("", c.response)
  end)

  it("are refused when a parameter comes twice (AUT-022)", function()
    local code, why = refused(text({}, ', REALM="other"'))
    assert.equal("ESYNTAX", code)
    assert.equal("parameter given twice", why)
  end)

  it("are refused when a quoted string has no end (AUT-022)", function()
    for _, tail in ipairs({ '"abc', '"abc\\"', '"abc\\', '"' }) do
      local code, why = refused(text({}, ", opaque=" .. tail))
      assert.equal("ESYNTAX", code)
      assert.equal("quoted string without an end", why)
    end
  end)

  it("are refused with a hundred parameters (AUT-022)", function()
    local more = {}
    for i = 1, 100 do more[i] = (", x%d=%d"):format(i, i) end
    assert.equal("too many parameters", select(2, refused(text({}, table.concat(more)))))
  end)

  it("are refused where the grammar is broken (AUT-022)", function()
    for _, value in ipairs({
      "", "Digest", "Digest ", 'Digest,username="a"', "Digest =1", "Digest a", "Digest a=",
      "Digest a=b c=d", "Digest a=b,", "Digest ,a=b", 'Digest a="b"c', 'Digest a=b"c"',
      "Digest a==", text({}, " x"), text({}, ","), text({}, ", \1=2"), text({}, ', o="\1"'),
    }) do
      assert.equal("ESYNTAX", (refused(value)), value)
    end
  end)

  it("are refused when the uri has no quotes (RFC 3261 22.4, AUT-008)", function()
    assert.equal("parameter without its quotes",
      select(2, refused(text({ uri = "uri=sip:bob@biloxi.com" }))))
  end)

  it("count in exactly eight hexadecimal digits (RFC 7616 3.4, AUT-011)", function()
    for _, nc in ipairs({ "1", "0000001", "000000001", "0000000g", "0x000001", '"+0000001"' }) do
      assert.equal("nc is not eight hexadecimal digits",
        select(2, refused(text({ nc = "nc=" .. nc }))), nc)
    end
    assert.equal(0xFFFFFFFF, testing.credentials(text({ nc = "nc=FFFFffff" })).count)
  end)

  it("hold username or username*, never both (RFC 7616 3.4, AUT-020)", function()
    assert.equal("username and username* together",
      select(2, refused(text({}, ", username*=UTF-8''bob"))))
    local c = testing.credentials(text({
      username = "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe" }))
    assert.equal("J\u{e4}s\u{f8}n Doe", c.username)
  end)

  it("are refused with a broken username* (RFC 5987 3.2)", function()
    for _, value in ipairs({
      "ISO-8859-1''bob", "UTF-8'bob", "UTF-8''", "UTF-8''%", "UTF-8''%4", "UTF-8''%zz",
      '"UTF-8\'\'bob"', "UTF-8''a%0Db", "UTF-8''a%00b", "UTF-8''a%3Ab", "bob",
    }) do
      assert.equal("ESYNTAX", (refused(text({ username = "username*=" .. value }))), value)
    end
    assert.equal("ESYNTAX", (refused(text({ username = "username*=UTF-8''bob" },
      ", userhash=true"))))
  end)

  it("are refused when the username has a colon (RFC 7616 3.4.2)", function()
    assert.equal("ESYNTAX", (refused(text({ username = 'username="a:b"' }))))
  end)

  it("of another scheme, algorithm or qop are told apart from broken ones (AUT-001)", function()
    assert.equal("EUNSUPPORTED", (refused("Basic Ym9iOnphbnppYmFy")))
    assert.equal("EUNSUPPORTED", (refused("Bearer abc, def")))
    assert.equal("EUNSUPPORTED", (refused(text({}, ", algorithm=AKAv1-MD5"))))
    assert.equal("EUNSUPPORTED", (refused(text({ qop = "qop=auth-conf" }))))
    assert.equal("ESYNTAX", (refused(text({ realm = false }, ", algorithm=AKAv1-MD5"))))
  end)

  it("need no count without qop (RFC 3261 22.4)", function()
    local c = testing.credentials(text({ qop = false, nc = false, cnonce = false }))
    assert.equal("", c.qop)
    assert.equal("", c.nc)
  end)
end)

describe("a challenge", function()
  it("is read with all it says, and written back", function()
    local c, written = testing.challenge(
      [[digest realm="a \"b\"", domain="sip:x", qop="auth,auth-int", nonce="f84f1c", ]]
      .. [[opaque="", stale=TRUE, algorithm=SHA-256, charset=UTF-8]])
    assert.same({ realm = 'a "b"', nonce = "f84f1c", opaque = "", stale = true, has_qop = true,
      auth = true, auth_int = true, algorithm = "SHA-256", userhash = false }, c)
    assert.equal([[Digest realm="a \"b\"", nonce="f84f1c", opaque="", stale=true, ]]
      .. [[algorithm=SHA-256, qop="auth,auth-int"]], written)
  end)

  it("is understood without algorithm, qop and quotes", function()
    local c = testing.challenge("Digest realm=x, nonce=y")
    assert.equal("MD5", c.algorithm)
    assert.is_false(c.has_qop)
  end)

  it("may name an algorithm or a qop nobody knows (RFC 8760 2.4, AUT-016)", function()
    assert.equal("", testing.challenge('Digest realm="x", nonce="y", algorithm=NEW').algorithm)
    local c = testing.challenge('Digest realm="x", nonce="y", qop="token, auth-int"')
    assert.is_true(c.has_qop and c.auth_int and not c.auth)
  end)

  it("is refused without realm or nonce, and when broken (AUT-022)", function()
    for value, why in pairs({
      ['Digest nonce="y"'] = "realm missing", ['Digest realm="x"'] = "nonce missing",
      ['Digest realm="x", nonce="y", nonce="z"'] = "parameter given twice",
      ['Digest realm="x", nonce="y'] = "quoted string without an end",
    }) do
      local _, code, said = testing.challenge(value)
      assert.equal("ESYNTAX", code)
      assert.equal(why, said)
    end
    assert.equal("EUNSUPPORTED", (select(2, testing.challenge('Basic realm="x"'))))
  end)
end)
