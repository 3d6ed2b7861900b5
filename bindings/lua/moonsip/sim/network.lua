--- A network in virtual time: nodes with addresses, packets that are late, lost,
--- doubled or overtaken as a seed decides, and a clock that moves when told.
local Queue = require("moonsip.sim.queue")
local Random = require("moonsip.sim.random")
local ladder = require("moonsip.sim.ladder")

---@class moonsip.sim.Network
local Network = {}
Network.__index = Network

local known = {
  seed = "number", latency = "number or table", loss = "number", duplicate = "number",
  reorder = "number", record = "boolean",
}

local function check(options)
  for name, value in pairs(options) do
    local wanted = known[name]
    if not wanted then
      error(("sim.network has no option '%s'"):format(name), 3)
    end
    if not wanted:find(type(value), 1, true) then
      error(("sim.network: %s must be a %s, got a %s"):format(name, wanted, type(value)), 3)
    end
  end
end

local function ms(seconds)
  return math.floor(seconds * 1000 + 0.5)
end

function Network.new(options)
  options = options or {}
  check(options)
  local latency = options.latency or 0.01
  if type(latency) == "number" then
    latency = { latency, latency }
  end
  return setmetatable({
    clock = 0, -- milliseconds
    queue = Queue.new(),
    random = Random.new(options.seed or 1),
    shortest = ms(latency.min or latency[1]),
    longest = ms(latency.max or latency[2]),
    loss = options.loss or 0,
    duplicate = options.duplicate or 0,
    reorder = options.reorder or 0,
    record = options.record ~= false,
    in_flight = 0,
    nodes = {}, -- in order
    at = {}, -- by "ip:port"
    log = {}, -- packets, in the order they were sent
    sent = 0,
    lost = 0,
  }, Network)
end

--- Seconds since the network was made.
function Network:now()
  return self.clock / 1000
end

--- Adds a node of the caller's own: a table with `address` ("192.0.2.1:5060")
--- and receive(node, text, from).
function Network:add(node)
  if self.at[node.address] then
    error("two nodes at " .. node.address, 3)
  end
  node.net = self
  node.name = node.name or ("node" .. #self.nodes + 1)
  self.at[node.address] = node
  table.insert(self.nodes, node)
  return node
end

-- A name nobody has yet: "phone", then "phone2".
function Network:name(base)
  local taken = {}
  for _, node in ipairs(self.nodes) do
    taken[node.name] = true
  end
  local name, n = base, 1
  while taken[name] do
    n = n + 1
    name = base .. n
  end
  return name
end

--- A user agent that runs a script, on the real engine.
function Network:agent(options)
  return require("moonsip.sim.agent").new(self, options)
end

--- A SIP client for tests.
function Network:phone(options)
  return require("moonsip.sim.phone").new(self, options)
end

--- Calls fn(argument) after so many milliseconds.
function Network:after_ms(delay, fn, argument)
  self.queue:push({ time = self.clock + delay, fn = fn, argument = argument })
end

--- Calls fn() after so many seconds.
function Network:after(seconds, fn)
  self:after_ms(ms(seconds), fn)
end

local function deliver(packet)
  local net = packet.net
  net.in_flight = net.in_flight - 1
  local node = net.at[packet.to]
  if node then
    node:receive(packet.text, packet.from)
  end
end

function Network:put_on_the_way(packet, late)
  local random = self.random
  local delay = random:between(self.shortest, self.longest) + late
  if random:chance(self.reorder) then
    delay = delay + random:between(1, 2 * self.longest + 20)
  end
  self.in_flight = self.in_flight + 1
  self:after_ms(delay, deliver, packet)
end

-- What is to become of a packet: false, or milliseconds it takes longer.
function Network:judge(packet)
  if self.random:chance(self.loss) then
    return false
  end
  local verdict
  if self.filter then
    verdict = self.filter(packet)
  end
  return verdict ~= false and ms(tonumber(verdict) or 0)
end

--- Sends text from one "ip:port" to another.  `net.filter(packet)`, when set,
--- sees every packet (from, to, text); it loses it by returning false and delays
--- it by returning seconds.
function Network:transmit(from, to, text)
  local packet = { net = self, time = self.clock, from = from, to = to, text = text }
  local late = self:judge(packet)
  self.sent = self.sent + 1
  if not late then
    packet.lost = true
    self.lost = self.lost + 1
  else
    self:put_on_the_way(packet, late)
    if self.random:chance(self.duplicate) then
      self:put_on_the_way(packet, late)
    end
  end
  if self.record then
    self.log[#self.log + 1] = packet
  end
end

-- Runs the next event; its time becomes the clock.
local function step(net)
  local event = net.queue:pop()
  net.clock = event.time
  event.fn(event.argument)
end

-- A spec may have answered something, or is about to: agents must have sent
-- that, and must know what time it is.
local function sync(net)
  for _, node in ipairs(net.nodes) do
    if node.sync then
      node:sync()
    end
  end
end

--- Lets so many seconds pass.
function Network:run(seconds)
  local queue = self.queue
  sync(self)
  local stop = self.clock + ms(seconds)
  while queue.count > 0 and queue[1].time <= stop do
    step(self)
  end
  self.clock = stop
  sync(self)
end

--- Lets time pass until nothing is on the way and nothing is due.  Timers of
--- later than that stay; a storm that never ends is an error.
function Network:settle()
  local queue, steps = self.queue, 0
  sync(self)
  while queue.count > 0 and (self.in_flight > 0 or queue[1].time <= self.clock) do
    step(self)
    steps = steps + 1
    if steps > 1000000 then
      error("settle: packets keep coming", 2)
    end
  end
  sync(self)
end

--- Forgets what crossed so far: ladder and expect begin here.
function Network:clear()
  self.log = {}
  self.since = self.clock
end

--- What crossed, as a drawing.
function Network:ladder()
  return ladder.draw(self)
end

--- Raises unless what crossed is what the drawing shows.
function Network:expect(drawing)
  local fault = ladder.compare(self, drawing)
  if fault then
    error(fault, 2)
  end
end

return Network
