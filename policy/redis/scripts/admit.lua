-- KEYS[2]  hash of the holder's open holds
-- ARGV     as in scopes.lua; its own word is the request's id, the amount its ceiling
-- Answers  {status, now, …}: -1 another epoch, -2 other windows are open at the store's `now`, -3 the id is held already,
--          0 {kind, scope, budget, four numbers of what is used, wait, affordable hi, lo (-1: no budget), 1 where
--          allotments hold some of it, rates},
--          1 {soft budget passed, nearly spent, rates}; rates are left out where no scope has any

-- Milliseconds within which gateways give back what they hold ahead of calls.
local GIVEN_BACK = 1000

local states = call('HMGET', counters, 'epoch', unpack(ARGV, FIRST_FIELD))
if states[1] ~= ARGV[1] then
  return packed({ -1, 0 })
end
local numbers = doubles(ARGV[2])
local now = store_time(numbers[1])
if now < numbers[FROM] or now >= numbers[TO] then
  return packed({ -2, now })
end
local id = ARGV[4]
local ceiling_hi, ceiling_lo, tokens = numbers[AMOUNT_HI], numbers[AMOUNT_LO], numbers[ASKED_TOKENS]
local scopes = numbers[SCOPES]

local is_refused, soft_passed, nearly_spent, is_ahead = false, 0, 0, 0
local at = FIRST_LIMITS
for s = 1, scopes do
  local state = state_of(states[s + 1])
  states[s] = state
  if numbers[at] >= 0 and state[RUNNING] >= numbers[at] then
    is_refused = true
  end
  if state[ALLOTMENTS] > 0 then
    is_ahead = 1
  end
  local counts, following = advance(ARGV[FIRST_FIELD + s - 1], state, numbers, at, now)
  for i = at + BUDGETS, counts - 1, BUDGET_SIZE do
    local place = numbers[i]
    local hi = state[place + SPENT_HI] + state[place + HELD_HI] + ceiling_hi
    local lo = state[place + SPENT_LO] + state[place + HELD_LO] + ceiling_lo
    while lo >= MICRO do
      hi, lo = hi + 1, lo - MICRO
    end
    local limit_hi, near_hi = numbers[i + 1], numbers[i + 4]
    if hi > limit_hi or (hi == limit_hi and lo > numbers[i + 2]) then
      if numbers[i + 3] == 0 then
        is_refused = true
      else
        soft_passed = 1
      end
    end
    if hi > near_hi or (hi == near_hi and lo >= numbers[i + 5]) then
      nearly_spent = 1
    end
  end
  if following > counts then
    local rpm, tpm, rpd, tpd = numbers[counts], numbers[counts + TPM], numbers[counts + RPD], numbers[counts + TPD]
    local day = numbers[counts + DAY_PLACE]
    local requests, used_tokens = numbers[counts + RPM_PLACE], numbers[counts + TPM_PLACE]
    if (rpm >= 0 and state[requests + COUNTED] + state[requests + DEBT] + state[AHEAD_REQUESTS] + 1 > rpm)
      or (tpm >= 0 and state[used_tokens + COUNTED] + state[used_tokens + DEBT] + state[AHEAD_TOKENS] + tokens > tpm)
      or (rpd >= 0 and state[day + REQUESTS] >= rpd)
      or (tpd >= 0 and state[day + TOKENS] + tokens > tpd) then
      is_refused = true
    end
  end
  at = following
end

if is_refused then
  if call('HEXISTS', KEYS[2], id) == 1 then
    return packed({ -3, now })
  end
  -- The kinds of limits, in the order in which a refusal names them.
  local BUDGET, DAY_REQUESTS, DAY_TOKENS, MINUTE_TOKENS, MINUTE_REQUESTS, RUNNING_NOW = 0, 1, 2, 3, 4, 5
  local kind, scope, budget, wait = RUNNING_NOW + 1, 0, 0, 0
  local a, b, c, d = 0, 0, 0, 0
  -- What every hard budget could still hold.
  local least_hi, least_lo = -1, 0
  at = FIRST_LIMITS
  for s = 1, scopes do
    local state = states[s]
    local counts = at + BUDGETS + BUDGET_SIZE * numbers[at + BUDGET_COUNT]
    for i = at + BUDGETS, counts - 1, BUDGET_SIZE do
      if numbers[i + 3] == 0 then
        local place, limit_hi, limit_lo = numbers[i], numbers[i + 1], numbers[i + 2]
        local hi = state[place + SPENT_HI] + state[place + HELD_HI]
        local lo = state[place + SPENT_LO] + state[place + HELD_LO]
        local left_hi, left_lo = limit_hi - hi, limit_lo - lo
        while left_lo < 0 do
          left_hi, left_lo = left_hi - 1, left_lo + MICRO
        end
        local is_short = left_hi < ceiling_hi or (left_hi == ceiling_hi and left_lo < ceiling_lo)
        if is_short and kind > BUDGET then
          kind, scope, budget, wait = BUDGET, s, (i - at - BUDGETS) / BUDGET_SIZE, state[place + END]
          a, b = state[place + SPENT_HI], state[place + SPENT_LO]
          c, d = state[place + HELD_HI], state[place + HELD_LO]
        end
        if left_hi < 0 then
          left_hi, left_lo = 0, 0
        end
        if least_hi < 0 or left_hi < least_hi or (left_hi == least_hi and left_lo < least_lo) then
          least_hi, least_lo = left_hi, left_lo
        end
      end
    end
    if numbers[at + HAS_COUNTS] == 1 then
      state.field = ARGV[FIRST_FIELD + s - 1]
      local rpm, tpm, rpd, tpd = numbers[counts + RPM], numbers[counts + TPM], numbers[counts + RPD], numbers[counts + TPD]
      local day = numbers[counts + DAY_PLACE]
      if kind > DAY_REQUESTS and rpd >= 0 and state[day + REQUESTS] >= rpd then
        kind, scope, a, wait = DAY_REQUESTS, s, state[day + REQUESTS], state[day + END]
      end
      if kind > DAY_TOKENS and tpd >= 0 and state[day + TOKENS] + tokens > tpd then
        kind, scope, a, wait = DAY_TOKENS, s, state[day + TOKENS], state[day + END]
      end
      if kind > MINUTE_TOKENS and tpm >= 0 then
        local rate = numbers[counts + TPM_PLACE]
        local used = state[rate + COUNTED] + state[rate + DEBT] + state[AHEAD_TOKENS]
        if used + tokens > tpm then
          kind, scope, a, wait = MINUTE_TOKENS, s, used, make_waits().wait_for(state, rate, tokens, now)
        end
      end
      if kind > MINUTE_REQUESTS and rpm >= 0 then
        local rate = numbers[counts + RPM_PLACE]
        local used = state[rate + COUNTED] + state[rate + DEBT] + state[AHEAD_REQUESTS]
        if used + 1 > rpm then
          kind, scope, a, wait = MINUTE_REQUESTS, s, used, make_waits().wait_for(state, rate, 1, now)
        end
      end
      take_rates(state.field, state, numbers, counts, now)
      counts = counts + COUNTS_SIZE
    end
    if kind > RUNNING_NOW and numbers[at] >= 0 and state[RUNNING] >= numbers[at] then
      kind, scope, a = RUNNING_NOW, s, state[RUNNING]
    end
    at = counts
  end
  if is_ahead == 1 then
    call('HSET', counters, 'wanted', string.format('%.0f', now))
    if wait >= 0 and kind >= MINUTE_TOKENS then
      wait = math.max(wait, GIVEN_BACK)
    end
  end
  return packed({ 0, now, kind, scope - 1, budget, a, b, c, d, wait, least_hi, least_lo, is_ahead, unpack(rates or {}) })
end

-- Room for the marks of three scopes with two windows each: an array that grows costs more.
local marks = { nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil }
local changes, marked = { nil, nil, nil, nil, nil, nil }, 0
local changed = 0
at = FIRST_LIMITS
for s = 1, scopes do
  local state = states[s]
  local bucket, windows_at = -1, marked + 2
  marked = windows_at
  state[RUNNING] = state[RUNNING] + 1
  local place = HEAD + 1
  local kind = state[place]
  while kind do
    if kind > PERIODS then
      place = place + RATE_SIZE
    else
      local hi, lo = state[place + HELD_HI] + ceiling_hi, state[place + HELD_LO] + ceiling_lo
      if lo >= MICRO then
        hi, lo = hi + 1, lo - MICRO
      end
      state[place + HELD_HI], state[place + HELD_LO] = hi, lo
      state[place + REQUESTS] = state[place + REQUESTS] + 1
      state[place + TOKENS] = state[place + TOKENS] + tokens
      marks[marked + 1], marks[marked + 2] = kind, state[place + SERIAL]
      marked = marked + 2
      place = place + PERIOD_SIZE
    end
    kind = state[place]
  end
  local counts = at + BUDGETS + BUDGET_SIZE * numbers[at + BUDGET_COUNT]
  if numbers[at + HAS_COUNTS] == 1 then
    if numbers[counts + RPM] >= 0 then
      local rate = numbers[counts + RPM_PLACE]
      state[rate + CURRENT], state[rate + COUNTED] = state[rate + CURRENT] + 1, state[rate + COUNTED] + 1
    end
    if numbers[counts + TPM] >= 0 then
      local rate = numbers[counts + TPM_PLACE]
      state[rate + CURRENT], state[rate + COUNTED] = state[rate + CURRENT] + tokens, state[rate + COUNTED] + tokens
      bucket = state[rate + NEWEST]
    end
    take_rates(ARGV[FIRST_FIELD + s - 1], state, numbers, counts, now)
    counts = counts + COUNTS_SIZE
  end
  marks[windows_at - 1], marks[windows_at] = bucket, (marked - windows_at) / 2
  changes[changed + 1], changes[changed + 2] = ARGV[FIRST_FIELD + s - 1], packed(state)
  changed = changed + 2
  if minutes then
    changed = minutes.add_rings(changes, changed, state)
  end
  at = counts
end
local hold = struct.pack(
  format_of(7 + marked), ceiling_hi, ceiling_lo, tokens, scopes, marked, OWN, 0, unpack(marks, 1, marked))
if call('HSETNX', KEYS[2], id, hold .. ARGV[5]) == 0 then
  return packed({ -3, now })
end
call('HSET', counters, unpack(changes, 1, changed))
if is_ahead == 1 and nearly_spent == 1 then
  call('HSET', counters, 'wanted', string.format('%.0f', now))
end
if rates then
  return packed({ 1, now, soft_passed, nearly_spent, unpack(rates) })
end
return packed({ 1, now, soft_passed, nearly_spent })
