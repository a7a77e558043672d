-- Sliding minutes: policy/limits/sliding_rate.cpp in Lua, answer for answer. From its part's place: number of the newest
-- bucket, debt, position of that bucket in the ring, sum of the buckets, limit, what is in the newest bucket: in the ring it
-- is not before the next one begins. A state with one has its scope's `field`.
local NEWEST, DEBT, POSITION, COUNTED, LIMIT, CURRENT = 1, 2, 3, 4, 5, 6

local BUCKET, BUCKETS = 3000000, 21

-- The bucket of a moment.
local function bucket_at(now)
  return (now - now % BUCKET) / BUCKET
end

-- What is done with them, less what is simple and frequent: made when it is needed, for most calls need none of it.
local minutes
local function make_minutes()
  local floor, min, max = math.floor, math.min, math.max

  local function ring_of(state, rate)
    local kind = state[rate]
    local ring = state[-kind]
    if not ring then
      ring = doubles(call('HGET', counters, kind .. state.field) or string.rep('\0', 8 * BUCKETS))
      state[-kind] = ring
    end
    return ring
  end

  local function ring_place(state, rate, age)
    return 1 + (state[rate + POSITION] - age) % BUCKETS
  end

  local function count(state, rate, amount)
    state[rate + CURRENT] = state[rate + CURRENT] + amount
    state[rate + COUNTED] = state[rate + COUNTED] + amount
  end

  local function pay(state, rate)
    if state[rate + DEBT] == 0 then
      return
    end
    local paid = min(state[rate + DEBT], max(0, state[rate + LIMIT] - state[rate + COUNTED]))
    count(state, rate, paid)
    state[rate + DEBT] = state[rate + DEBT] - paid
  end

  local function advance(state, rate, now)
    local bucket, newest = bucket_at(now), state[rate + NEWEST]
    if bucket <= newest - BUCKETS then
      state[rate + NEWEST] = bucket
      return
    end
    local limit = state[rate + LIMIT]
    while newest < bucket do
      local counted, debt = state[rate + COUNTED], state[rate + DEBT]
      if counted == 0 and (debt == 0 or limit <= 0) then
        newest = bucket
      elseif bucket - newest >= BUCKETS and counted == limit and debt >= limit then
        -- A full minute of paying: each bucket ends and is filled again with the same amount.
        local rounds = min(floor((bucket - newest) / BUCKETS), floor(debt / limit))
        newest = newest + rounds * BUCKETS
        state[rate + DEBT] = debt - rounds * limit
      else
        newest = newest + 1
        local ring, position = ring_of(state, rate), state[rate + POSITION]
        ring[position + 1] = state[rate + CURRENT]
        position = (position + 1) % BUCKETS
        state[rate + POSITION] = position
        state[rate + COUNTED] = counted - ring[position + 1]
        state[rate + CURRENT] = 0
        pay(state, rate)
      end
    end
    state[rate + NEWEST] = newest
    pay(state, rate)
  end

  -- What was counted in `bucket` was more or less by `above`.
  local function correct(state, rate, bucket, above, now)
    advance(state, rate, now)
    if above > 0 then
      state[rate + DEBT] = state[rate + DEBT] + above
      return pay(state, rate)
    end
    local age = state[rate + NEWEST] - bucket
    if age < 0 or age >= BUCKETS then
      return
    end
    local buckets, place = state, rate + CURRENT
    if age > 0 then
      buckets, place = ring_of(state, rate), ring_place(state, rate, age)
    end
    -- Never below zero: the clock may have moved the bucket's number.
    local back = min(-above, buckets[place])
    buckets[place] = buckets[place] - back
    state[rate + COUNTED] = state[rate + COUNTED] - back
    pay(state, rate)
  end

  -- The fields and texts of the rings that were read, behind what is in `changes`.
  local function add_rings(changes, changed, state)
    for kind = REQUEST_RATE, TOKEN_RATE do
      if state[-kind] then
        changes[changed + 1], changes[changed + 2] = kind .. state.field, packed(state[-kind])
        changed = changed + 2
      end
    end
    return changed
  end

  return { add_rings = add_rings, advance = advance, correct = correct, ring_of = ring_of, ring_place = ring_place }
end

-- How long it takes until they have room.
local function make_waits()
  local ROUNDS_MAX = 1000000
  local floor, min, max, ceil = math.floor, math.min, math.max, math.ceil
  minutes = minutes or make_minutes()
  local ring_of, ring_place = minutes.ring_of, minutes.ring_place

  local function wait_for_end(state, rate, age, now)
    return ceil(((state[rate + NEWEST] - age + BUCKETS) * BUCKET - now) / 1000)
  end

  -- Milliseconds until `amount` fits if nothing else comes; -1 when it never will.
  local function wait_for(state, rate, amount, now)
    local limit, counted = state[rate + LIMIT], state[rate + COUNTED]
    if amount > limit or limit <= 0 then
      return -1
    end
    local missing = counted + state[rate + DEBT] + amount - limit
    if missing <= 0 then
      return 0
    end
    local rounds = min(floor((missing - 1) / max(1, counted)), ROUNDS_MAX)
    missing = missing - rounds * counted
    local ring, age = ring_of(state, rate), BUCKETS - 1
    while age > 0 do
      missing = missing - ring[ring_place(state, rate, age)]
      if missing <= 0 then
        break
      end
      age = age - 1
    end
    return wait_for_end(state, rate, age, now) + rounds * BUCKETS * BUCKET / 1000
  end

  local function wait_until_clear(state, rate, now)
    if state[rate + CURRENT] ~= 0 then
      return wait_for_end(state, rate, 0, now)
    end
    if state[rate + COUNTED] == 0 then
      return 0
    end
    local ring = ring_of(state, rate)
    for age = 1, BUCKETS - 1 do
      if ring[ring_place(state, rate, age)] ~= 0 then
        return wait_for_end(state, rate, age, now)
      end
    end
    return 0
  end

  return { wait_for = wait_for, wait_until_clear = wait_until_clear }
end
