--- A request a phone sent: its retransmissions, its responses, its ACK.
---
--- RFC 3261 17.1 with RFC 6026: over UDP an INVITE is repeated at T1, 2*T1, ...
--- until something comes, others at up to T2; both give up after 64*T1.
---@class moonsip.sim.Request
---@field method string
---@field cseq integer
---@field branch string
---@field text string as sent
---@field state "trying"|"proceeding"|"completed"|"timed_out"
---@field response moonsip.sim.Message? the final response
---@field responses moonsip.sim.Message[] every one that came, repeats too
---@field call moonsip.sim.Call
local Request = {}
Request.__index = Request

local T1, T2 = 500, 4000
local FOREVER = 64 * T1

local function retransmit(request)
  local invite = request.method == "INVITE"
  if request.state ~= "trying" and (invite or request.state ~= "proceeding") then
    return
  end
  local interval = request.interval * 2
  if not invite and (interval > T2 or request.state == "proceeding") then
    interval = T2
  end
  request.interval = interval
  request:transmit()
  request.phone.net:after_ms(interval, retransmit, request)
end

local function give_up(request)
  local stuck = request.state == "trying"
    or request.state == "proceeding" and request.method ~= "INVITE"
  if stuck then
    request.state = "timed_out"
    request.phone.pending[request.key] = nil
    request.call:request_ended(request)
  end
end

local function forget(request)
  request.phone.pending[request.key] = nil
end

--- Sends it.  `options.retransmit = false` sends it once only.
function Request.start(request, options)
  setmetatable(request, Request)
  request.state = "trying"
  request.responses = {}
  request.key = request.branch .. " " .. request.method
  request.phone.pending[request.key] = request
  if request.method == "INVITE" then
    table.insert(request.call.invites, request)
  end
  request:transmit()
  if options.retransmit ~= false then
    local net = request.phone.net
    request.interval = T1
    net:after_ms(T1, retransmit, request)
    net:after_ms(FOREVER, give_up, request)
  end
  return request
end

--- Sends the same bytes again.
function Request:transmit()
  self.phone.net:transmit(self.phone.address, self.destination, self.text)
end

--- The status of the final response, or nil.
function Request:status()
  return self.response and self.response.status_code
end

--- How many copies of a status came.
function Request:copies(status)
  local n = 0
  for _, response in ipairs(self.responses) do
    n = n + (response.status_code == status and 1 or 0)
  end
  return n
end

function Request:receive(message)
  local status = message.status_code
  self.responses[#self.responses + 1] = message
  if status < 200 then
    return self:receive_provisional(message)
  end
  local first = self.response == nil
  if first then
    self.state = "completed"
    self.response = message
    self.phone.net:after_ms(FOREVER, forget, self)
    self.call:receive_final(self, message)
  end
  if self.method == "INVITE" then
    self:acknowledge(message, first)
  end
  if first then
    self.call:request_ended(self)
  end
end

function Request:receive_provisional(message)
  if self.response then
    return
  end
  self.state = "proceeding"
  if self.cancel_waits then
    self.cancel_waits = nil
    self:send_cancel()
  end
  self.call:receive_provisional(self, message)
end

function Request:acknowledge(message, first)
  if first and self.auto_ack ~= false then
    self:ack(self.auto_ack)
  elseif not first and self.ack_text then
    self.phone.net:transmit(self.phone.address, self.ack_destination, self.ack_text)
  elseif not first and self.auto_ack ~= false then
    self:ack(self.auto_ack, message)
  end
end

--- Sends the ACK of the final response; repeats of that get it again.
---@param options? { body: string|false|nil, headers: string[]?, cseq: integer?, branch: string? }
function Request:ack(options)
  local response = self.response
  if response.status_code < 300 then
    self.ack_text, self.ack_destination = self.call:compose_ack(self, options or {})
  else
    self.ack_text = self.call:compose_failure_ack(self, response)
    self.ack_destination = self.destination
  end
  self.phone.net:transmit(self.phone.address, self.ack_destination, self.ack_text)
end

function Request:send_cancel()
  local call, phone = self.call, self.phone
  local text = self.text:gsub("^INVITE ", "CANCEL "):gsub("(\nCSeq: %d+) INVITE", "%1 CANCEL")
  local head = {}
  for line in text:match("^(.-)\r\n\r\n"):gmatch("[^\r\n]+") do
    local name = line:match("^([%w%-]+):")
    if not name or name:match("^Via$") or name:match("^Route$") or name:match("^From$")
      or name:match("^To$") or name:match("^Call%-ID$") or name:match("^CSeq$")
      or name:match("^Max%-Forwards$") then
      head[#head + 1] = line
    end
  end
  text = table.concat(head, "\r\n") .. "\r\nContent-Length: 0\r\n\r\n"
  self.cancel_request = Request.start({
    phone = phone, call = call, method = "CANCEL", cseq = self.cseq, branch = self.branch,
    text = text, destination = self.destination,
  }, {})
  return self.cancel_request
end

--- Sends CANCEL, once a provisional response came (RFC 3261 9.1) or, with
--- `now`, at once.  The CANCEL is then `request.cancel_request`.
---@param options? { now: boolean? }
function Request:cancel(options)
  if self.state == "trying" and not (options and options.now) then
    self.cancel_waits = true
  else
    self:send_cancel()
  end
  return self
end

return Request
