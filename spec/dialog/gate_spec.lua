local testing = require "moonsip_testing"

describe("the gate of a dialog", function()
  local function row(text, facts, status, later)
    it(text, function()
      local verdict, retry = testing.gate(facts)
      assert.equal(status, verdict)
      assert.equal(later or false, retry)
    end)
  end

  row("lets a re-INVITE pass when nothing is open (RFC 3261 14.2)", { method = "INVITE" }, "pass")
  row("refuses a lower CSeq with 500 (RFC 3261 12.2.2, DLG-019)",
    { method = "INFO", cseq = 4, remote_seq = 5 }, 500)
  row("refuses the same CSeq in a new request with 500 (DLG-021)",
    { method = "INVITE", cseq = 5, remote_seq = 5 }, 500)
  row("accepts a gap in CSeq (RFC 3261 12.2.2, DLG-020)",
    { method = "INFO", cseq = 900, remote_seq = 5 }, "pass")
  row("asks a second INVITE to come later while the first is open (RFC 3261 14.2)",
    { method = "INVITE", invite_open = true }, 500, true)
  row("answers 491 while our INVITE is in progress (RFC 6337 UAS-IcI, behaviours 28 and 29)",
    { method = "INVITE", own_invite = true }, 491)
  row("answers 491 to an INVITE while our UPDATE is in progress (RFC 6337 UAS-UcI)",
    { method = "INVITE", own_update = true }, 491)
  row("asks an INVITE to come later while their UPDATE is open (RFC 6337 UAS-UsI)",
    { method = "INVITE", update_open = true }, 500, true)
  row("answers 491 to an INVITE that overtakes the ACK with the answer (RFC 5407 3.1.5)",
    { method = "INVITE", offer = "ours" }, 491)
  row("prefers 500 to 491 when both sides are busy",
    { method = "INVITE", invite_open = true, own_update = true }, 500, true)

  row("lets an UPDATE with an offer pass when nothing is open (RFC 3311 5.2)",
    { method = "UPDATE", has_offer = true }, "pass")
  row("lets an UPDATE without an offer pass beside an open INVITE",
    { method = "UPDATE", invite_open = true, offer = "theirs" }, "pass")
  row("asks any second UPDATE to come later (RFC 3311 5.2)",
    { method = "UPDATE", update_open = true }, 500, true)
  row("answers 491 to an offer in UPDATE while ours is open (RFC 3311 5.2)",
    { method = "UPDATE", has_offer = true, offer = "ours" }, 491)
  row("asks an offer in UPDATE to come later while theirs is open (RFC 3311 5.2)",
    { method = "UPDATE", has_offer = true, offer = "theirs" }, 500, true)
  row("asks an offer in UPDATE to come later inside an unanswered INVITE (RFC 6337 UAS-IsU)",
    { method = "UPDATE", has_offer = true, invite_open = true }, 500, true)
  row("lets it pass once that INVITE's offer is answered and acknowledged",
    { method = "UPDATE", has_offer = true, invite_open = true, invite_answered = true }, "pass")
  row("answers 491 to an offer in UPDATE beside our INVITE (RFC 6337 UAS-IcU)",
    { method = "UPDATE", has_offer = true, own_invite = true }, 491)

  for _, method in ipairs { "INVITE", "UPDATE", "PRACK", "INFO", "REFER", "MESSAGE" } do
    row("knows no dialog for " .. method .. " once BYE was sent",
      { method = method, over = true }, 481)
  end
  row("lets a BYE pass that crosses ours (RFC 5407 3.2.1)", { method = "BYE", over = true }, "pass")
  row("lets OPTIONS pass that crosses our BYE", { method = "OPTIONS", over = true }, "pass")
  for _, method in ipairs { "BYE", "INFO", "PRACK", "MESSAGE", "NOTIFY", "OPTIONS", "REFER" } do
    row("does not hold back " .. method .. " while offers are open",
      { method = method, invite_open = true, update_open = true, offer = "theirs" }, "pass")
  end
end)
