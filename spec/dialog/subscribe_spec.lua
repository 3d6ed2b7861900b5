local testing = require("moonsip_testing")

describe("Subscription-State", function()
  it("gives state, reason and seconds (RFC 6665 8.2.3)", function()
    assert.same({ kind = "active", state = "active", reason = "", expires = 3600 },
      testing.substate("active;expires=3600"))
    assert.same({ kind = "terminated", state = "Terminated", reason = "giveup", retry_after = 5 },
      testing.substate(" Terminated ; reason=giveup;retry-after=5"))
    assert.equal("pending", testing.substate("pending").kind)
    assert.equal("other", testing.substate("dormant;x=y").kind)
  end)

  it("takes a number of seconds beyond all bounds for very many (EVT-010)", function()
    assert.equal(4294967295, testing.substate("active;expires=99999999999999999999").expires)
  end)

  it("is refused when it cannot be read", function()
    for _, text in ipairs({
      "", ";expires=1", "active;expires=-1", "active;expires=", "active;expires", "a b",
      "active;expires=1;expires=2", "terminated;retry-after=soon",
    }) do
      assert.is_nil(testing.substate(text), text)
    end
  end)
end)

describe("the length of a subscription", function()
  it("is never more than was asked (RFC 6665 4.2.1.1, EVT-008)", function()
    assert.equal(600, testing.subscribe_grant(600, nil, 3600))
    assert.equal(60, testing.subscribe_grant(600, 60, 3600))
    assert.equal(600, testing.subscribe_grant(600, 7200, 3600))
    assert.equal(7200, testing.subscribe_grant(nil, 7200, 3600))
    assert.equal(3600, testing.subscribe_grant(nil, nil, 3600))
    assert.equal(0, testing.subscribe_grant(0, 60, 3600))
  end)

  it("leaves a renewal time to fail before the end, if it can (RFC 6665 4.1.2.2)", function()
    for asked, renewal in pairs({
      [3600] = 3240, [600] = 540, [100] = 68, [64] = 32, [60] = 30, [10] = 5, [1] = 0.5,
    }) do
      assert.equal(renewal, testing.subscribe_renewal(asked))
    end
    assert.is_true(testing.subscribe_renewal(4294967295) < 4294967295)
  end)
end)

describe("the end of a subscription", function()
  it("follows from these responses, and no others (RFC 6665 4.1.2.2, 4.2.2, EVT-006)", function()
    local ends = {}
    for status = 200, 699 do
      if testing.subscribe_ends(status) then ends[#ends + 1] = status end
    end
    assert.same({ 404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604 }, ends)
  end)

  it("says when to try again (RFC 6665 4.1.3)", function()
    assert.equal(0, testing.subscribe_again("Deactivated", 60))
    assert.equal(0, testing.subscribe_again("timeout"))
    assert.equal(60, testing.subscribe_again("probation", 60))
    assert.equal(0, testing.subscribe_again("giveup"))
    assert.equal(9, testing.subscribe_again("", 9))
    for _, reason in ipairs({ "rejected", "noresource", "invariant" }) do
      assert.is_nil(testing.subscribe_again(reason, 60))
    end
  end)
end)

describe("a message/sipfrag", function()
  it("begins with a Status-Line (RFC 3515 2.4.5, EVT-013)", function()
    assert.equal(200, testing.sipfrag_status("SIP/2.0 200 OK"))
    assert.equal(603, testing.sipfrag_status("SIP/2.0 603 Declined\r\nReason: x\r\n"))
    assert.equal(180, testing.sipfrag_status("SIP/2.0 180 "))
    for _, body in ipairs({
      "", "SIP/2.0", "SIP/2.0 200", "SIP/2.0 2000 OK", "SIP/2.0 99 X", "SIP/2.0 099 X",
      "SIP/2.0 700 X", "SIP/3.0 200 OK", "sip/2.0 200 OK", "INVITE sip:a@b SIP/2.0",
      "\r\nSIP/2.0 200 OK",
    }) do
      assert.equal(0, testing.sipfrag_status(body), body)
    end
  end)
end)
