--- baresip, a real phone, driven through its control port: JSON in netstrings.
local dkjson = require("dkjson")
local process = require("spec.interop.support.process")
local server = require("spec.interop.support.server")
local uv = require("luv")

local baresip = {}
baresip.__index = baresip

local CONFIG <const> = [[
poll_method epoll
sip_listen 127.0.0.1:%d
call_local_timeout 120
call_max_calls 4
audio_path /usr/share/baresip
audio_player aufile,%s/heard.wav
audio_source aufile,%s/tone.wav
audio_alert aufile,/dev/null
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%d
rtp_ports %d-%d
]]

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

--- Ten seconds of a tone, for a microphone.
local function tone()
  local samples = {}
  for i = 1, 80000 do
    samples[i] = string.pack("<i2", math.floor(8000 * math.sin(i * 440 * 2 * math.pi / 8000)))
  end
  local data = table.concat(samples)
  return string.pack("<c4I4c4c4I4I2I2I4I4I2I2c4I4", "RIFF", 36 + #data, "WAVE", "fmt ", 16, 1, 1,
    8000, 16000, 2, 16, "data", #data) .. data
end

--- Splits netstrings off what arrived.
local function take(self, bytes)
  self.rest = self.rest .. bytes
  while true do
    local length, first = self.rest:match("^(%d+):()")
    local last = length and first + math.tointeger(length)
    if not last or #self.rest < last then return end
    local message = dkjson.decode(self.rest:sub(first, last - 1))
    self.rest = self.rest:sub(last + 1)
    table.insert(message.event and self.events or self.responses, message)
  end
end

local function connect(self, port)
  local connected
  process.run_until(10, function()
    if connected == nil then
      connected = false
      self.control = uv.new_tcp()
      self.control:connect("127.0.0.1", port, function(err)
        if err then
          self.control:close()
          uv.sleep(50)
          connected = nil
        else
          connected = true
        end
      end)
    end
    return connected or not self.running:is_running()
  end)
  if not connected then return false end
  self.control:read_start(function(_, bytes)
    if bytes then take(self, bytes) end
  end)
  return true
end

local rtp = 21000

-- Runs it on ports of its own.  False: one of them is taken; it wants TCP and TLS
-- ports beside the UDP one, which nobody can ask for together.
local function run(self, accounts)
  local control = server.free_port()
  self.port = server.free_port()
  rtp = rtp + 100
  write(self.folder .. "/config",
    CONFIG:format(self.port, self.folder, self.folder, control, rtp, rtp + 98))
  write(self.folder .. "/accounts", accounts)
  self.running = process.start({ "baresip", "-f", self.folder })
  return connect(self, control)
end

--- Starts a phone of `user` at the registrar 127.0.0.1:`port` and waits until it
--- takes commands.  `options`: password; register = true waits for its
--- registration too.
function baresip.start(user, port, options)
  options = options or {}
  local self = setmetatable({ user = user, events = {}, responses = {}, rest = "" }, baresip)
  self.folder = os.tmpname()
  os.remove(self.folder)
  assert(uv.fs_mkdir(self.folder, 448))
  write(self.folder .. "/tone.wav", tone())
  write(self.folder .. "/contacts", "")
  local accounts = ("<sip:%s@127.0.0.1:%d;transport=udp>;regint=%d%s\n"):format(
    user, port, options.register and 60 or 0,
    options.password and ";auth_pass=" .. options.password or "")
  for attempt = 1, 5 do
    if run(self, accounts) then break end
    assert(attempt < 5, "baresip does not start: " .. table.concat({ self.running:output() }))
  end
  if options.register then
    self:await_registration()
  end
  return self
end

function baresip:await_registration()
  local told
  for _ = 1, 100 do
    told = select(2, self:command("reginfo")) or ""
    if told:find("OK", 1, true) then return end
    process.sleep(0.05)
  end
  error("baresip is not registered: " .. told .. self:story(), 2)
end

--- What it told and wrote, for the message of a failing spec.
function baresip:story()
  local lines = { "baresip of " .. self.user .. ":" }
  for _, event in ipairs(self.events) do
    lines[#lines + 1] = ("  %s %s"):format(event.type, event.param or "")
  end
  for _, text in ipairs({ self.running:output() }) do
    lines[#lines + 1] = text:gsub("%[%d+:%d+:%d+%] audio=%S+ %(bit/s%)%s*", "")
  end
  return table.concat(lines, "\n")
end

--- Gives a command ("dial", "accept", "hold", "resume", "transfer", "hangup") and
--- waits for its answer: whether it was taken.
function baresip:command(name, params)
  local before = #self.responses
  local text = dkjson.encode({ command = name, params = params or "", token = name })
  self.control:write(#text .. ":" .. text .. ",")
  process.run_until(5, function() return #self.responses > before end)
  local response = self.responses[before + 1]
  return response and response.ok, response and response.data
end

--- Waits for the next event of this type: the event, or nil after `seconds` (5).
--- Each event is given once.
function baresip:await(kind, seconds)
  local found
  process.run_until(seconds or 5, function()
    for i, event in ipairs(self.events) do
      if event.type == kind and not event.seen then
        event.seen = true
        found = self.events[i]
        return true
      end
    end
    return not self.running:is_running()
  end)
  return found
end

--- How many of its calls are up.
function baresip:calls()
  local _, text = self:command("listcalls")
  return tonumber((text or ""):match("%((%d+)%)")) or 0
end

--- Bytes of sound it has heard so far.
function baresip:heard()
  local stat = uv.fs_stat(self.folder .. "/heard.wav")
  return stat and stat.size or 0
end

function baresip:stop()
  if self.control and not self.control:is_closing() then
    self.control:close()
  end
  self.running:kill("sigkill") -- asked to end it takes its time
  self.running:wait(5)
  os.execute("rm -r " .. self.folder)
end

return baresip
