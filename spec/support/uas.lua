--- A bare answering node for specs of the simulation itself: what the phone
--- talks to when no engine is wanted.
local Message = require("moonsip.sim.message")

local uas = {}
uas.__index = uas

function uas.new(net)
  return net:add(setmetatable({
    name = "uas", address = "192.0.2.1:5060", answers = { 200 }, headers = {}, count = 0,
  }, uas))
end

local function response(self, request, status)
  local sdp = request.method == "INVITE" and status == 200
  local lines = {
    ("SIP/2.0 %d Whatever"):format(status),
    "Via: " .. request:header("Via"),
    "From: " .. request.from,
    "To: " .. request.to .. (request.to_tag and "" or ";tag=uas"),
    "Call-ID: " .. request.call_id,
    ("CSeq: %d %s"):format(request.cseq, request.method),
    ("Contact: <%s>"):format(self.contact or "sip:uas@" .. self.address),
  }
  for _, header in ipairs(self.headers) do lines[#lines + 1] = header end
  lines[#lines + 1] = "\r\n" .. (sdp and "v=0\r\n" or "")
  return table.concat(lines, "\r\n")
end

function uas:receive(text, from)
  local message = Message.new(text)
  self.last = message
  if self.mute or not message.is_request or message.method == "ACK" then return end
  for _, status in ipairs(message.method == "INVITE" and self.answers or { 200 }) do
    self.sent = { from, response(self, message, status) }
    self.net:transmit(self.address, table.unpack(self.sent))
  end
end

--- Repeats the latest response.
function uas:again()
  self.net:transmit(self.address, table.unpack(self.sent))
end

--- Sends a request in a call of a phone.
function uas:ask(call, method)
  self.count = self.count + 1
  self.asked = { call.phone.address, table.concat({
    ("%s %s SIP/2.0"):format(method, call.phone.uri),
    ("Via: SIP/2.0/UDP %s;branch=z9hG4bKuas%d"):format(self.address, self.count),
    "From: <sip:uas@uas>;tag=uas",
    ("To: <%s>;tag=%s"):format(call.local_uri, call.local_tag),
    "Call-ID: " .. call.call_id,
    ("CSeq: %d %s"):format(self.count, method),
    "Content-Length: 0\r\n\r\n",
  }, "\r\n") }
  self:ask_again()
end

function uas:ask_again()
  self.net:transmit(self.address, table.unpack(self.asked))
end

return uas
