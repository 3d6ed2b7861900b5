-- Documents of the reg event package (RFC 3680 5).
local reginfo = require("moonsip.registrar.reginfo")

local AOR <const> = "sip:joe@example.com"

local function binding(fields)
  local given = {
    id = "76", uri = "sip:joe@pc34.example.com", q = 1, expires = 3600, registered_for = 0,
    refreshed = false, call_id = "88askjda9@pc34.example.com", cseq = 9976,
  }
  for name, value in pairs(fields or {}) do given[name] = value end
  return given
end

local head = '<?xml version="1.0" encoding="UTF-8"?>\n<reginfo '
  .. 'xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo"'

describe("a reginfo document", function()
  it("with nobody registered is init (RFC 3680 6)", function()
    assert.equal(head .. [[ version="0" state="full">
  <registration aor="sip:joe@example.com" id="sip:joe@example.com" state="init">
  </registration>
</reginfo>
]], reginfo.full(0, AOR, {}))
  end)

  it("with all contacts says for each what it is (RFC 3680 5.1)", function()
    assert.equal(head .. [[ version="7" state="full">
  <registration aor="sip:joe@example.com" id="sip:joe@example.com" state="active">
    <contact id="76" state="active" event="refreshed" duration-registered="7322" expires="60" ]]
    .. [[q="0.8" callid="88askjda9@pc34.example.com" cseq="9976">
      <uri>sip:joe@pc34.example.com</uri>
      <display-name>Joe</display-name>
      <unknown-param name="audio"></unknown-param>
      <unknown-param name="+sip.instance">&quot;&lt;urn:uuid:f81d&gt;&quot;</unknown-param>
      <gr:pub-gruu uri="sip:joe@example.com;gr=urn:uuid:f81d"/>
    </contact>
    <contact id="77" state="active" event="registered" duration-registered="0" expires="3600" ]]
    .. [[callid="88askjda9@pc34.example.com" cseq="9976">
      <uri>sip:joe@192.0.2.4</uri>
    </contact>
  </registration>
</reginfo>
]], reginfo.full(7, AOR, {
      binding({
        q = 0.8, registered_for = 7322, refreshed = true, expires = 60, display_name = "Joe",
        params = { "audio", '+sip.instance="<urn:uuid:f81d>"' }, instance = "urn:uuid:f81d",
      }),
      binding({ id = "77", uri = "sip:joe@192.0.2.4" }),
    }))
  end)

  it("with changes has only those (RFC 3680 4.7.2)", function()
    local text = reginfo.partial(1, AOR, { binding() }, "registered", { binding() })
    assert.truthy(text:find('version="1" state="partial"', 1, true))
    assert.truthy(text:find('id="sip:joe@example.com" state="active"', 1, true))
    assert.truthy(text:find('<contact id="76" state="active" event="registered"', 1, true))
  end)

  it("after the last contact went is terminated, and so is that contact (RFC 3680 4.7.1)",
    function()
      for _, event in ipairs({ "expired", "unregistered" }) do
        local text = reginfo.partial(2, AOR, {}, event, { binding() })
        assert.truthy(text:find('id="sip:joe@example.com" state="terminated"', 1, true))
        assert.truthy(text:find('<contact id="76" state="terminated" event="' .. event, 1, true))
        assert.is_nil(text:find(" expires=", 1, true))
      end
    end)

  it("stays well-formed whatever a phone says (RFC 3680 5.1)", function()
    local text = reginfo.full(0, AOR, { binding({
      uri = "sip:joe&<>@x", call_id = '"><x a="', display_name = "J\1\xff\xfe",
    }) })
    assert.truthy(text:find("<uri>sip:joe&amp;&lt;&gt;@x</uri>", 1, true))
    assert.truthy(text:find('callid="&quot;&gt;&lt;x a=&quot;"', 1, true))
    assert.truthy(text:find("<display-name>J ??</display-name>", 1, true))
    text = reginfo.full(0, AOR, { binding({ display_name = "Jürgen" }) })
    assert.truthy(text:find("Jürgen", 1, true))
  end)
end)
