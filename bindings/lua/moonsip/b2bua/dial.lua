--- The B side of a call that is not answered yet: one INVITE per target, group by
--- group, until somebody answers or everybody refused.
local Call = require("moonsip.b2bua.call")
local answer = require("moonsip.b2bua.answer")
local headers = require("moonsip.b2bua.headers")
local progress = require("moonsip.b2bua.progress")
local refusal = require("moonsip.b2bua.refusal")
local targets = require("moonsip.b2bua.targets")

local dial = {}

local PATIENCE <const> = 170 -- seconds; limits.answer_time ends the A side at 180
local REDIRECTS <const> = 5
local elsewhere <const> = { 'Reason: SIP;cause=200;text="Call completed elsewhere"' }

--- One INVITE: the delegate of its request.
---@class moonsip.b2bua.Branch
local Branch = {}
Branch.__index = Branch
Branch.__delegate = true

local function options_for(call, target)
  local late = call.late
  local auth = target.auth or call.options.auth
  local options = {
    to = target.to or call.options.to,
    from = target.from or call.options.from,
    like = call.a.request,
    uri = target.uri,
    route = target.route or target.path,
    contact = target.contact,
    auth = auth,
    timeout = target.timeout or call.options.timeout or PATIENCE,
    max_forwards = call.hops,
    extra_headers = headers.join(call.lines, target.extra_headers),
    body = call.body,
    session_expires = target.session_expires,
    rel100 = target.rel100 or (late and not call.rel100 and "no" or nil),
    delegate = nil,
  }
  if late then options.ack, options.prack = false, false end
  return options
end

local function try(call, target)
  local branch = setmetatable({ call = call, target = target, request = nil, over = nil }, Branch)
  if call:tell("on_try", target, call) == false or call.state ~= "calling" then return end
  local options = options_for(call, target)
  options.delegate = branch
  local request, err = call.engine:invite(options)
  if not request then
    call.best = refusal.better(call.best, refusal.of(nil, err))
    return
  end
  branch.request = request
  call.live[#call.live + 1] = branch
end

--- Nobody is left to try.
function dial.fail(call)
  local best = call.best or refusal.of(nil, { code = "ENOTARGET", message = "no target" })
  call.best = best
  call.err = refusal.error(best)
  if call.options.answer ~= false then
    refusal.send(call, best)
  else
    call:release()
  end
  call:finish()
end

-- The usual list has one group.
local function next_group(groups)
  local group = groups[1]
  if not groups[2] then
    groups[1] = nil
    return group
  end
  return table.remove(groups, 1)
end

--- Rings at the next group that can be tried.
function dial.next(call)
  while call.state == "calling" and #call.live == 0 do
    local group = next_group(call.groups)
    if not group then return dial.fail(call) end
    for i = 1, #group do
      if call.state == "calling" then try(call, group[i]) end
    end
  end
end

-- Takes a branch off the list of those that ring.  False: it was off already.
local function leave(call, branch)
  if call.state ~= "calling" or branch.over then return false end
  branch.over = true
  local live = call.live
  if live[1] == branch and not live[2] then
    live[1] = nil
    return true
  end
  for i = 1, #live do
    if live[i] == branch then
      table.remove(live, i)
      break
    end
  end
  return true
end

function Branch.on_progress(response, request)
  local branch = request.delegate
  local call = branch.call
  if call.state == "calling" and not branch.over then
    progress.show(call, branch, response)
  elseif call.late then
    response:prack()
  end
end

function Branch.on_accept(response, request)
  local branch = request.delegate
  local call = branch.call
  if not leave(call, branch) then -- too late, or of a further fork
    response.session:bye({ extra_headers = elsewhere })
    return
  end
  if #call.live > 0 then call:cancel_branches(elsewhere) end
  answer.with(call, branch, response)
end

local function failed(branch, response, err)
  local call = branch.call
  if not leave(call, branch) then return end
  local result = refusal.of(response, err)
  call.best = refusal.better(call.best, result)
  if result.status >= 600 then -- nobody else shall ring (16.7 step 5)
    call:cancel_branches()
    call.groups = {}
  end
  if #call.live == 0 then dial.next(call) end
end

function Branch.on_reject(response, err, request)
  failed(request.delegate, response, err)
end

function Branch.on_redirect(response, request)
  local branch = request.delegate
  local call = branch.call
  local more = call.options.follow and call.redirects < REDIRECTS and
    targets.contacts(response.message) or {}
  if #more > 0 and call.state == "calling" then
    call.redirects = call.redirects + 1
    table.move(call.groups, 1, #call.groups, #more + 1)
    table.move(more, 1, #more, 1, call.groups)
    if leave(call, branch) and #call.live == 0 then dial.next(call) end
    return
  end
  failed(branch, response)
end

--- The A leg is the script's again.
function Call.release(call)
  local a = call.a
  a.request.delegate = nil
  if a.session then a.session.delegate = nil end
end

return dial
