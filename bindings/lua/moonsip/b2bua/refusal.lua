--- What A hears when B did not answer: the best response of all branches (RFC
--- 3261 16.7), and never a challenge, which is for us.
local Call = require("moonsip.b2bua.call")
local headers = require("moonsip.b2bua.headers")

local refusal = {}

local statuses <const> = { ENOTARGET = 480, ETIMEOUT = 408, ECANCELLED = 487, EOFFER = 502 }

--- What a branch came to: a response, or an error that stands for one.
function refusal.of(response, err)
  return {
    status = response and response.status_code or statuses[err.code] or 503,
    response = response,
    err = err,
  }
end

-- 16.7 step 6: a lower class wins; within a class those that say what to do.
local firsts <const> = { [415] = 1, [420] = 1, [484] = 1, [401] = 3, [407] = 3, [408] = 3 }

local function rank(status)
  if status >= 600 then return 0 end
  return status // 100 * 10 + (firsts[status] or 2)
end

--- The better of two; the first may be nil.
function refusal.better(best, other)
  if not best or rank(other.status) < rank(best.status) then return other end
  return best
end

-- 401 and 407 are about our own credentials; 503 would make the caller give us
-- up altogether (16.7).
local function shown(status)
  if status == 401 or status == 407 or status == 503 then return 500 end
  return status
end
refusal.shown = shown

--- The options of a response that refuses as B did.
function refusal.options(message, status, passes)
  local given = shown(status)
  if not message or given ~= status then return { status_code = given } end
  return {
    status_code = status, reason_phrase = message.reason_phrase, body = headers.content(message),
    extra_headers = message:lines(passes),
  }
end

--- Answers A.
function refusal.send(call, best)
  local request = call.a.request
  local message = best.response and best.response.message
  local options = refusal.options(message, best.status, call.passes)
  if best.status >= 400 then return request:reject(options) end
  local contacts = message:headers("Contact")
  if #contacts == 0 then return request:reject({ status_code = 480 }) end
  return request:redirect(contacts, options)
end

--- The error that bridge() returns.
function refusal.error(best)
  local text = best.response and best.response.reason_phrase or best.err and best.err.message
  return setmetatable({
    code = best.err and best.err.code or "EREFUSED",
    message = ("%d %s"):format(best.status, text or ""),
    status_code = best.status,
    response = best.response,
  }, Call.error)
end

return refusal
