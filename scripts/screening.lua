--- Screens callers: some are refused, some are sent elsewhere, the rest is
--- answered as scripts/answer.lua does.
local answer = require "answer"

local script = { call = answer.call }

-- By user part: of From, and of the one who is called.
local refused = { spam = true, robocall = true }
local moved = { sales = "sip:sales@127.0.0.1:5080" }

function script.on_invite(request)
  local caller = request.message.from.uri.user
  local callee = request.message.ruri.user
  if caller and refused[caller] then
    request.logger:info("refused " .. caller)
    return request:reject { status_code = 603 }
  end
  if callee and moved[callee] then
    return request:redirect { moved[callee] }
  end
  answer.on_invite(request)
end

return script
