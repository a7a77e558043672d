-- A part of the scopes' limits, ahead of calls: at most a quarter of what is left of each, nothing of one that is used to
-- nine tenths.
-- KEYS[2]  hash of the holder's open holds
-- ARGV     as in scopes.lua; its own word is the allotment's id, 16 bytes, and the requests that are wanted, the amount and
--          the tokens are those that are wanted; zero of what no scope limits
-- Answers  {status, now, …}: -1 another epoch, -2 other windows are open at the store's `now`, 0 there is nothing to give,
--          1 {cost hi, lo, tokens, requests, end of the first window, soft budget passed, nearly spent, rates}

local states = call('HMGET', counters, 'epoch', unpack(ARGV, FIRST_FIELD))
if states[1] ~= ARGV[1] then
  return packed({ -1, 0 })
end
local numbers = doubles(ARGV[2])
local now = store_time(numbers[1])
if now < numbers[FROM] or now >= numbers[TO] then
  return packed({ -2, now })
end
local id, requests = string.sub(ARGV[4], 1, 16), struct.unpack('<d', ARGV[4], 17)
local cost_hi, cost_lo, tokens = numbers[AMOUNT_HI], numbers[AMOUNT_LO], numbers[ASKED_TOKENS]
local scopes = numbers[SCOPES]
local has_all, soft_passed = true, 0

-- What a quarter of the rest of a limit allows of `wanted`.
local function take(wanted, limit, used)
  if limit < 0 then
    return wanted
  end
  local left = limit - used
  if left * 10 < limit then
    has_all = false
  end
  return math.max(0, math.min(wanted, math.floor(left / 4)))
end

local counts_of = {}
local at = FIRST_LIMITS
for s = 1, scopes do
  local state = state_of(states[s + 1])
  states[s] = state
  local counts, following = advance(ARGV[FIRST_FIELD + s - 1], state, numbers, at, now)
  for i = at + BUDGETS, counts - 1, BUDGET_SIZE do
    local place = numbers[i]
    local left_hi = numbers[i + 1] - state[place + SPENT_HI] - state[place + HELD_HI]
    local left_lo = numbers[i + 2] - state[place + SPENT_LO] - state[place + HELD_LO]
    while left_lo < 0 do
      left_hi, left_lo = left_hi - 1, left_lo + MICRO
    end
    if numbers[i + 3] == 1 then
      if left_hi < 0 then
        soft_passed = 1
      end
    elseif left_hi < 0 or (left_hi * MICRO + left_lo) * 10 < numbers[i + 1] * MICRO + numbers[i + 2] then
      has_all = false
    else
      local hi = math.floor(left_hi / 4)
      local lo = math.floor((left_hi % 4 * MICRO + left_lo) / 4)
      if cost_hi > hi or (cost_hi == hi and cost_lo > lo) then
        cost_hi, cost_lo = hi, lo
      end
    end
  end
  if following > counts then
    local day = numbers[counts + DAY_PLACE]
    if numbers[counts + RPM] >= 0 then
      local rate = numbers[counts + RPM_PLACE]
      local used = state[rate + COUNTED] + state[rate + DEBT] + state[AHEAD_REQUESTS]
      requests = take(requests, numbers[counts + RPM], used)
    end
    if numbers[counts + TPM] >= 0 then
      local rate = numbers[counts + TPM_PLACE]
      local used = state[rate + COUNTED] + state[rate + DEBT] + state[AHEAD_TOKENS]
      tokens = take(tokens, numbers[counts + TPM], used)
    end
    if numbers[counts + RPD] >= 0 then
      requests = take(requests, numbers[counts + RPD], state[day + REQUESTS])
    end
    if numbers[counts + TPD] >= 0 then
      tokens = take(tokens, numbers[counts + TPD], state[day + TOKENS])
    end
    counts_of[s] = counts
  end
  at = following
end
if not has_all or call('HEXISTS', KEYS[2], id) == 1 then
  return packed({ 0, now })
end

local ends, changes, changed, marks = 9e15, {}, 0, {}
for s = 1, scopes do
  local state, counts = states[s], counts_of[s]
  state[ALLOTMENTS] = state[ALLOTMENTS] + 1
  local flags_at = #marks + 1
  marks[flags_at], marks[flags_at + 1] = 0, 0
  local place = HEAD + 1
  local kind = state[place]
  while kind do
    if kind > PERIODS then
      place = place + RATE_SIZE
    else
      local hi, lo = state[place + HELD_HI] + cost_hi, state[place + HELD_LO] + cost_lo
      if lo >= MICRO then
        hi, lo = hi + 1, lo - MICRO
      end
      state[place + HELD_HI], state[place + HELD_LO] = hi, lo
      state[place + REQUESTS] = state[place + REQUESTS] + requests
      state[place + TOKENS] = state[place + TOKENS] + tokens
      ends = math.min(ends, state[place + END])
      marks[flags_at + 1] = marks[flags_at + 1] + 1
      marks[#marks + 1], marks[#marks + 2] = kind, state[place + SERIAL]
      place = place + PERIOD_SIZE
    end
    kind = state[place]
  end
  if counts then
    if numbers[counts + RPM] >= 0 or numbers[counts + RPD] >= 0 then
      state[AHEAD_REQUESTS] = state[AHEAD_REQUESTS] + requests
      marks[flags_at] = marks[flags_at] + 1
    end
    if numbers[counts + TPM] >= 0 or numbers[counts + TPD] >= 0 then
      state[AHEAD_TOKENS] = state[AHEAD_TOKENS] + tokens
      marks[flags_at] = marks[flags_at] + 2
    end
    take_rates(ARGV[FIRST_FIELD + s - 1], state, numbers, counts, now)
  end
  changes[changed + 1], changes[changed + 2] = ARGV[FIRST_FIELD + s - 1], packed(state)
  changed = changed + 2
  if minutes then
    changed = minutes.add_rings(changes, changed, state)
  end
end
local hold = struct.pack(
  format_of(7 + #marks), cost_hi, cost_lo, tokens, scopes, #marks, OPEN, requests, unpack(marks))
call('HSET', KEYS[2], id, hold .. ARGV[5])
call('HSET', counters, unpack(changes, 1, changed))
return packed({ 1, now, cost_hi, cost_lo, tokens, requests, ends, soft_passed, 0, unpack(rates or {}) })
