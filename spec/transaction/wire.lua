--- What the specs of transactions share: messages (one sender's view, every field
--- replaceable), what was sent and when, a machine taken through some events.
local wire = {}

local function text(start, fields, method)
  local via = fields.via or ("SIP/2.0/%s %s;branch=%s"):format(fields.transport or "UDP",
    fields.sent_by or "client.example.com", fields.branch or "z9hG4bKabc1")
  local lines = {
    start,
    "Via: " .. via,
    "Max-Forwards: 70",
    "From: <sip:alice@example.com>;tag=" .. (fields.from_tag or "a1"),
    "To: <sip:bob@example.net>" .. (fields.to_tag and ";tag=" .. fields.to_tag or ""),
    "Call-ID: " .. (fields.call_id or "call1@example.com"),
    ("CSeq: %d %s"):format(fields.cseq or 1, fields.cseq_method or method),
  }
  for _, line in ipairs(fields.extra or {}) do
    lines[#lines + 1] = line
  end
  lines[#lines + 1] = "Content-Length: 0"
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

function wire.request(method, fields)
  fields = fields or {}
  return text(("%s %s SIP/2.0"):format(method, fields.ruri or "sip:bob@example.net"), fields,
    method)
end

function wire.response(status, method, fields)
  return text(("SIP/2.0 %d Text"):format(status), fields or {}, method)
end

--- "INVITE", "180": what a message on the wire is, in one word.
function wire.name(bytes)
  return bytes:match("^SIP/2.0 (%d+)") or bytes:match("^%S+")
end

--- { "0.5 INVITE", ... }: what a table of transactions sent since the last look.
function wire.sent(txns)
  local list = {}
  for i, packet in ipairs(txns:sent()) do
    list[i] = ("%g %s"):format(packet.at / 1000, wire.name(packet.bytes))
  end
  return list
end

--- The same for one message that is expected at several times.
function wire.at(times, name)
  local list = {}
  for i, time in ipairs(times) do
    list[i] = ("%g %s"):format(time, name)
  end
  return list
end

--- Takes a machine through events, none of which it may refuse.
function wire.feed(txn, ...)
  for _, event in ipairs({ ... }) do
    assert(txn:step(event))
  end
  return txn
end

return wire
