--- The engine as an object that cqueues polls: lua5.4 cqueues.lua PORT
local cqueues = require "cqueues"
local sip = require "moonsip"

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

local queue = cqueues.new()
queue:wrap(function()
  while engine:step() do
    cqueues.poll(engine)
  end
end)
queue:wrap(function()
  for _ = 1, 10 do
    cqueues.sleep(0.01)
  end
  io.stderr:write("the loop turns\n")
end)
assert(queue:loop())
