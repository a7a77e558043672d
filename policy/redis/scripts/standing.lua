-- ARGV     epoch, {now or -1}, windows, then per scope its field and its limits
-- Answers  {status, now, rates, running of the first scope, then per budget: spent hi, lo, held hi, lo, end of its window}:
--          -1 another epoch, -2 other windows are open at the store's `now`

if redis.call('HGET', counters, 'epoch') ~= ARGV[1] then
  return packed({ -1, 0 })
end
local now = store_time(doubles(ARGV[2])[1])
local windows = doubles(ARGV[3])
if not are_current(windows, now) then
  return packed({ -2, now })
end
local rates, running, budgets = new_rates(), 0, {}
for i = 4, #ARGV, 2 do
  local limits, state = doubles(ARGV[i + 1]), load_state(ARGV[i])
  advance(state, limits, now, windows)
  take_rates(rates, state, limits, now)
  if i == 4 then
    running = state[RUNNING]
  end
  for b = BUDGETS, #limits, BUDGET_SIZE do
    local period = state[FIRST_PERIOD + limits[b]]
    for _, at in ipairs({ SPENT_HI, SPENT_LO, HELD_HI, HELD_LO, END }) do
      budgets[#budgets + 1] = period[at]
    end
  end
end
local answer = { 1, now, unpack(rates) }
answer[#answer + 1] = running
for _, number in ipairs(budgets) do
  answer[#answer + 1] = number
end
return packed(answer)
