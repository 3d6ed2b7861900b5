local testing = require("moonsip_testing")

describe("a digest", function()
  it("is that of each algorithm, with -sess or not, each qop (RFC 7616 3.4.1, AUT-019)", function()
    local count = 0
    for line in io.lines("spec/auth/digest.tsv") do
      local algorithm, qop, response = line:match("^([^#\t]+)\t([^\t]+)\t(%x+)$")
      if algorithm then
        count = count + 1
        assert.equal(response, testing.digest({
          algorithm = algorithm, qop = qop, method = "INVITE", uri = "sip:bob@biloxi.com",
          ha1 = testing.ha1("bob", "biloxi.com", "zanzibar", algorithm),
          nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093", nc = "00000001", cnonce = "0a4f113b",
          body = "v=0\r\n",
        }), algorithm .. " " .. qop)
      end
    end
    assert.equal(18, count)
  end)

  local function mufasa(algorithm)
    return testing.digest({
      algorithm = algorithm, qop = "auth", method = "GET", uri = "/dir/index.html",
      ha1 = testing.ha1("Mufasa", "http-auth@example.org", "Circle of Life", algorithm),
      nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc = "00000001",
      cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    })
  end

  it("is that of the examples with MD5 and SHA-256 (RFC 7616 3.9.1, AUT-019)", function()
    assert.equal("8ca523f5e9506fed4657c9700eebdbec", mufasa("MD5"))
    assert.equal("753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
      mufasa("SHA-256"))
  end)

  -- The RFC prints truncated SHA-512 there; SHA-512/256 starts from other values.
  it("is that of the example with SHA-512/256 as corrected by erratum 4897 (RFC 7616 3.9.2)",
    function()
      local user = "J\u{e4}s\u{f8}n Doe"
      assert.equal("793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
        testing.userhash(user, "api@example.org", "SHA-512-256"))
      assert.equal("3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
        testing.digest({
          algorithm = "SHA-512-256", qop = "auth", method = "GET", uri = "/doe.json",
          ha1 = testing.ha1(user, "api@example.org", "Secret, or not?", "SHA-512-256"),
          nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", nc = "00000001",
          cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        }))
    end)

  it("of an empty body is that of the empty text (RFC 8760 2.6)", function()
    local given = { algorithm = "SHA-256", qop = "auth-int", method = "BYE", uri = "sip:b@c",
      ha1 = testing.ha1("a", "b", "c", "SHA-256"), nonce = "n", nc = "00000001", cnonce = "c" }
    local without = testing.digest(given)
    given.body = ""
    assert.equal(without, testing.digest(given))
    given.body = "x"
    assert.not_equal(without, testing.digest(given))
  end)

  it("wants an HA1 of its algorithm's length and digits (AUT-024)", function()
    local good = testing.ha1("a", "b", "c", "SHA-256")
    local function try(algorithm, ha1)
      return select(2, testing.digest({ algorithm = algorithm, ha1 = ha1, method = "BYE",
        uri = "sip:b@c", nonce = "n" }))
    end
    assert.is_nil(try("SHA-256", good))
    for _, bad in ipairs({ good:sub(1, 63), good .. "0", good:sub(1, 32), "", good:upper(),
      ("g"):rep(64) }) do
      assert.equal("EINVALID", try("SHA-256", bad), bad)
    end
    assert.equal("EINVALID", try("MD5", good))
    assert.is_nil(try("MD5-sess", good:sub(1, 32)))
  end)

  it("is compared as a whole (AUT-021)", function()
    assert.is_true(testing.digest_equal("abcd", "abcd"))
    assert.is_false(testing.digest_equal("abcd", "abce"))
    assert.is_false(testing.digest_equal("abcd", "abc"))
    assert.is_false(testing.digest_equal("", "a"))
  end)
end)
