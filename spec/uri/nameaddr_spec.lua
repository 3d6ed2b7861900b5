local testing = require "moonsip_testing"

describe("an address with a name", function()
  it("has a quoted name, a URI and parameters", function()
    assert.same({ display = "\"A. \\\"Bob\\\" <x>\"", uri = "sip:a@h;lr", params = ";tag=1;x",
      tag = "1", bracketed = true, star = false },
      testing.nameaddr("\"A. \\\"Bob\\\" <x>\" \r\n <sip:a@h;lr> ;tag=1;x"))
  end)

  it("needs no blank before the bracket", function()
    assert.equal("caller", testing.nameaddr("caller<sip:caller@example.com>").display)
    assert.equal("", testing.nameaddr("<sip:caller@example.com>").display)
  end)

  it("may be named by several words", function()
    assert.equal("Anne  M. Other", testing.nameaddr("Anne  M. Other <sip:a@h>").display)
  end)

  it("may be named in UTF-8 without quotes, as many peers do", function()
    assert.equal("J\u{fc}rgen", testing.nameaddr("J\u{fc}rgen <sip:a@h>").display)
  end)

  it("counts bytes, so that a NUL in the name hides nothing (MSG-032)", function()
    assert.equal(#"\"a\\\0b\"", #testing.nameaddr("\"a\\\0b\" <sip:a@h>").display)
  end)

  it("without brackets gives its ';' to the header (RFC 3261 20, MSG-028)", function()
    local na = testing.nameaddr("sip:a@h;tag=x")
    assert.equal("sip:a@h", na.uri)
    assert.equal("x", na.tag)
    assert.is_false(na.bracketed)
  end)

  it("may be the star of a Contact", function()
    assert.is_true(testing.nameaddr(" * ").star)
  end)

  for _, text in ipairs {
    "", " ", "\"", "\"x", "\"x\\\" <sip:a@h>", "\"x\" sip:a@h", "\"x\"", "<>", "<sip:a@h",
      "< sip:a@h>", "<sip:a@h >",
    "<sip:a@h> x", "<sip:a@h>,<sip:b@h>", "<sip:a@h>;tag=1,<sip:b@h>", "<sip:a@h>;tag=a;tag=b",
      "<sip:a@h>;",
    "Bell, A <sip:a@h>", "J@x <sip:a@h>", "sip:a@h?x=y", "sip:a,b@h", "sip:a@h x", "alice",
      "<<sip:a@h>>", "<sip:a\0@h>",
    "x <sip:a@h", "* *", "*;x",
  } do
    it(("is malformed: %q"):format(text), function()
      local na, what, at = testing.nameaddr(text)
      assert.is_nil(na)
      assert.is_string(what)
      assert.is_true(at <= #text)
    end)
  end
end)
