-- Click to dial: a MESSAGE of this machine with two URIs connects their phones
-- (RFC 3725 section 4.1, flow I):
--     MESSAGE sip:dial@127.0.0.1    body: sip:alice@192.0.2.7 sip:bob@192.0.2.8
local sip = require("moonsip")
local script = { call = {} }

function script.on_message(request)
  local caller, callee = request.message.body:match("^(sips?:%S+)%s+(sips?:%S+)%s*$")
  if request.message.source.address ~= "127.0.0.1" or not caller then
    return request:reject({ status_code = caller and 403 or 400 })
  end
  request:accept({ status_code = 202 })
  local engine = sip.engine()
  local first = engine:invite({ to = caller, from = callee, ack = false, timeout = 60 })
  local offer = first and first:wait()
  if not offer or not offer.session then return end
  local second = engine:invite({ to = callee, from = caller, body = offer.message.body,
    timeout = 30 }) -- shorter than the 32 s that the first phone waits for its ACK
  local answer = second and second:wait()
  if not answer or not answer.session then return offer.session:bye() end
  offer:ack({ body = answer.message.body })
  offer.session.data.other, answer.session.data.other = answer.session, offer.session
  offer.session.delegate, answer.session.delegate = script.call, script.call
end

function script.call.on_invite(request, session) -- hold, resume: the other phone decides
  local offer = request.message.body
  local change = offer ~= "" and session.data.other:invite({ body = offer })
  local response = change and change:wait()
  if not response or response.status_code >= 300 then
    return request:reject({ status_code = response and response.status_code or 488 })
  end
  request:accept({ body = response.message.body })
end

function script.call.on_terminated(session)
  session.data.other:bye()
end

return script
