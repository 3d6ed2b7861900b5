--- A phone's side of a call: tags, CSeq, route set, and what was asked and
--- answered.
local Request = require("moonsip.sim.request")

---@class moonsip.sim.Call
---@field state "calling"|"early"|"confirmed"|"failed"|"ended"
---@field response moonsip.sim.Message? final response to the first INVITE
---@field responses moonsip.sim.Message[] all responses to the first INVITE
---@field requests moonsip.sim.Message[] what the other side asked in this call
---@field on_request? fun(message: moonsip.sim.Message, call: moonsip.sim.Call): table|false|nil
local Call = {}
Call.__index = Call

local LINGER = 32000
local ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, NOTIFY, MESSAGE\r\n"
local with_contact = {
  INVITE = true, UPDATE = true, SUBSCRIBE = true, REFER = true, REGISTER = true,
  NOTIFY = true,
}

--- A call to come: nothing is sent yet.
function Call.new(phone, target, destination)
  local n = phone:count()
  return setmetatable({
    phone = phone,
    call_id = ("call%d@%s"):format(n, phone.address),
    local_tag = ("tag%d"):format(n),
    local_uri = phone.uri,
    remote_uri = target,
    remote_target = target,
    destination = destination,
    routes = "",
    cseq = 0,
    state = "calling",
    requests = {},
    invites = {},
  }, Call)
end

local function address_of(uri)
  local host, port = uri:match("@([^;:>?]+):?(%d*)")
  if not host then
    host, port = uri:match("^<?sips?:([^;:>?]+):?(%d*)")
  end
  return host and ("%s:%s"):format(host, port ~= "" and port or "5060")
end
Call.address_of = address_of

local function content(options)
  local body = options.body
  if not body then
    return "Content-Length: 0\r\n\r\n"
  end
  return ("Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s"):format(
    options.content_type or "application/sdp", #body, body)
end

local function header_lines(headers)
  if not headers or #headers == 0 then
    return ""
  end
  return table.concat(headers, "\r\n") .. "\r\n"
end

function Call:contact_line(method, options)
  local contact = options.contact
  if contact == false or contact == nil and not with_contact[method] then
    return ""
  end
  return "Contact: <" .. (contact or self.phone.uri) .. ">\r\n"
end

function Call:to_line(tag)
  return "<" .. self.remote_uri .. ">" .. (tag and ";tag=" .. tag or "")
end

function Call:compose(method, cseq, branch, options)
  local tag = options.to_tag
  if tag == nil then
    tag = self.remote_tag
  end
  return table.concat({
    method, " ", options.ruri or self.remote_target, " SIP/2.0\r\nVia: SIP/2.0/UDP ",
    self.phone.address, ";branch=", branch, ";rport\r\n", self.routes,
    "Max-Forwards: 70\r\nFrom: <", self.local_uri, ">;tag=", options.from_tag or self.local_tag,
    "\r\nTo: ", self:to_line(tag), "\r\nCall-ID: ", options.call_id or self.call_id,
    "\r\nCSeq: ", cseq, " ", method, "\r\n", self:contact_line(method, options),
    method == "INVITE" and ALLOW or "", header_lines(options.headers), content(options),
  })
end

--- Sends a request in the call (or the one that makes it).
---@param options { method: string, headers: string[]?, body: string|false|nil, cseq: integer? }
function Call:request(options)
  local method = options.method
  local cseq = options.cseq
  if not cseq then
    self.cseq = self.cseq + 1
    cseq = self.cseq
  elseif cseq > self.cseq then
    self.cseq = cseq
  end
  local branch = options.branch or self.phone:branch()
  return Request.start({
    phone = self.phone, call = self, method = method, cseq = cseq, branch = branch,
    text = self:compose(method, cseq, branch, options), destination = self.destination,
    auto_ack = options.ack, auto_prack = options.prack, offered = options.body and true or false,
  }, options)
end

local function verb(method, default_body)
  return function(self, options)
    local given = {}
    for name, value in pairs(options or {}) do
      given[name] = value
    end
    given.method = method
    if default_body and given.body == nil then
      given.body = self.phone:sdp()
    end
    return self:request(given)
  end
end

--- A new INVITE in the call; `body = false` makes no offer.
Call.reinvite = verb("INVITE", true)
Call.update = verb("UPDATE")
Call.info = verb("INFO")
Call.options = verb("OPTIONS")
Call.message = verb("MESSAGE")

--- Hangs up.
function Call:bye(options)
  local request = verb("BYE")(self, options)
  self.state = "ended"
  return request
end

--- Cancels the first INVITE.
function Call:cancel(options)
  return self.invite:cancel(options)
end

--- Sends PRACK for a reliable provisional response (RFC 3262 4).
---@param response moonsip.sim.Message
function Call:prack(response, options)
  local given = { method = "PRACK" }
  for name, value in pairs(options or {}) do
    given[name] = value
  end
  local rack = given.rack or ("%d %d INVITE"):format(response.rseq, response.cseq)
  given.headers = { "RAck: " .. rack, table.unpack(given.headers or {}) }
  return self:request(given)
end

function Call:compose_ack(request, options)
  local given = {}
  for name, value in pairs(options) do
    given[name] = value
  end
  if given.body == nil and not request.offered and request.response.has_sdp then
    given.body = self.phone:sdp()
  end
  local branch = given.branch or self.phone:branch()
  return self:compose("ACK", given.cseq or request.cseq, branch, given), self.destination
end

--- RFC 3261 17.1.1.3.
function Call:compose_failure_ack(request, response)
  local ruri = request.text:match("^%S+ (%S+)")
  local route = request.text:match("\r\n(Route:.-\r\n)Max%-Forwards") or ""
  return table.concat({
    "ACK ", ruri, " SIP/2.0\r\nVia: SIP/2.0/UDP ", self.phone.address, ";branch=", request.branch,
    ";rport\r\n", route, "Max-Forwards: 70\r\nFrom: ", response.from, "\r\nTo: ", response.to,
    "\r\nCall-ID: ", self.call_id, "\r\nCSeq: ", request.cseq, " ACK\r\nContent-Length: 0\r\n\r\n",
  })
end

--- The route set a message makes: of a response reversed (RFC 3261 12.1).
function Call:learn_routes(message, reversed)
  local list = {}
  for _, row in ipairs(message:headers("Record-Route")) do
    for uri in row:gmatch("<[^>]*>[^,]*") do
      table.insert(list, reversed and 1 or #list + 1, uri)
    end
  end
  self.routes = #list > 0 and "Route: " .. table.concat(list, ", ") .. "\r\n" or ""
  self.first_route = list[1]
  if self.first_route then
    self.destination = address_of(self.first_route) or self.destination
  end
end

-- Takes tag, target and routes from a response that makes or renews the dialog.
function Call:learn(request, message)
  if not self.remote_tag or request == self.invite then
    self.remote_tag = message.to_tag or self.remote_tag
    self:learn_routes(message, true)
  end
  if message.contact then
    self.remote_target = message.contact
  end
  self.destination = address_of(self.first_route or self.remote_target) or self.destination
end

function Call:receive_provisional(request, message)
  if request.method ~= "INVITE" or message.status_code == 100 then
    return
  end
  if request == self.invite and message.to_tag and self.state == "calling" then
    self:learn(request, message)
    self.state = "early"
  end
  local rseq = message.rseq
  if rseq and request.auto_prack ~= false and rseq > (request.last_rseq or 0) then
    request.last_rseq = rseq
    self:prack(message, request.auto_prack)
  end
end

function Call:receive_final(request, message)
  local status = message.status_code
  if status < 300 and (request.method == "INVITE" or request.method == "UPDATE") then
    self:learn(request, message)
  end
  if request == self.invite then
    self.response = message
    self.state = status < 300 and "confirmed" or "failed"
  end
  if status == 481 and request.method ~= "CANCEL" and request.method ~= "PRACK" then
    self.state = "ended"
  end
end

local function forget(call)
  for _, request in ipairs(call.invites) do -- a BYE may have left one unanswered
    call.phone.pending[request.key] = nil
  end
  if call.phone.calls[call.call_id] == call then
    call.phone.calls[call.call_id] = nil
  end
end

--- A request of ours got its final response or timed out.
function Call:request_ended(request)
  if request == self.invite and request.state == "timed_out" then
    self.state = "failed"
  end
  if self.state == "failed" or self.state == "ended" then
    self:release()
  end
  if request.on_end then
    request.on_end(request)
  end
end

--- The phone forgets the call once no repeat can come any more.
function Call:release()
  if not self.released then
    self.released = true
    self.phone.net:after_ms(LINGER, forget, self)
  end
end

return Call
