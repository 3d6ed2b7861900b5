--- What happens when: a binary heap of events, ordered by time, then by the
--- order they were put in.
local Queue = {}
Queue.__index = Queue

function Queue.new()
  return setmetatable({ count = 0, order = 0 }, Queue)
end

local function before(a, b)
  return a.time < b.time or a.time == b.time and a.order < b.order
end

--- Puts an event in: a table whose `time` is set.
function Queue:push(event)
  local at = self.count + 1
  self.count = at
  self.order = self.order + 1
  event.order = self.order
  while at > 1 do
    local parent = at // 2
    local other = self[parent]
    if not before(event, other) then
      break
    end
    self[at] = other
    at = parent
  end
  self[at] = event
end

--- The next event's time, or nil.
function Queue:time()
  local first = self[1]
  return first and first.time
end

--- Takes the next event out.
function Queue:pop()
  local first, count = self[1], self.count
  if count == 0 then
    return nil
  end
  local last = self[count]
  self[count] = nil
  self.count = count - 1
  if count > 1 then
    self:sink(last)
  end
  return first
end

-- Lets `event` find its place from the top.
function Queue:sink(event)
  local at, count = 1, self.count
  while true do
    local child = at * 2
    if child > count then
      break
    end
    if child < count and before(self[child + 1], self[child]) then
      child = child + 1
    end
    if not before(self[child], event) then
      break
    end
    self[at] = self[child]
    at = child
  end
  self[at] = event
end

return Queue
