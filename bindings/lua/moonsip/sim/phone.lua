--- A SIP client for tests: sends what a spec says, answers what comes, keeps
--- everything it saw.  It shares no code with the engine.
local Call = require("moonsip.sim.call")
local Message = require("moonsip.sim.message")
local Watcher = require("moonsip.sim.watcher")

---@class moonsip.sim.Phone
---@field address string "192.0.2.9:5060"
---@field received moonsip.sim.Message[] every message that arrived
---@field requests moonsip.sim.Message[] requests outside calls
---@field on_request? fun(message: moonsip.sim.Message, call: moonsip.sim.Call?): table|false|nil
local Phone = {}
Phone.__index = Phone

local T1, T2, LINGER = 500, 4000, 32000
local phrases = { [180] = "Ringing", [200] = "OK", [481] = "No Such Call", [486] = "Busy Here" }

function Phone.new(net, options)
  local name = options.name or net:name("phone")
  return net:add(setmetatable({
    address = assert(options.address, "a phone needs an address"),
    name = name,
    uri = options.uri or ("sip:%s@%s"):format(name, options.address),
    numbers = 0,
    pending = {}, -- requests by branch and method
    served = {}, -- requests answered, by branch and method
    calls = {}, -- by Call-ID
    received = {},
    requests = {},
    on_request = options.on_request,
  }, Phone))
end

--- A number nobody has yet on this phone.
function Phone:count()
  self.numbers = self.numbers + 1
  return self.numbers
end

function Phone:branch()
  return ("z9hG4bK-%s-%d"):format(self.name, self:count())
end

--- A session description.
---@param options? { version: integer?, port: integer?, direction: string?, media: string? }
function Phone:sdp(options)
  options = options or {}
  local ip = self.address:match("^(.-):%d+$")
  return table.concat({
    "v=0\r\no=", self.name, " 1 ", options.version or 1, " IN IP4 ", ip, "\r\ns=-\r\nc=IN IP4 ", ip,
    "\r\nt=0 0\r\nm=audio ", options.port or 40000, " RTP/AVP 0 8\r\na=",
    options.direction or "sendrecv", "\r\n", options.media or "",
  })
end

-- The URI and "ip:port" of an agent, a phone or a URI text.
local function target_of(to)
  if type(to) == "table" then
    return "sip:" .. to.name .. "@" .. to.address, to.address
  end
  return to, assert(Call.address_of(to), "no address in " .. tostring(to))
end

--- Sends an INVITE and takes part in the call that comes of it.  Without `body`
--- it offers phone:sdp(); `body = false` leaves the offer to the other side.
function Phone:invite(options)
  local target, destination = target_of(assert(options.to, "invite: to whom?"))
  local given = {}
  for name, value in pairs(options) do
    given[name] = value
  end
  given.method = "INVITE"
  if given.body == nil then
    given.body = self:sdp()
  end
  if given.rel100 then
    local header = given.rel100 == "require" and "Require: 100rel" or "Supported: 100rel"
    given.headers = { header, table.unpack(given.headers or {}) }
  end
  local call = Call.new(self, target, options.destination or destination)
  call.call_id = options.call_id or call.call_id
  self.calls[call.call_id] = call
  call.invite = call:request(given)
  call.responses = call.invite.responses
  return call
end

--- Sends a request outside a call.
function Phone:request(options)
  local target, destination = target_of(assert(options.to, "request: to whom?"))
  return Call.new(self, target, options.destination or destination):request(options)
end

--- Subscribes with SUBSCRIBE, or with `method = "REFER"`, and answers the
--- NOTIFYs that come of it.
function Phone:subscribe(options)
  local target, destination = target_of(assert(options.to, "subscribe: to whom?"))
  local watcher = Watcher.new(self, target, options.destination or destination, options)
  watcher:subscribe(options)
  return watcher
end

--- Sends bytes as they are to an agent, a phone or an "ip:port".
function Phone:send(text, to)
  self.net:transmit(self.address, type(to) == "table" and to.address or to, text)
end

function Phone:receive(text, from)
  local message = Message.new(text)
  message.source = from
  if self.net.record then
    self.received[#self.received + 1] = message
  end
  if not message.is_request then
    local request = self.pending[(message.branch or "") .. " " .. (message.method or "")]
    if request then
      request:receive(message)
    end
    return
  end
  local key = (message.branch or "") .. " " .. message.method
  local served = self.served[key]
  if message.method == "ACK" then
    self:receive_ack(message)
  elseif not served then
    self:receive_request(message, key)
  elseif served.text then
    self.net:transmit(self.address, from, served.text)
  end
end

function Phone:call_of(message)
  local call = self.calls[message.call_id]
  if not call then
    return nil
  end
  local invite = call.incoming
  local cancels = message.method == "CANCEL" and invite and invite.branch == message.branch
  return (cancels or message.to_tag == call.local_tag) and call or nil
end

function Phone:receive_ack(message)
  local call = self:call_of(message)
  if call then
    call.requests[#call.requests + 1] = message
    call.acked = math.max(call.acked or 0, message.cseq)
  end
end

function Phone:incoming_call(message)
  local call = Call.new(self, message.from:match("<([^>]*)>") or message.from, message.source)
  call.call_id = message.call_id
  call.remote_tag = message.from_tag
  call.remote_target = message.contact or call.remote_target
  call.destination = Call.address_of(call.remote_target) or call.destination
  call.incoming = message
  call:learn_routes(message, false)
  self.calls[call.call_id] = call
  return call
end

local ends = { BYE = true, CANCEL = true }

-- The INVITE that rings is over (RFC 3261 9.2, 15.1.2).
local function end_ringing(phone, call)
  if call and call.incoming and not call.answered then
    phone:respond(call.incoming, { status_code = 487 })
  end
end

local function default_answer(message, call)
  local known = call and (call.state ~= "ended" or ends[message.method])
  local status = (known or message.method == "OPTIONS") and 200 or 481
  local wants = message.method == "INVITE" or message.method == "UPDATE" and message.has_sdp
  return { status_code = status, body = wants and call and call.phone:sdp() or nil }
end

local function forget(entry)
  entry.phone.served[entry.key] = nil
end

function Phone:receive_request(message, key)
  local call = self:call_of(message)
  local entry = { phone = self, key = key }
  self.served[key] = entry
  self.net:after_ms(LINGER, forget, entry)
  if not call and message.method == "INVITE" and not message.to_tag then
    call = self:incoming_call(message)
  end
  local list = call and call.requests or self.requests
  list[#list + 1] = message
  if call and message.method == "BYE" then
    call.state = "ended"
    call:release()
  end
  local hook = call and call.on_request or self.on_request
  local answer = hook and hook(message, call)
  if answer == nil then
    answer = default_answer(message, call)
  end
  if answer then
    self:respond(message, answer)
  end
  if answer and ends[message.method] then
    end_ringing(self, call)
  end
end

local function repeat_2xx(entry)
  local call = entry.call
  if call.state == "ended" or (call.acked or 0) >= entry.cseq or entry.left <= 0 then
    return
  end
  local net = entry.phone.net
  net:transmit(entry.phone.address, entry.to, entry.text)
  entry.left = entry.left - entry.interval
  entry.interval = math.min(entry.interval * 2, T2)
  net:after_ms(entry.interval, repeat_2xx, entry)
end

--- Answers a request; what on_request does by returning the options.
---@param message moonsip.sim.Message
---@param options moonsip.sim.AnswerOptions
function Phone:respond(message, options)
  local call = self.calls[message.call_id]
  local tag = call and call.local_tag or ("tag" .. self:count())
  local lines = { ("SIP/2.0 %d %s"):format(options.status_code,
    options.reason_phrase or phrases[options.status_code] or "Whatever") }
  for _, via in ipairs(message:headers("Via")) do
    lines[#lines + 1] = "Via: " .. via
  end
  for _, route in ipairs(message:headers("Record-Route")) do
    lines[#lines + 1] = "Record-Route: " .. route
  end
  lines[#lines + 1] = "From: " .. message.from
  lines[#lines + 1] = "To: " .. message.to .. (message.to_tag and "" or ";tag=" .. tag)
  lines[#lines + 1] = "Call-ID: " .. message.call_id
  lines[#lines + 1] = "CSeq: " .. message.cseq .. " " .. message.method
  if options.contact ~= false then
    lines[#lines + 1] = "Contact: <" .. (options.contact or self.uri) .. ">"
  end
  for _, header in ipairs(options.headers or {}) do
    lines[#lines + 1] = header
  end
  if options.body then
    lines[#lines + 1] = "Content-Type: application/sdp"
  end
  lines[#lines + 1] = "Content-Length: " .. #(options.body or "")
  local text = table.concat(lines, "\r\n") .. "\r\n\r\n" .. (options.body or "")
  local entry = self.served[message.branch .. " " .. message.method] or { phone = self }
  entry.text, entry.to = text, message.source
  self.net:transmit(self.address, message.source, text)
  if not call or message.method ~= "INVITE" or options.status_code < 200 then
    return
  end
  call.answered = true
  if options.status_code >= 300 and message == call.incoming then
    call.state = "failed"
    call:release()
  elseif options.status_code < 300 and call.state ~= "ended" then
    call.state = "confirmed"
    entry.call, entry.cseq, entry.interval, entry.left = call, message.cseq, T1, 64 * T1
    self.net:after_ms(T1, repeat_2xx, entry)
  end
end

return Phone
