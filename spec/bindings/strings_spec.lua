describe("string.find, match, gmatch and gsub", function()
  require("moonsip")

  it("do what Lua's own do, errors too", function()
    local pipe <close> = assert(io.popen("lua5.4 -e '"
      .. [[package.path = "./?.lua"
           print(table.concat(require("spec.support.pattern_cases"), "\n"))]] .. "'"))
    local stock = pipe:read("a")
    package.loaded["spec.support.pattern_cases"] = nil
    local ours = require("spec.support.pattern_cases")
    local i, wrong = 0, {}
    for line in stock:gmatch("[^\n]+") do
      i = i + 1
      if line ~= ours[i] then wrong[#wrong + 1] = line .. "\n    " .. tostring(ours[i]) end
    end
    assert.equal(#ours, i)
    assert.is_true(i > 20000)
    assert.equal("", table.concat(wrong, "\n", 1, math.min(#wrong, 10)))
  end)

  it("give up on a pattern that needs more steps than the budget has", function()
    local text = ("a"):rep(400)
    assert.has_error(function() text:find(("a-"):rep(12) .. "b") end, "pattern too complex")
    assert.has_error(function() return text:match(("a?"):rep(30) .. ("a"):rep(371) .. "b") end,
      "pattern too complex")
    assert.has_error(function() text:gsub("(.-)(.-)(.-)(.-)(.-)x", "") end, "pattern too complex")
    assert.has_error(function() for _ in text:gmatch(("a*"):rep(9) .. "b") do end end,
      "pattern too complex")
  end)

  it("take long texts as long as the pattern is linear", function()
    local text = ("Header: value\r\n"):rep(100000)
    local _, count = text:gsub("(%w+): (%w+)\r\n", "%2: %1\n")
    assert.equal(100000, count)
    assert.equal(#text, (text:find("\n", -1)))
  end)

  it("also serve methods of strings", function()
    assert.equal(string.find, ("x").find)
  end)
end)
