--- Numbers from a seed (xorshift64*): the same seed, the same run, on every
--- machine.
local Random = {}
Random.__index = Random

---@param seed integer
function Random.new(seed)
  local state = (seed * 0x9E3779B97F4A7C15) ~ 0x2545F4914F6CDD1D
  return setmetatable({ state = state ~= 0 and state or 1 }, Random)
end

function Random:next()
  local x = self.state
  x = x ~ (x >> 12)
  x = x ~ (x << 25)
  x = x ~ (x >> 27)
  self.state = x
  return x * 0x2545F4914F6CDD1D
end

--- In 0 <= x < 1.
function Random:float()
  return (self:next() >> 11) * (1.0 / (1 << 53))
end

--- A whole number in lo..hi, both included.
function Random:between(lo, hi)
  if hi <= lo then
    return lo
  end
  return lo + (self:next() >> 1) % (hi - lo + 1)
end

--- True with this probability; draws nothing when it is 0.
function Random:chance(probability)
  return probability > 0 and self:float() < probability
end

return Random
