--- REFER handed on: the other side does it, and its reports go back.
local headers = require("moonsip.b2bua.headers")
local refusal = require("moonsip.b2bua.refusal")

local pass = {}

--- Delegate of the REFER to the far side and of what it subscribes to.
local Passed = {}
Passed.__index = Passed

function Passed.on_accept(response, request)
  local self = request.delegate
  local accepted = self.request:accept({ status_code = response.status_code })
  self.referral = accepted and accepted.subscription
end

function Passed.on_reject(response, err, request)
  local self = request.delegate
  local result = refusal.of(response, err)
  self.request:reject(refusal.options(response and response.message, result.status, self.passes))
end

function Passed.on_redirect(_, request)
  request.delegate.request:reject({ status_code = 480 })
end

function Passed.on_notify(request, subscription)
  local self = subscription.delegate
  local referral = self.referral
  if not referral then return end
  local options = { body = headers.content(request.message) }
  local state = request.message:header("Subscription-State") or ""
  if state:find("^%s*[tT]erminated") then
    referral:terminate("noresource", options)
  else
    referral:notify(options)
  end
end

--- Sends the REFER of a leg to the other one.
function pass.refer(request, leg)
  local call = leg.call
  local far = call:across(leg)
  local message = request.message
  local sent = far.session:refer({
    refer_to = message:header("Refer-To"),
    extra_headers = message:lines(call.passes),
    delegate = setmetatable({ request = request, passes = call.passes }, Passed),
  })
  if not sent then request:reject({ status_code = 500 }) end
end

return pass
