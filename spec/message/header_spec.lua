local testing = require "moonsip_testing"

local function request(...)
  local lines = { "OPTIONS sip:h SIP/2.0", "Via: SIP/2.0/UDP h;branch=z9hG4bKx",
    "From: <sip:a@h>;tag=1", "To: <sip:b@h>",
    "Call-ID: x", "CSeq: 1 OPTIONS" }
  for _, line in ipairs { ... } do lines[#lines + 1] = line end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

describe("header names", function()
  it("are all found, in any case", function()
    for _, header in ipairs(testing.header_map()) do
      assert.equal(header.name, testing.header_name(header.name))
      assert.equal(header.name, testing.header_name(header.name:upper()))
      assert.equal(header.name, testing.header_name(header.name:lower()))
    end
  end)

  it("have their compact forms, and no other letter stands for one (RFC 3261 7.3.3, MSG-014)",
    function()
      local letters = {}
      for _, header in ipairs(testing.header_map()) do
        if header.compact ~= "" then letters[header.compact] = header.name end
      end
      for byte = 0, 255 do
        local letter = string.char(byte)
        assert.equal(letters[letter:lower()] or "", testing.header_name(letter))
      end
    end)

  it("of the same length and letter are not confused", function()
    for _, header in ipairs(testing.header_map()) do
      local name = header.name
      for i = 1, #name do
        assert.equal("", testing.header_name(name:sub(1, i - 1) .. "_" .. name:sub(i + 1)))
      end
    end
    for _, name in ipairs { "", "Vi", "Viaa", "Content-Dispositioned", "X" .. ("y"):rep(300) } do
      assert.equal("", testing.header_name(name))
    end
  end)
end)

describe("methods", function()
  it("are known by their exact name (RFC 3261 7.1)", function()
    for _, name in ipairs { "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK",
      "UPDATE", "INFO",
      "MESSAGE", "NOTIFY", "REFER", "SUBSCRIBE", "PUBLISH" } do
      assert.equal(name, testing.method_name(name))
      assert.equal("", testing.method_name(name:lower()))
      assert.equal("", testing.method_name(name .. "S"))
      assert.equal("", testing.method_name(name:sub(1, -2)))
    end
  end)
end)

describe("a list header", function()
  for name, values in pairs {
    ["Route"] = { "<sip:a;lr>", "\"x, y\" <sip:b,c@h>;p=\"q,r\"", "<sip:d>" },
    ["Record-Route"] = { "<sip:a;lr>", "\"x, y\" <sip:b,c@h>;p=\"q,r\"", "<sip:d>" },
    ["Contact"] = { "<sip:a;lr>", "\"x, y\" <sip:b,c@h>;p=\"q,r\"", "sip:d@h" },
    ["Supported"] = { "100rel", "timer", "path" },
    ["Require"] = { "100rel", "timer", "path" },
    ["Allow"] = { "INVITE", "ACK", "X-y" },
  } do
    it("has the same values in rows and in one row: " .. name .. " (RFC 3261 7.3.1, MSG-008)",
      function()
        local one = request(name .. ": " .. table.concat(values, " , "))
        local rows = request(name .. ": " .. values[1], "X: y", name .. ": " .. values[2],
          name .. ": " .. values[3])
        local mixed = request(name .. ": " .. values[1] .. "," .. values[2],
          name .. ": " .. values[3])
        assert.same(values, testing.header_values(one, name))
        assert.same(values, testing.header_values(rows, name))
        assert.same(values, testing.header_values(mixed, name))
      end)
  end

  it("leaves empty values out", function()
    local bytes = request("Supported: ,, a,, b ,", "Supported:", "k: ,", "Supported: c")
    assert.same({ "a", "b", "c" }, testing.header_values(bytes, "Supported"))
  end)

  it("keeps commas in comments and folds in values", function()
    assert.same({ "a (b, c (d, e)) f", "g\r\n h" },
      testing.header_values(request("Allow: a (b, c (d, e)) f, g\r\n h"), "Allow"))
  end)

  it("that is not closed properly ends with its row", function()
    assert.same({ "\"a, b", "c" }, testing.header_values(request("Allow: \"a, b", "Allow: c"),
      "Allow"))
    assert.same({ "<a, b", "c" }, testing.header_values(request("Allow: <a, b", "Allow: c"),
      "Allow"))
    assert.same({ "(a, b", "c" }, testing.header_values(request("Allow: (a, b", "Allow: c"),
      "Allow"))
  end)

  it("of credentials, dates and text is never split (RFC 3261 7.3.1, MSG-009)", function()
    for _, name in ipairs { "Authorization", "Proxy-Authorization", "WWW-Authenticate",
      "Proxy-Authenticate", "Date", "Subject" } do
      local bytes = request(name .. ": Digest a=b, c=d", name .. ": Digest e=f, g=h")
      assert.same({ "Digest a=b, c=d", "Digest e=f, g=h" }, testing.header_values(bytes, name))
    end
  end)

  it("is searched for a token, case ignored", function()
    local bytes = request("Supported: 100rel, TIMER", "k: path")
    assert.is_true(testing.lists(bytes, "Supported", "timer"))
    assert.is_true(testing.lists(bytes, "Supported", "path"))
    assert.is_false(testing.lists(bytes, "Supported", "100re"))
    assert.is_false(testing.lists(bytes, "Require", "100rel"))
  end)
end)

describe("rows of a name", function()
  it("come in order, compact and full names together", function()
    assert.same({ "a", "b" }, testing.header_rows(request("Subject: a", "X: y", "s: b"), "subject"))
    assert.same({ "a", "b" }, testing.header_rows(request("Subject: a", "X: y", "s: b"), "S"))
  end)

  it("of unknown headers are told apart", function()
    local bytes = request("X-A: 1", "X-B: 2", "x-a: 3")
    assert.same({ "1", "3" }, testing.header_rows(bytes, "X-a"))
    assert.same({ "2" }, testing.header_rows(bytes, "X-B"))
  end)
end)

describe("unfolding", function()
  it("writes each fold as one space", function()
    assert.equal("a b c", testing.unfold("a\r\n b\n\t \tc"))
    assert.equal("a \tb", testing.unfold("a \tb"))
    assert.equal("a b", testing.unfold("a\rb"))
    assert.equal("", testing.unfold(""))
  end)
end)
