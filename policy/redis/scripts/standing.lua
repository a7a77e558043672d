-- ARGV     as in scopes.lua, without a word of its own and an amount
-- Answers  {status, now, rates, running of the first scope, then per budget: spent hi, lo, held hi, lo, end of its window}:
--          -1 another epoch, -2 other windows are open at the store's `now`

local states = call('HMGET', counters, 'epoch', unpack(ARGV, FIRST_FIELD))
if states[1] ~= ARGV[1] then
  return packed({ -1, 0 })
end
local numbers = doubles(ARGV[2])
local now = store_time(numbers[1])
if now < numbers[FROM] or now >= numbers[TO] then
  return packed({ -2, now })
end
rates = { -1, 0, 0, -1, 0, 0 }
local running, budgets = 0, {}
local at = FIRST_LIMITS
for s = 1, numbers[SCOPES] do
  local state = state_of(states[s + 1])
  if s == 1 then
    running = state[RUNNING]
  end
  local counts, following = advance(ARGV[FIRST_FIELD + s - 1], state, numbers, at, now)
  for i = at + BUDGETS, counts - 1, BUDGET_SIZE do
    for _, number in ipairs({ SPENT_HI, SPENT_LO, HELD_HI, HELD_LO, END }) do
      budgets[#budgets + 1] = state[numbers[i] + number]
    end
  end
  if following > counts then
    take_rates(ARGV[FIRST_FIELD + s - 1], state, numbers, counts, now)
  end
  at = following
end
local answer = { 1, now, unpack(rates) }
answer[#answer + 1] = running
for _, number in ipairs(budgets) do
  answer[#answer + 1] = number
end
return packed(answer)
