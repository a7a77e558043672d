-- An organisation's first use, or the first after its counters were lost: what the ledger knows to be spent.
-- ARGV     a new epoch, {now or -1}, windows, then per scope and period its field and {period, spent hi, spent lo}
-- Answers  the epoch: that of ARGV when there was none

local epoch = call('HGET', counters, 'epoch')
if epoch then
  return epoch
end
local now = store_time(doubles(ARGV[2])[1])
local windows = doubles(ARGV[3])
local states = {}
for i = 4, #ARGV, 2 do
  local field, spent = ARGV[i], doubles(ARGV[i + 1])
  local state = states[field] or state_of(call('HGET', counters, field))
  local kind = spent[1]
  local place = part_of(state, kind)
  open_period(state, place, now, windows[2 * kind - 1], windows[2 * kind])
  local hi, lo = state[place + SPENT_HI] + spent[2], state[place + SPENT_LO] + spent[3]
  if lo >= MICRO then
    hi, lo = hi + 1, lo - MICRO
  end
  state[place + SPENT_HI], state[place + SPENT_LO] = hi, lo
  states[field] = state
end
for field, state in pairs(states) do
  call('HSET', counters, field, packed(state))
end
call('HSET', counters, 'epoch', ARGV[1], 'seen', string.format('%.0f', now))
return ARGV[1]
