--- A proxy between a phone and an agent, no more than call flows need: it forwards by
--- Route and Request-URI and keeps no state but of what it refused itself.
---
---     hop.new(net, { name = "ss1", address = "192.0.2.20:5060", record = "loose",
---       next = "192.0.2.21:5060", locate = "sip:bob@192.0.2.1:5060", realm = "atlanta" })
---
--- `record`: Record-Route, "loose" or "strict" (one of RFC 2543, which expects its URI as
--- the Request-URI); `next`: where a request goes that has no Route; `locate`: the
--- contact that replaces its Request-URI instead; `realm`: an INVITE needs credentials
--- for it; `redirect`: answer 302 with this contact; `trying`: answer 100.
local Message = require("moonsip.sim.message")

local hop = {}
hop.__index = hop

local function address_of(uri)
  local host, port = uri:match("@([^;:>?]+):?(%d*)")
  if not host then
    host, port = uri:match("sips?:([^;:>?]+):?(%d*)")
  end
  return ("%s:%s"):format(host, port ~= "" and port or "5060")
end

---@param options table
function hop.new(net, options)
  local self = setmetatable({ refused = {} }, hop)
  for name, value in pairs(options) do self[name] = value end
  self.uri = ("sip:%s%s"):format(self.address, self.record == "strict" and "" or ";lr")
  return net:add(self)
end

function hop:answer(message, status, headers)
  local lines = { ("SIP/2.0 %d Whatever"):format(status) }
  for _, via in ipairs(message:headers("Via")) do lines[#lines + 1] = "Via: " .. via end
  lines[#lines + 1] = "From: " .. message.from
  lines[#lines + 1] = "To: " .. message.to .. (status > 100 and ";tag=" .. self.name or "")
  lines[#lines + 1] = "Call-ID: " .. message.call_id
  lines[#lines + 1] = ("CSeq: %d %s"):format(message.cseq, message.method)
  for _, header in ipairs(headers or {}) do lines[#lines + 1] = header end
  lines[#lines + 1] = "Content-Length: 0\r\n\r\n"
  self.net:transmit(self.address, message.source, table.concat(lines, "\r\n"))
end

local function has_credentials(self, message)
  for _, row in ipairs(message:headers("Proxy-Authorization")) do
    if row:find(('realm="%s"'):format(self.realm), 1, true) then return true end
  end
end

-- True when the INVITE ends here.
function hop:refuse(message)
  if message.method == "ACK" then
    return self.refused[message.branch]
  elseif message.method ~= "INVITE" or message.to_tag then
    return false
  elseif self.redirect then
    self:answer(message, 302, { ("Contact: <%s>"):format(self.redirect) })
  elseif self.realm and not has_credentials(self, message) then
    self:answer(message, 407, {
      ('Proxy-Authenticate: Digest realm="%s", nonce="%s1", algorithm=MD5, qop="auth"')
        :format(self.realm, self.name),
    })
  else
    return false
  end
  self.refused[message.branch] = true
  return true
end

-- Request-URI, routes and address to go on with.
function hop:route(message)
  local routes, ruri = {}, message.ruri
  for _, row in ipairs(message:headers("Route")) do
    for uri in row:gmatch("<([^>]*)>") do routes[#routes + 1] = uri end
  end
  if ruri == self.uri and self.record == "strict" then -- RFC 2543 6.29
    ruri = table.remove(routes, 1)
    return ruri, routes, address_of(ruri)
  elseif ruri == self.uri and #routes > 0 then -- RFC 3261 16.4
    ruri = table.remove(routes)
  end
  if routes[1] and address_of(routes[1]) == self.address then table.remove(routes, 1) end
  if routes[1] and not routes[1]:find(";lr") then -- 16.6, item 6
    routes[#routes + 1] = ruri
    ruri = table.remove(routes, 1)
    return ruri, routes, address_of(ruri)
  end
  local ours = address_of(ruri) == self.address or not ruri:find("[:@]%d+%.%d")
  if #routes == 0 and ours then
    ruri = self.locate or ruri
    return ruri, routes, self.next or address_of(ruri)
  end
  return ruri, routes, address_of(routes[1] or ruri)
end

function hop:forward(message)
  local ruri, routes, to = self:route(message)
  local head, body = message.text:match("^(.-\r\n)(\r\n.*)$")
  head = head:gsub("\nRoute:[^\n]*", ""):gsub("^(%S+) %S+", function(method)
    return method .. " " .. ruri
  end)
  local added = ("Via: SIP/2.0/UDP %s;branch=%s-%s\r\n"):format(self.address, message.branch,
    self.name)
  if self.record and not message.to_tag then
    added = added .. ("Record-Route: <%s>\r\n"):format(self.uri)
  end
  for _, uri in ipairs(routes) do added = added .. ("Route: <%s>\r\n"):format(uri) end
  local line, rest = head:match("^([^\n]*\n)(.*)$")
  self.net:transmit(self.address, to, line .. added .. rest .. body)
end

function hop:receive(text, from)
  local message = Message.new(text)
  message.source = from
  if not message.is_request then
    local rest, count = text:gsub("\nVia:[^\n]*", "", 1)
    local via = count > 0 and Message.new(rest):header("Via")
    if via and message.status_code ~= 100 then
      self.net:transmit(self.address, via:match("^%S+ ([%d.:]+)"), rest)
    end
  elseif #message:headers("Via") > 5 then
    error("a loop through " .. self.name .. "\n" .. text)
  elseif not self:refuse(message) then
    if self.trying and message.method == "INVITE" then self:answer(message, 100) end
    self:forward(message)
  end
end

return hop
