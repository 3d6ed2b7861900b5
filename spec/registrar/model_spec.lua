-- Many REGISTERs at random do what a plain model of RFC 3261 10.3 says.
local Desk = require("spec.registrar.desk")
local Random = require("moonsip.sim.random")

local URIS <const> = { "sip:a@192.0.2.2", "sip:b@192.0.2.2", "sip:c@192.0.2.3", "sip:d@192.0.2.4" }
local MOST <const> = 3

local function copy(bound)
  local new = {}
  for uri, binding in pairs(bound) do new[uri] = binding end
  return new
end

-- What is bound after a request, or nil and the status that refuses it.
local function expected(bound, asked, now)
  local new, count = {}, 0
  for uri, binding in pairs(bound) do
    if binding.ends > now then new[uri] = binding end
  end
  local before = copy(new)
  for uri, expires in pairs(asked.contacts) do
    local old = before[uri]
    if expires > 0 and expires < 60 then return nil, 423 end
    if old and old.call_id == asked.call_id and old.cseq >= asked.cseq then return nil, 500 end
    new[uri] = expires > 0 and {
      ends = now + math.min(expires, 7200), call_id = asked.call_id, cseq = asked.cseq,
    } or nil
  end
  for _ in pairs(new) do count = count + 1 end
  if count > MOST then return nil, 403 end
  return new
end

-- Of several faults any may be the answer.
local function faults(bound, asked, now)
  local set = {}
  for uri, expires in pairs(asked.contacts) do
    local one = copy(asked)
    one.contacts = { [uri] = expires }
    local _, status = expected(bound, one, now)
    if status then set[status] = true end
  end
  local _, status = expected(bound, asked, now)
  set[status or 200] = true
  return set
end

local function draw(random, bound)
  local asked = { contacts = {}, call_id = "call" .. random:between(1, 2), cseq = nil }
  asked.cseq = random:between(1, 40)
  if random:chance(0.1) then
    for uri in pairs(bound) do asked.contacts[uri] = 0 end
    asked.all = true
    return asked
  end
  for _ = 1, random:between(0, 3) do
    local choices = { 0, 59, 60, 100, 8000 }
    asked.contacts[URIS[random:between(1, 4)]] = choices[random:between(1, 5)]
  end
  return asked
end

local function send(desk, asked)
  local contacts = {}
  for uri, expires in pairs(asked.contacts) do
    contacts[#contacts + 1] = ("<%s>;expires=%d"):format(uri, expires)
  end
  return desk:register({
    contacts = asked.all and { "*" } or contacts, expires = asked.all and 0 or nil,
    call_id = asked.call_id, cseq = asked.cseq,
  })
end

describe("a registrar and a plain model", function()
  for seed = 1, 5 do
    it("agree on five hundred requests, seed " .. seed, function()
      local desk, random, bound = Desk.new({ max_contacts = MOST }), Random.new(seed), {}
      for _ = 1, 500 do
        desk.net:run(random:between(0, 60))
        local now = desk.net:now() + 0.01 -- when it arrives
        for uri, binding in pairs(bound) do
          if binding.ends <= now then bound[uri] = nil end
        end
        local asked = draw(random, bound)
        local new = expected(bound, asked, now)
        local response = send(desk, asked)
        assert.is_true(faults(bound, asked, now)[response.status_code])
        assert.equal(new ~= nil, response.status_code == 200)
        bound = new or bound
        local found = {}
        for uri, binding in pairs(bound) do
          if binding.ends > desk.net:now() + 0.01 then found[#found + 1] = uri end
        end
        local got = desk:found()
        table.sort(found)
        table.sort(got)
        assert.same(found, got)
      end
      desk:register({ contacts = { "*" }, expires = 0, call_id = "end" })
      desk:finish()
    end)
  end
end)
