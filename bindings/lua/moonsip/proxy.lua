--- sip.proxy: sends a request on, as a stateful forking proxy (RFC 3261 16).
---
--- The engine copies bytes, keeps the transactions and the clocks, and passes on
--- what must not wait; here is decided where the request goes next and which of
--- the answers the caller gets.
local best = require("moonsip.proxy.best")
local core = require("moonsip.relay.core")
local options = require("moonsip.proxy.options")
local sip = require("moonsip")
local targets = require("moonsip.proxy.targets")

local proxy = {}

local MOST_TARGETS = 32 -- of one request, redirections counted
local LATE = 28 -- seconds; whoever asked has given up soon (RFC 4320)

-- The response context (16.2).
local Run = {}
Run.__index = Run

local function first_tried(groups)
  local tried = {}
  for _, group in ipairs(groups) do
    for _, target in ipairs(group) do
      tried[#tried + 1] = target.uri and sip.uri(tostring(target.uri)) or nil
    end
  end
  return tried
end

local function new_run(request, context, groups, settings)
  local ruri = request.message.ruri
  return setmetatable({
    request = request, context = context, groups = groups, settings = settings,
    started = sip.now(), breadth = context:breadth(), tried = first_tried(groups),
    secure = ruri and ruri.scheme == "sips", open = {}, results = {},
  }, Run)
end

function Run:add(status, response, contacts)
  self.results[#self.results + 1] = { status = status, response = response, contacts = contacts }
end

-- What a branch that could not be sent counts as; nil, err ends it all.
local own_status = {
  ETIMEOUT = 408, ECANCELLED = 487, ETRANSPORT = 503, EUNSUPPORTED = 503, ENOMEM = 503,
}

function Run:failed(err)
  local status = own_status[err.code]
  if not status then
    self.over = err
    return
  end
  self.err = err
  self.closed = self.closed or err.code == "ECANCELLED"
  self:add(status)
end

function Run:start(target, share)
  local hook = self.settings.on_branch
  if hook and hook(target, self.request) == false then return end
  local branch = options.branch(target, self.settings)
  branch.max_breadth = share
  local started, err = self.context:branch(branch)
  if not started then return self:failed(err) end
  self.open[started] = { target = target, share = share }
  self.breadth = self.breadth - share
end

-- RFC 5393 5.3.3: what is left is spread over the branches.
function Run:start_group(group)
  local left = self.breadth
  if left < #group then
    return self:add(440)
  end
  for i, target in ipairs(group) do
    local share = left // (#group - i + 1)
    left = left - share
    self:start(target, share)
    if self.over or self.closed then return end
  end
end

function Run:cancel()
  self.closed = true
  for branch in pairs(self.open) do self.context:cancel(branch) end
end

-- 16.7.4: what is followed is taken out of the response.
function Run:redirected(response)
  if not self.settings.follow or self.closed then
    return self:add(response.status_code, response)
  end
  local groups, others = targets.redirected(response.message, self.tried, self.secure,
    MOST_TARGETS)
  for i, group in ipairs(groups) do table.insert(self.groups, i, group) end
  if #others > 0 then
    self:add(response.status_code, response, others)
  end
end

-- The end of a branch.  True when the caller has its answer.
function Run:ended(branch, response, err)
  self.breadth = self.breadth + self.open[branch].share
  self.open[branch] = nil
  if not response then
    self:failed(err)
    return false
  end
  local status = response.status_code
  if status < 300 then
    self.accepted = response
    return true
  end
  if status < 400 then
    self:redirected(response)
  else
    self:add(status, response)
    if status >= 600 then self:cancel() end
  end
  return false
end

-- Waits until all branches of a group have ended.
function Run:collect()
  local hook = self.settings.on_response
  while next(self.open) do
    local branch, response, err = self.context:next()
    if not branch then break end
    local entry = self.open[branch]
    if entry then
      if hook and response then hook(response, entry.target, self.request) end
      if (not response or response.status_code >= 200) and self:ended(branch, response, err) then
        return
      end
    end
  end
end

-- 16.7.6: it is not a 503 of ours, and comes to others too late as a 408.
function Run:answer_myself(chosen)
  local status = chosen and chosen.status or 408
  if status == 503 then status = 500 end
  if status == 408 and self.request.method ~= "INVITE" then
    if sip.now() - self.started < LATE then
      status = 480
    else
      self.context:silence()
      return nil, self.err
    end
  end
  return self.request:reject({ status_code = status })
end

function Run:answer()
  local chosen = best.choose(self.results)
  local response = chosen and chosen.response
  if not self.settings.answer then
    if response then return response end
    return nil, self.err
  end
  local late = chosen and chosen.status == 408 and self.request.method ~= "INVITE"
  if not response or chosen.status == 503 or late then return self:answer_myself(chosen) end
  local contacts = best.contacts(self.results, chosen)
  if contacts then
    return self.request:redirect(contacts, { status_code = chosen.status })
  end
  local sent, err = self.context:respond(response, best.challenges(self.results, chosen))
  if not sent then return nil, err end
  return response
end

function Run:go()
  while self.groups[1] and not self.closed and not self.over do
    self:start_group(table.remove(self.groups, 1))
    self:collect()
    if self.accepted then return self.accepted end
  end
  self:collect()
  if self.accepted then return self.accepted end
  if self.over then return nil, self.over end
  return self:answer()
end

--- Sends a request on, waits, and answers it with the best response (16.7).
function proxy.forward(request, given, settings)
  settings = options.read(settings)
  local groups = targets.read(given)
  local context, err = core.begin(request, settings.rules)
  if not context then return nil, err end
  if #groups == 0 then -- 16.5
    return request:reject({ status_code = 480 })
  end
  return new_run(request, context, groups, settings):go()
end

return proxy
