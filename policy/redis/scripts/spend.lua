-- What was spent without a hold.
-- KEYS[2]  the id's place: a cost is counted once, however often it is sent
-- ARGV     as in scopes.lua; its own word is for how many seconds the id is known, the amount what was spent
-- Answers  {status, now}: -1 another epoch, -2 other windows are open at the store's `now`, 0 counted before, 1 done

local states = call('HMGET', counters, 'epoch', unpack(ARGV, FIRST_FIELD))
if states[1] ~= ARGV[1] then
  return packed({ -1, 0 })
end
local numbers = doubles(ARGV[2])
local now = store_time(numbers[1])
if now < numbers[FROM] or now >= numbers[TO] then
  return packed({ -2, now })
end
if not call('SET', KEYS[2], '', 'NX', 'EX', ARGV[4]) then
  return packed({ 0, now })
end
local at = FIRST_LIMITS
for s = 1, numbers[SCOPES] do
  local state = state_of(states[s + 1])
  local _, following = advance(ARGV[FIRST_FIELD + s - 1], state, numbers, at, now)
  local place = HEAD + 1
  while state[place] do
    if state[place] > PERIODS then
      place = place + RATE_SIZE
    else
      local hi, lo = state[place + SPENT_HI] + numbers[AMOUNT_HI], state[place + SPENT_LO] + numbers[AMOUNT_LO]
      if lo >= MICRO then
        hi, lo = hi + 1, lo - MICRO
      end
      state[place + SPENT_HI], state[place + SPENT_LO] = hi, lo
      place = place + PERIOD_SIZE
    end
  end
  local changes = { ARGV[FIRST_FIELD + s - 1], packed(state) }
  if minutes then
    minutes.add_rings(changes, 2, state)
  end
  call('HSET', counters, unpack(changes))
  at = following
end
return packed({ 1, now })
