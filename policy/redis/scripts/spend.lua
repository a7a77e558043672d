-- What was spent without a hold.
-- KEYS[2]  the id's place: a cost is counted once, however often it is sent
-- ARGV     epoch, {cost hi, cost lo, now or -1}, windows, seconds for which the id is known, then per scope its field and its
--          limits
-- Answers  {status, now}: -1 another epoch, -2 other windows are open at the store's `now`, 0 counted before, 1 done

if redis.call('HGET', counters, 'epoch') ~= ARGV[1] then
  return packed({ -1, 0 })
end
local amounts = doubles(ARGV[2])
local now = store_time(amounts[3])
local windows = doubles(ARGV[3])
if not are_current(windows, now) then
  return packed({ -2, now })
end
if not redis.call('SET', KEYS[2], '', 'NX', 'EX', ARGV[4]) then
  return packed({ 0, now })
end
for i = 5, #ARGV, 2 do
  local state = load_state(ARGV[i])
  advance(state, doubles(ARGV[i + 1]), now, windows)
  for p = 1, PERIODS do
    local period = state[FIRST_PERIOD + p]
    if period then
      period[SPENT_HI], period[SPENT_LO] = add(period[SPENT_HI], period[SPENT_LO], amounts[1], amounts[2])
    end
  end
  save_state(ARGV[i], state)
end
return packed({ 1, now })
