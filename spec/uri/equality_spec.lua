local testing = require "moonsip_testing"

-- Raises unless the two are equal, or different, in both orders.
local function check(equal, a, b)
  assert.equal(equal, testing.uri_equal(a, b), a .. " " .. b)
  assert.equal(equal, testing.uri_equal(b, a), b .. " " .. a)
end

describe("the equality of two URIs (RFC 3261 19.1.4)", function()
  it("fails between sip and sips (URI-001)", function()
    check(false, "sip:a@h", "sips:a@h")
    check(true, "sips:a@h", "SIPS:a@h")
  end)

  it("looks at case in the user part alone (URI-002)", function()
    check(false, "sip:alice@h", "sip:Alice@h")
    check(false, "sip:a:pw@h", "sip:a:PW@h")
    check(true, "sip:a@example.com;transport=TCP", "SIP:a@EXAMPLE.com;TRANSPORT=tcp")
  end)

  it("looks at no order of parameters or headers (URI-003)", function()
    check(true, "sip:a@h;x=1;y=2;z", "sip:a@h;z;y=2;x=1")
    check(true, "sip:a@h?x=1&y=2", "sip:a@h?y=2&x=1")
  end)

  it("takes an escape for its character unless that is reserved (URI-004)", function()
    check(true, "sip:%61lice@h", "sip:alice@h")
    check(true, "sip:a@h;p=%61", "sip:a@h;p=a")
    check(false, "sip:a%3bb@h", "sip:a;b@h")
  end)

  it("tells a default that is written from one that is not (URI-005)", function()
    for _, default in ipairs({ ":5060", ";transport=udp", ";ttl=1", ";user=ip", ";method=INVITE" })
    do
      check(false, "sip:a@h", "sip:a@h" .. default)
    end
    check(false, "sips:a@h", "sips:a@h:5061")
  end)

  it("wants user, ttl, method and maddr in both or in none, others not (URI-006)", function()
    for _, both in ipairs({ ";user=phone", ";ttl=15", ";method=BYE", ";maddr=192.0.2.1" }) do
      check(false, "sip:a@h", "sip:a@h" .. both)
      check(true, "sip:a@h" .. both, "sip:a@h" .. both)
    end
    check(true, "sip:a@h", "sip:a@h;lr")
    check(false, "sip:a@h;security=on", "sip:a@h;security=off")
  end)

  it("wants the same headers in both (URI-007)", function()
    check(false, "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=x")
    check(false, "sip:a@h?x=1", "sip:a@h?x=2")
    check(true, "sip:a@h?Subject=x", "sip:a@h?SUBJECT=x")
  end)

  it("asks nobody for an address: a name is never an address (URI-008)", function()
    check(false, "sip:a@localhost", "sip:a@127.0.0.1")
    check(false, "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4")
  end)
end)
