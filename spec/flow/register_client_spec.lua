-- The REGISTER that an engine sends (RFC 3261 10.2).
local Caller = require("spec.support.caller")

describe("engine:register", function()
  local caller

  before_each(function() caller = Caller.new() end)
  after_each(function() caller:finish() end)

  local function register(options)
    options.uri = "sip:192.0.2.9"
    options.from = "sip:alice@example.com"
    options.call_id = "fixed"
    local request = assert(caller.engine:register(options))
    caller.net:settle()
    local sent = caller:sent("REGISTER")
    return sent[#sent], request
  end

  it("names the registrar, the address in To and From, and our Contact (RFC 3261 10.2)",
    function()
      local sent = register({ expires = 300 })
      assert.equal("sip:192.0.2.9", sent.ruri)
      assert.equal("<sip:alice@example.com>", sent.to)
      assert.truthy(sent.from:find("^<sip:alice@example.com>;tag="))
      assert.equal("<sip:192.0.2.1:5060>", sent:header("Contact"))
      assert.equal("300", sent:header("Expires"))
      assert.equal(1, sent.cseq)
    end)

  it("supports Path (RFC 3327 5.1)", function()
    assert.is_true(register({}):lists("Supported", "path"))
  end)

  it("lists other contacts, all, or none (RFC 3261 10.2.2, 10.2.3)", function()
    assert.equal("<sip:a@192.0.2.1>;q=0.5, <sip:b@192.0.2.1>",
      register({ contacts = { "<sip:a@192.0.2.1>;q=0.5", "sip:b@192.0.2.1" } }):header("Contact"))
    assert.equal("*", register({ contacts = "*", expires = 0 }):header("Contact"))
    assert.is_nil(register({ contacts = {} }):header("Contact"))
    assert.equal("<sip:c@192.0.2.1>", register({ contact = "sip:c@192.0.2.1" }):header("Contact"))
  end)

  it("goes on with the Call-ID and a higher CSeq (RFC 3261 10.2.4)", function()
    local sent, request = register({ cseq = 7 })
    assert.equal(7, sent.cseq)
    assert.equal("fixed", sent.call_id)
    assert.equal(7, request.message.cseq.number)
    for _, cseq in ipairs({ 0, 2147483648, "1" }) do
      assert.has_error(function() register({ cseq = cseq }) end)
    end
  end)
end)
