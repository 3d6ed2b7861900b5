local testing = require("moonsip_testing")

local function set(name, value)
  local all, why = testing.settings({ name, value })
  return all and all[name], why
end

describe("settings", function()
  it("start with their defaults", function()
    local all = testing.settings({})
    assert.equal("0.5", all["timers.t1"])
    assert.equal("4", all["timers.t2"])
    assert.equal("moonsip", all["user_agent"])
    assert.equal("", all["contact"])
    assert.equal("supported", all["rel100"])
    assert.equal("1800", all["session.expires"])
    assert.equal("yes", all["reload.watch"])
    assert.equal("65535", all["limits.message"])
  end)

  it("take durations in seconds, with parts of a second", function()
    assert.equal("0.25", set("timers.t1", "0.25"))
    assert.equal("0.05", set("timers.t1", "0.0500"))
    assert.equal("1", set("timers.t1", "1.000"))
    assert.equal("2.5", set("drain.timeout", "2.5"))
    assert.equal("0", set("drain.timeout", "0"))
  end)

  it("take whole seconds and numbers, also as Lua prints a float", function()
    assert.equal("60", set("session.min_se", "60"))
    assert.equal("60", set("session.min_se", "60.0"))
    assert.equal("512", set("limits.message", "512"))
    assert.is_nil(set("session.min_se", "60.5"))
  end)

  for word, value in pairs({
    yes = "yes", ["true"] = "yes", on = "yes", ["1"] = "yes", YES = "yes",
    no = "no", ["false"] = "no", off = "no", ["0"] = "no",
  }) do
    it(("take %q for %s"):format(word, value), function()
      assert.equal(value, set("reload.watch", word))
    end)
  end

  it("keep texts of their own", function()
    assert.equal("sip:me@example.com", set("contact", "sip:me@example.com"))
    assert.equal("", set("user_agent", ""))
    local all = testing.settings({ "user_agent", "one", "user_agent", "two", "contact", "sip:a" })
    assert.equal("two", all["user_agent"])
    assert.equal("sip:a", all["contact"])
  end)

  it("do not show a secret", function()
    assert.equal("", testing.settings({})["proxy.secret"])
    assert.equal("(set)", set("proxy.secret", "xyzzy"))
  end)

  it("name the rel100 modes", function()
    for _, mode in ipairs({ "no", "supported", "required" }) do
      assert.equal(mode, set("rel100", mode))
    end
  end)

  for _, row in ipairs({
    { "timers.t1", "0.001", "timers.t1 must be a number of seconds from 0.01 to 60" },
    { "timers.t1", "soon", "timers.t1 must be a number of seconds from 0.01 to 60" },
    { "timers.t1", "1.", "timers.t1 must be a number of seconds from 0.01 to 60" },
    { "timers.t1", "-1", "timers.t1 must be a number of seconds from 0.01 to 60" },
    { "timers.t1", "", "timers.t1 must be a number of seconds from 0.01 to 60" },
    { "limits.headers", "255", "limits.headers must be a whole number from 16 to 254" },
    { "session.min_se", "0",
      "session.min_se must be a whole number of seconds from 1 to 86400" },
    { "limits.dialogs", "99999999999",
      "limits.dialogs must be a whole number from 1 to 100000000" },
    { "reload.watch", "maybe", "reload.watch must be yes or no" },
    { "rel100", "always", "rel100 must be no, supported or required" },
    { "user_agent", "a\r\nb", "user_agent must be one line of at most 200 bytes" },
    { "user_agent", ("x"):rep(201), "user_agent must be one line of at most 200 bytes" },
    { "timers.t9", "1", 'no setting is called "timers.t9"; did you mean "timers.t1"?' },
    { "limit.headers", "64",
      'no setting is called "limit.headers"; did you mean "limits.headers"?' },
    { "qqq", "1", 'no setting is called "qqq"' },
  }) do
    it(("refuse %s = %q and say why"):format(row[1], row[2]:sub(1, 12)), function()
      local value, why = set(row[1], row[2])
      assert.is_nil(value)
      assert.equal(row[3], why)
    end)
  end

  it("cut a sentence that does not fit", function()
    local _, why = set(("n"):rep(700), "1")
    assert.equal(599, #why)
  end)
end)
