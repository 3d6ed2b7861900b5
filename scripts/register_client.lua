--- Keeps an address registered at a carrier, so that its calls come here, and
--- answers them as scripts/answer.lua does.
local sip = require "moonsip"
local answer = require "answer"

local script = { call = answer.call, on_invite = answer.on_invite, account = {} }

local carrier = {
  registrar = "sip:127.0.0.1:5070",
  address = "sip:4930123456@carrier.example",
  auth = { username = "4930123456", password = "secret" },
  expires = 600,
  delegate = script.account,
}

local registration

function script.on_start()
  registration = sip.registration.keep(carrier)
end

script.on_reload = script.on_start -- goes on with the registration there is

function script.on_stop()
  registration:stop()
end

function script.account.on_change(account, state)
  local response = account.response
  sip.log:info("registration " .. state, {
    status = response and response.status_code, error = account.err, expires = account.expires,
  })
end

return script
