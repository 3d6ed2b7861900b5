--- Requests in a call that change nothing about it: INFO, MESSAGE and whatever
--- else; the far side answers.
local Leg = require("moonsip.b2bua.leg")
local headers = require("moonsip.b2bua.headers")
local refusal = require("moonsip.b2bua.refusal")

---@class moonsip.b2bua.Relay
local Relay = {}
Relay.__index = Relay
Relay.__delegate = true

function Relay.on_accept(response, out)
  local self = out.delegate
  local message = response.message
  self.request:accept({
    status_code = response.status_code, reason_phrase = response.reason_phrase,
    body = headers.content(message), extra_headers = message:lines(self.call.passes),
  })
end

function Relay.on_reject(response, err, out)
  local self = out.delegate
  local result = refusal.of(response, err)
  self.request:reject(refusal.options(response and response.message, result.status,
    self.call.passes))
end

function Relay.on_redirect(_, out) -- nobody moves within a call
  out.delegate.request:reject({ status_code = 480 })
end

-- A failure of the far side ends its leg by itself; who asked hears of it first.
local function relay(request, leg)
  local call = leg.call
  local far = call:across(leg)
  local session = far and far.session
  if not session then return request:reject({ status_code = 480 }) end
  local message = request.message
  local self = setmetatable({ request = request, call = call }, Relay)
  local options = {
    body = headers.content(message), extra_headers = message:lines(call.passes), delegate = self,
  }
  local sent, err
  if request.method == "INFO" then
    sent, err = session:info(options)
  elseif request.method == "MESSAGE" then
    sent, err = session:message(options)
  else
    options.method = request.method
    sent, err = session:request(options)
  end
  if not sent then
    request:reject({ status_code = err.code == "EGONE" and 481 or 500 })
  end
end

function Leg.on_info(request, session)
  local leg = session.delegate
  if not leg.call:tell("on_info", request, leg) then relay(request, leg) end
end

function Leg.on_message(request, session)
  local leg = session.delegate
  if not leg.call:tell("on_message", request, leg) then relay(request, leg) end
end

function Leg.on_request(request, session)
  relay(request, session.delegate)
end

return relay
