--- Which of the final responses goes to the caller (RFC 3261 16.7.6).
---
--- A result is { status =, response = } of a branch, { status = } when there was
--- none (408 silence, 503 nothing could be sent), or { status = 3xx, response =,
--- contacts = } with what is left of a redirection.
local best = {}

-- Those that tell the caller what to change come first, those that say nothing
-- last.
local rank = { [401] = 1, [407] = 1, [415] = 2, [420] = 2, [484] = 2, [487] = 8, [408] = 9,
  [503] = 9 }

local function worth(result)
  local class = result.status // 100
  if class == 6 then return 0 end
  return class * 10 + (rank[result.status] or 5)
end

--- The best result; nil when there is none.
function best.choose(results)
  local chosen
  for _, result in ipairs(results) do
    if not chosen or worth(result) < worth(chosen) then chosen = result end
  end
  return chosen
end

--- The other responses whose challenges go with the chosen one (16.7.7).
function best.challenges(results, chosen)
  local others = {}
  if chosen.status ~= 401 and chosen.status ~= 407 then return others end
  for _, result in ipairs(results) do
    if result ~= chosen and result.response
      and (result.status == 401 or result.status == 407) then
      others[#others + 1] = result.response
    end
  end
  return others
end

--- The contacts of all redirections, when the chosen one cannot go as it came.
function best.contacts(results, chosen)
  if chosen.status // 100 ~= 3 then return nil end
  local list, count, cut = {}, 0, false
  for _, result in ipairs(results) do
    if result.status // 100 == 3 then
      count = count + 1
      cut = cut or result.contacts ~= nil
      for _, value in ipairs(result.contacts or result.response.message:headers("Contact")) do
        list[#list + 1] = value
      end
    end
  end
  if #list == 0 or count == 1 and not cut then return nil end
  return list
end

return best
