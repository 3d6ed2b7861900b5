--- A third phone that wants a call of the agent's: specs about Replaces (RFC 3891).
local replacing = {}

--- The dialog of our session as the phones see it.
function replacing.value(session, more)
  return ("%s;to-tag=%s;from-tag=%s%s"):format(session.call_id, session.local_tag,
    session.remote_tag, more or "")
end

--- Gives a stage (rig or caller) that phone, `stage.carol`.
function replacing.carol(stage)
  stage.carol = stage.net:phone({ name = "carol", address = "192.0.2.7:5060" })
  stage.carol.numbers = 700 -- its tags are its own
  return stage
end

--- It sends an INVITE with these Replaces lines to the agent.
function replacing.ask(stage, lines, options)
  local given = { to = stage.agent, headers = {} }
  for name, value in pairs(options or {}) do given[name] = value end
  given.headers = { table.unpack(given.headers) }
  for _, text in ipairs(type(lines) == "table" and lines or { lines }) do
    table.insert(given.headers, "Replaces: " .. text)
  end
  stage.invite = nil
  local call = stage.carol:invite(given)
  stage.net:settle()
  return call
end

--- Hangs up what it has.
function replacing.leave(stage)
  for _, call in pairs(stage.carol.calls) do
    if call.state == "confirmed" then call:bye() end
  end
end

return replacing
