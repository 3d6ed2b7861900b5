local testing = require "moonsip_testing"

describe("parameters", function()
  it("are names with or without a value", function()
    assert.same({ { "lr", false }, { "a", "b" }, { "c", "" }, { "d", "\"x;y\\\"=z\"" } },
      testing.params(";lr;a=b;c=;d=\"x;y\\\"=z\""))
  end)

  it("may have folds and blanks around ';' and '='", function()
    assert.same({ { "a", "b" }, { "c", "d" }, { "e", false } },
      testing.params(" ; \r\n a\t= \r\n b ;c =d; e \r\n "))
  end)

  for _, text in ipairs { "x", ";", ";a;", ";;a", ";=b", ";a=b c", ";a=\"b", ";a=\"b\"c", ";a,b",
    ";a=b,c", ";a=<b>", ";\"a\"" } do
    it(("are malformed: %q"):format(text), function()
      assert.is_nil(testing.params(text))
      assert.is_false(testing.param_check(text))
    end)
  end

  it("have each name once (RFC 3261 7.3.1, MSG-012)", function()
    assert.is_true(testing.param_check(";a;b;c=a"))
    assert.is_false(testing.param_check(";tag=a;x;TAG=a"))
  end)

  it("are found by name, case ignored, and unquoted", function()
    assert.equal("x y", testing.param_value(";a=1;Text=\"x y\"", "tEXT"))
    assert.equal("", testing.param_value(";a=1", "b"))
    assert.equal("", testing.param_value(";a", "a"))
  end)

  it("are at most 64, so that looking for repeated names stays cheap", function()
    local names = {}
    for i = 1, 64 do names[i] = ";p" .. i end
    assert.is_true(testing.param_check(table.concat(names)))
    assert.is_false(testing.param_check(table.concat(names) .. ";p65"))
  end)
end)
