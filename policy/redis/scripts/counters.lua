-- The counters of one organisation's scopes: policy/limits/{sliding_rate,period_counter,scope_counters}.cpp in Lua, answer
-- for answer. Part of every script here (docs/formats/redis.md). Commands of Redis 5 only.
--
-- KEYS[1]  hash: 'epoch', 'seen' (when a script last ran here), and a packed state per scope
-- Numbers are doubles, exact to 2^53: money is two of them, whole micro-units and the rest in 10^-12.

local BUCKET = 3000000
local BUCKETS = 21
local ROUNDS_MAX = 1000000
local CLOCK_SLACK = 60000000
local MICRO = 1000000
local counters = KEYS[1]

local function doubles(text)
  local numbers = { struct.unpack('<' .. string.rep('d', #text / 8), text) }
  numbers[#numbers] = nil  -- where it stopped reading
  return numbers
end

local function packed(numbers)
  return struct.pack('<' .. string.rep('d', #numbers), unpack(numbers))
end

local function store_time(given)
  if given >= 0 then
    return given
  end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Money ---------------------------------------------------------------------------------------------------------------

local function add(ahi, alo, bhi, blo)
  local lo = alo + blo
  if lo >= MICRO then
    return ahi + bhi + 1, lo - MICRO
  end
  return ahi + bhi, lo
end

local function subtract(ahi, alo, bhi, blo)
  local lo = alo - blo
  if lo < 0 then
    return ahi - bhi - 1, lo + MICRO
  end
  return ahi - bhi, lo
end

local function is_above(ahi, alo, bhi, blo)
  return ahi > bhi or (ahi == bhi and alo > blo)
end

local function times(hi, lo, factor)
  local rest = lo * factor
  local carry = math.floor(rest / MICRO)
  return hi * factor + carry, rest - carry * MICRO
end

-- A sliding minute: newest, debt, position, counted, limit, then a ring of buckets --------------------------------------

local NEWEST, DEBT, POSITION, COUNTED, LIMIT, RING = 1, 2, 3, 4, 5, 6

local function new_rate()
  local rate = { 0, 0, 0, 0, 0 }
  for i = 0, BUCKETS - 1 do
    rate[RING + i] = 0
  end
  return rate
end

local function ring_place(rate, age)
  return RING + (rate[POSITION] - age) % BUCKETS
end

local function count_now(rate, amount)
  local place = RING + rate[POSITION]
  rate[place] = rate[place] + amount
  rate[COUNTED] = rate[COUNTED] + amount
end

local function pay(rate)
  local paid = math.min(rate[DEBT], math.max(0, rate[LIMIT] - rate[COUNTED]))
  count_now(rate, paid)
  rate[DEBT] = rate[DEBT] - paid
end

local function advance_rate(rate, now)
  local bucket = math.floor(now / BUCKET)
  if bucket <= rate[NEWEST] - BUCKETS then
    rate[NEWEST] = bucket
    return
  end
  while rate[NEWEST] < bucket do
    local behind = bucket - rate[NEWEST]
    if rate[COUNTED] == 0 and (rate[DEBT] == 0 or rate[LIMIT] <= 0) then
      rate[NEWEST] = bucket
    elseif behind >= BUCKETS and rate[COUNTED] == rate[LIMIT] and rate[DEBT] >= rate[LIMIT] then
      local rounds = math.min(math.floor(behind / BUCKETS), math.floor(rate[DEBT] / rate[LIMIT]))
      rate[NEWEST] = rate[NEWEST] + rounds * BUCKETS
      rate[DEBT] = rate[DEBT] - rounds * rate[LIMIT]
    else
      rate[NEWEST] = rate[NEWEST] + 1
      rate[POSITION] = (rate[POSITION] + 1) % BUCKETS
      local place = RING + rate[POSITION]
      rate[COUNTED] = rate[COUNTED] - rate[place]
      rate[place] = 0
      pay(rate)
    end
  end
  pay(rate)
end

local function give_back(rate, bucket, amount)
  local age = rate[NEWEST] - bucket
  if age < 0 or age >= BUCKETS then
    return
  end
  local place = ring_place(rate, age)
  local back = math.min(amount, rate[place])
  rate[place] = rate[place] - back
  rate[COUNTED] = rate[COUNTED] - back
  pay(rate)
end

local function used_of(rate)
  return rate[COUNTED] + rate[DEBT]
end

local function wait_for_end(rate, age, now)
  return math.ceil(((rate[NEWEST] - age + BUCKETS) * BUCKET - now) / 1000)
end

-- Milliseconds until `amount` fits if nothing else comes; -1 when it never will.
local function wait_for(rate, amount, now)
  local limit = rate[LIMIT]
  if amount > limit or limit <= 0 then
    return -1
  end
  local missing = used_of(rate) + amount - limit
  if missing <= 0 then
    return 0
  end
  local rounds = math.min(math.floor((missing - 1) / math.max(1, rate[COUNTED])), ROUNDS_MAX)
  missing = missing - rounds * rate[COUNTED]
  local age = BUCKETS - 1
  while age > 0 do
    missing = missing - rate[ring_place(rate, age)]
    if missing <= 0 then
      break
    end
    age = age - 1
  end
  return wait_for_end(rate, age, now) + rounds * BUCKETS * BUCKET / 1000
end

local function wait_until_clear(rate, now)
  for age = 0, BUCKETS - 1 do
    if rate[ring_place(rate, age)] ~= 0 then
      return wait_for_end(rate, age, now)
    end
  end
  return 0
end

-- A calendar window ---------------------------------------------------------------------------------------------------

local BEGIN, END, SERIAL, SPENT_HI, SPENT_LO, HELD_HI, HELD_LO, REQUESTS, TOKENS = 1, 2, 3, 4, 5, 6, 7, 8, 9
local DAY, PERIODS = 2, 5

local function advance_period(period, now, from, to)
  local ended = period[SERIAL] == 0 or now >= period[END]
  if not ended and now >= period[BEGIN] - CLOCK_SLACK then
    return
  end
  period[BEGIN], period[END] = from, to
  if ended then
    period[SERIAL] = period[SERIAL] + 1
    for i = SPENT_HI, TOKENS do
      period[i] = 0
    end
  end
end

local function used_money(period)
  return add(period[SPENT_HI], period[SPENT_LO], period[HELD_HI], period[HELD_LO])
end

-- A scope's state: running, rate of requests, rate of tokens, then a counter per period; false where there is none --------

local RUNNING, REQUEST_RATE, TOKEN_RATE, FIRST_PERIOD = 1, 2, 3, 3

local function load_state(field)
  local text = redis.call('HGET', counters, field)
  if text then
    return cmsgpack.unpack(text)
  end
  return { 0, false, false, false, false, false, false, false }
end

local function save_state(field, state)
  redis.call('HSET', counters, field, cmsgpack.pack(state))
end

-- Limits as they are sent: requests and tokens per minute, requests and tokens per day, parallel requests (-1: none), then
-- four numbers per budget: period, limit in two words, 1 when it is soft.
local RPM, TPM, RPD, TPD, PARALLEL, BUDGETS, BUDGET_SIZE = 1, 2, 3, 4, 5, 6, 4

local function new_period()
  return { 0, 0, 0, 0, 0, 0, 0, 0, 0 }
end

local function advance_minute(state, place, limit, now)
  local rate = state[place]
  if limit >= 0 then
    if not rate then
      rate = new_rate()
      state[place] = rate
    end
    rate[LIMIT] = limit
  end
  if rate then
    advance_rate(rate, now)
  end
end

local function advance(state, limits, now, windows)
  advance_minute(state, REQUEST_RATE, limits[RPM], now)
  advance_minute(state, TOKEN_RATE, limits[TPM], now)
  for i = BUDGETS, #limits, BUDGET_SIZE do
    local place = FIRST_PERIOD + limits[i]
    state[place] = state[place] or new_period()
  end
  if limits[RPD] >= 0 or limits[TPD] >= 0 then
    state[FIRST_PERIOD + DAY] = state[FIRST_PERIOD + DAY] or new_period()
  end
  for p = 1, PERIODS do
    local period = state[FIRST_PERIOD + p]
    if period then
      advance_period(period, now, windows[2 * p - 1], windows[2 * p])
    end
  end
end

-- Do the windows that were sent hold the store's time?
local function are_current(windows, now)
  for p = 1, PERIODS do
    if now < windows[2 * p - 1] or now >= windows[2 * p] then
      return false
    end
  end
  return true
end

-- Limit, remaining and reset of requests, then of tokens: of the scope that has least; a limit of -1 where there is none.
local function new_rates()
  return { -1, 0, 0, -1, 0, 0 }
end

local function take_rate(rates, at, rate, minute, per_day, day, counted, now)
  local limit, used = minute, nil
  if minute >= 0 then
    used = used_of(rate)
  elseif per_day >= 0 then
    limit, used = per_day, day[counted]
  else
    return
  end
  local remaining = math.max(0, limit - used)
  if rates[at] >= 0 and remaining >= rates[at + 1] then
    return
  end
  rates[at], rates[at + 1] = limit, remaining
  if minute >= 0 then
    rates[at + 2] = wait_until_clear(rate, now)
  else
    rates[at + 2] = math.max(0, math.ceil((day[END] - now) / 1000))
  end
end

local function take_rates(rates, state, limits, now)
  local day = state[FIRST_PERIOD + DAY]
  take_rate(rates, 1, state[REQUEST_RATE], limits[RPM], limits[RPD], day, REQUESTS, now)
  take_rate(rates, 4, state[TOKEN_RATE], limits[TPM], limits[TPD], day, TOKENS, now)
end

-- What was counted in `bucket` was more or less by `above`.
local function correct_rate(rate, bucket, above, now)
  if not rate or bucket < 0 or above == 0 then
    return
  end
  advance_rate(rate, now)
  if above < 0 then
    give_back(rate, bucket, -above)
  else
    rate[DEBT] = rate[DEBT] + above
    pay(rate)
  end
end

-- A hold: ceiling in two words, tokens, then per scope: field, bucket of the tokens (-1: not counted), and a serial per
-- period (0: not counted).
local function settle_hold(hold, cost_hi, cost_lo, tokens, now)
  for i = 4, #hold do
    local part = hold[i]
    local state = load_state(part[1])
    state[RUNNING] = math.max(0, state[RUNNING] - 1)
    local above = tokens - hold[3]
    for p = 1, PERIODS do
      local period = state[FIRST_PERIOD + p]
      if period and part[2 + p] ~= 0 and part[2 + p] == period[SERIAL] then
        period[HELD_HI], period[HELD_LO] = subtract(period[HELD_HI], period[HELD_LO], hold[1], hold[2])
        period[SPENT_HI], period[SPENT_LO] = add(period[SPENT_HI], period[SPENT_LO], cost_hi, cost_lo)
        period[TOKENS] = period[TOKENS] + above
      end
    end
    correct_rate(state[TOKEN_RATE], part[2], above, now)
    save_state(part[1], state)
  end
end

-- The real cost of a hold that was charged: the difference, in the windows that are still open.
local function correct_charge(hold, cost_hi, cost_lo, tokens, now)
  for i = 4, #hold do
    local part = hold[i]
    local state = load_state(part[1])
    for p = 1, PERIODS do
      local period = state[FIRST_PERIOD + p]
      if period and part[2 + p] ~= 0 and part[2 + p] == period[SERIAL] then
        local hi, lo = subtract(period[SPENT_HI], period[SPENT_LO], hold[1], hold[2])
        period[SPENT_HI], period[SPENT_LO] = add(hi, lo, cost_hi, cost_lo)
        period[TOKENS] = period[TOKENS] + tokens - hold[3]
      end
    end
    correct_rate(state[TOKEN_RATE], part[2], tokens - hold[3], now)
    save_state(part[1], state)
  end
end
