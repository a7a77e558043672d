-- KEYS[2]  hash of the holder's open holds
-- ARGV     epoch, id, {ceiling hi, ceiling lo, tokens, now or -1}, windows {begin, end of hour … total}, then per scope
--          its field and its limits
-- Answers  {status, now, …}: -1 another epoch, -2 other windows are open at the store's `now`, -3 the id is held already,
--          0 {kind, scope, budget, four numbers of what is used, wait, affordable hi, lo (-1: no budget), rates},
--          1 {soft budget passed, nearly spent, rates}

if redis.call('HGET', counters, 'epoch') ~= ARGV[1] then
  return packed({ -1, 0 })
end
local id = ARGV[2]
local amounts = doubles(ARGV[3])
local ceiling_hi, ceiling_lo, tokens = amounts[1], amounts[2], amounts[3]
local now = store_time(amounts[4])
local windows = doubles(ARGV[4])
if not are_current(windows, now) then
  return packed({ -2, now })
end
if redis.call('HEXISTS', KEYS[2], id) == 1 then
  return packed({ -3, now })
end

local fields, all_limits, states = {}, {}, {}
local count = 0
for i = 5, #ARGV, 2 do
  count = count + 1
  local limits, state = doubles(ARGV[i + 1]), load_state(ARGV[i])
  advance(state, limits, now, windows)
  fields[count], all_limits[count], states[count] = ARGV[i], limits, state
end

local rates = new_rates()
-- What every hard budget could still hold.
local least_hi, least_lo = -1, 0

local function refusal(kind, scope, budget, a, b, c, d, wait)
  for i = 1, count do
    take_rates(rates, states[i], all_limits[i], now)
  end
  return packed({ 0, now, kind, scope - 1, budget, a, b, c, d, wait, least_hi, least_lo, unpack(rates) })
end

-- The kinds of limits, in the order in which a refusal names them.
local first, first_budget
for s = 1, count do
  local limits = all_limits[s]
  for i = BUDGETS, #limits, BUDGET_SIZE do
    if limits[i + 3] == 0 then
      local hi, lo = used_money(states[s][FIRST_PERIOD + limits[i]])
      local with_hi, with_lo = add(hi, lo, ceiling_hi, ceiling_lo)
      if not first and is_above(with_hi, with_lo, limits[i + 1], limits[i + 2]) then
        first, first_budget = s, i
      end
      if is_above(limits[i + 1], limits[i + 2], hi, lo) then
        hi, lo = subtract(limits[i + 1], limits[i + 2], hi, lo)
      else
        hi, lo = 0, 0
      end
      if least_hi < 0 or is_above(least_hi, least_lo, hi, lo) then
        least_hi, least_lo = hi, lo
      end
    end
  end
end
if first then
  local period = states[first][FIRST_PERIOD + all_limits[first][first_budget]]
  return refusal(0, first, (first_budget - BUDGETS) / BUDGET_SIZE,
    period[SPENT_HI], period[SPENT_LO], period[HELD_HI], period[HELD_LO], period[END])
end
for s = 1, count do
  local limit, day = all_limits[s][RPD], states[s][FIRST_PERIOD + DAY]
  if limit >= 0 and day[REQUESTS] >= limit then
    return refusal(1, s, 0, day[REQUESTS], 0, 0, 0, day[END])
  end
end
for s = 1, count do
  local limit, day = all_limits[s][TPD], states[s][FIRST_PERIOD + DAY]
  if limit >= 0 and day[TOKENS] + tokens > limit then
    return refusal(2, s, 0, day[TOKENS], 0, 0, 0, day[END])
  end
end
for s = 1, count do
  local limit, rate = all_limits[s][TPM], states[s][TOKEN_RATE]
  if limit >= 0 and used_of(rate) + tokens > limit then
    return refusal(3, s, 0, used_of(rate), 0, 0, 0, wait_for(rate, tokens, now))
  end
end
for s = 1, count do
  local limit, rate = all_limits[s][RPM], states[s][REQUEST_RATE]
  if limit >= 0 and used_of(rate) + 1 > limit then
    return refusal(4, s, 0, used_of(rate), 0, 0, 0, wait_for(rate, 1, now))
  end
end
for s = 1, count do
  local limit = all_limits[s][PARALLEL]
  if limit >= 0 and states[s][RUNNING] >= limit then
    return refusal(5, s, 0, states[s][RUNNING], 0, 0, 0, 0)
  end
end

local hold = { ceiling_hi, ceiling_lo, tokens }
local soft_passed, nearly_spent = 0, 0
for s = 1, count do
  local state, limits = states[s], all_limits[s]
  local part = { fields[s], -1, 0, 0, 0, 0, 0 }
  state[RUNNING] = state[RUNNING] + 1
  if limits[RPM] >= 0 then
    count_now(state[REQUEST_RATE], 1)
  end
  if limits[TPM] >= 0 then
    count_now(state[TOKEN_RATE], tokens)
    part[2] = state[TOKEN_RATE][NEWEST]
  end
  for p = 1, PERIODS do
    local period = state[FIRST_PERIOD + p]
    if period then
      period[HELD_HI], period[HELD_LO] = add(period[HELD_HI], period[HELD_LO], ceiling_hi, ceiling_lo)
      period[REQUESTS] = period[REQUESTS] + 1
      period[TOKENS] = period[TOKENS] + tokens
      part[2 + p] = period[SERIAL]
    end
  end
  save_state(fields[s], state)
  hold[3 + s] = part
  for i = BUDGETS, #limits, BUDGET_SIZE do
    local hi, lo = used_money(state[FIRST_PERIOD + limits[i]])
    if limits[i + 3] == 1 and is_above(hi, lo, limits[i + 1], limits[i + 2]) then
      soft_passed = 1
    end
    local used_hi, used_lo = times(hi, lo, 10)
    local near_hi, near_lo = times(limits[i + 1], limits[i + 2], 9)
    if not is_above(near_hi, near_lo, used_hi, used_lo) then
      nearly_spent = 1
    end
  end
  take_rates(rates, state, limits, now)
end
redis.call('HSET', KEYS[2], id, cmsgpack.pack(hold))
return packed({ 1, now, soft_passed, nearly_spent, unpack(rates) })
