--- The pure parts of sip.proxy: which answer is best, and in which order targets
--- are tried.
require("moonsip")
local best = require("moonsip.proxy.best")
local options = require("moonsip.proxy.options")
local stubs = require("spec.support.stubs")
local targets = require("moonsip.proxy.targets")

describe("the best of", function()
  local function choose(...)
    local results = {}
    for i, status in ipairs({ ... }) do results[i] = { status = status } end
    local chosen = best.choose(results)
    return chosen and chosen.status
  end

  for _, case in ipairs({
    { 603, { 404, 603, 301 }, "a 6xx wins over all (16.7.6)" },
    { 302, { 404, 302, 500 }, "else the lowest class (16.7.6)" },
    { 404, { 503, 404 }, "the lowest class again" },
    { 407, { 404, 407, 486 }, "407 tells more than 404 (16.7.6)" },
    { 401, { 420, 401 }, "credentials come first" },
    { 415, { 404, 415 }, "so does 415" }, { 420, { 480, 420 }, "so does 420" },
    { 484, { 487, 484 }, "so does 484" },
    { 407, { 503, 407, 501, 404 }, "the example of 16.7.6" },
    { 486, { 408, 486 }, "silence says least" }, { 486, { 487, 486 }, "and a CANCEL little" },
    { 487, { 408, 487 }, "but more than silence" },
    { 502, { 503, 502 }, "any 5xx is better than 503" },
    { 486, { 486, 404 }, "the first among equals" },
  }) do
    it(table.concat(case[2], ", ") .. " is " .. case[1] .. ": " .. case[3], function()
      assert.equal(case[1], choose(table.unpack(case[2])))
    end)
  end

  it("nothing is nothing: then it is 408 (16.7.6)", function() assert.is_nil(choose()) end)
end)

describe("targets", function()
  local function read(given)
    local text = {}
    for i, group in ipairs(targets.read(given)) do
      local uris = {}
      for j, target in ipairs(group) do uris[j] = tostring(target.uri) end
      text[i] = table.concat(uris, "+")
    end
    return table.concat(text, " ")
  end

  it("in a list are tried one after the other", function()
    assert.equal("a b c", read({ "a", { uri = "b" }, "c" }))
  end)

  it("in a list inside are tried at once", function()
    assert.equal("a+b c d+e", read({ { "a", "b" }, "c", { "d", "e" } }))
  end)

  it("with q are tried in its order, those without have 1 (RFC 3261 10.2.1.2)", function()
    assert.equal("b+c d a", read({ {
      { uri = "a", q = 0 }, { uri = "b", q = 1 }, "c", { uri = "d", q = 0.5 },
    } }))
  end)

  it("may be one alone, or none", function()
    assert.equal("a", read("a"))
    assert.equal("a", read({ uri = "a" }))
    assert.equal("", read({}))
    assert.equal("", read({ {} }))
  end)

  it("may be the bindings of a registrar, whose other members do not matter", function()
    local group = targets.read({ {
      { uri = "a", q = 0.5, expires = 60, path = { "<sip:p;lr>" }, user_agent = "x", reg_id = 1 },
    } })[1]
    assert.same({ uri = "a", q = 0.5, path = { "<sip:p;lr>" } }, group[1])
  end)

  it("leave the table they came in as it is", function()
    local given = { uri = "sip:a@192.0.2.1", q = 1 }
    targets.read({ { given } })
    assert.same({ uri = "sip:a@192.0.2.1", q = 1 }, given)
  end)
end)

describe("a branch", function()
  local function branch(target, all)
    return options.branch(target, options.read(all))
  end

  it("has a Request-URI without headers and method parameter (RFC 3261 16.6.2)", function()
    assert.equal("sip:a?b@192.0.2.1;x=1", branch({
      uri = '"A" <sip:a?b@192.0.2.1;method=INVITE;x=1?Subject=hi&Priority=urgent>;q=0.1',
    }).target)
  end)

  it("has the headers of all branches, then its own", function()
    assert.same({ "A: 1", "B: 2" }, branch({ uri = "sip:a@b", extra_headers = { B = 2 } },
      { extra_headers = { "A: 1" } }).headers)
  end)

  it("has the Path of its binding as its route (RFC 3327 5.3)", function()
    assert.same({ "<sip:p;lr>", "<sip:o;lr>" }, branch({
      uri = "sip:a@b", path = { "<sip:p;lr>", "<sip:o;lr>" },
    }, { route = "<sip:q;lr>" }).routes)
    assert.same({ "<sip:q;lr>" }, branch({ uri = "sip:a@b" }, { route = "<sip:q;lr>" }).routes)
  end)
end)

describe("the stubs for editors", function()
  local function names(class)
    local list = {}
    for name in pairs(stubs.read()[class]) do list[#list + 1] = name end
    table.sort(list)
    return table.concat(list, ", ")
  end

  local function accepted(...)
    local _, err = pcall(...)
    return err:match("there are (.*)$")
  end

  it("know the options of sip.proxy.forward", function()
    assert.equal(accepted(options.read, { [1] = 1 }), names("moonsip.proxy.Options"))
  end)

  it("know the members of a target", function()
    assert.equal(accepted(options.branch, { [1] = 1 }, options.read()),
      names("moonsip.proxy.TargetOptions"))
  end)
end)
