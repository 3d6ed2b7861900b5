--- The engine as a module, in its own loop: lua5.4 alone.lua PORT
local sip = require "moonsip"

local call = {}
function call.on_bye(request) request:accept() end

local engine = assert(sip.engine {
  listen = { "udp:127.0.0.1:" .. arg[1] },
  delegate = {
    on_invite = function(request)
      local response = request:accept { body = sip.sdp.answer(request.message.body) }
      response.session.delegate = call
    end,
  },
})
engine:run()
