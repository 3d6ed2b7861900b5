--- The engine as a guest of luv's loop: lua5.4 luv.lua PORT
local sip = require "moonsip"
local uv = require "luv"

local engine = assert(sip.engine {
  listen = { "udp:127.0.0.1:" .. arg[1] },
  delegate = {
    on_invite = function(request)
      request:progress { status_code = 180 }
      sip.sleep(0.05)
      request:accept { body = sip.sdp.answer(request.message.body) }
    end,
  },
})
engine:attach(uv)

local beats, timer = 0, uv.new_timer()
timer:start(10, 10, function()
  beats = beats + 1
  if beats == 10 then
    io.stderr:write("the loop turns\n")
  end
end)
uv.run()
