-- An organisation's first use, or the first after its counters were lost: what the ledger knows to be spent.
-- ARGV     a new epoch, {now or -1}, windows, then per scope and period its field and {period, spent hi, spent lo}
-- Answers  the epoch: that of ARGV when there was none

local epoch = redis.call('HGET', counters, 'epoch')
if epoch then
  return epoch
end
local now = store_time(doubles(ARGV[2])[1])
local windows = doubles(ARGV[3])
local states = {}
for i = 4, #ARGV, 2 do
  local field, spent = ARGV[i], doubles(ARGV[i + 1])
  states[field] = states[field] or load_state(field)
  local place = FIRST_PERIOD + spent[1]
  local period = states[field][place] or { 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  advance_period(period, now, windows[2 * spent[1] - 1], windows[2 * spent[1]])
  period[SPENT_HI], period[SPENT_LO] = add(period[SPENT_HI], period[SPENT_LO], spent[2], spent[3])
  states[field][place] = period
end
for field, state in pairs(states) do
  save_state(field, state)
end
redis.call('HSET', counters, 'epoch', ARGV[1])
redis.call('HSET', counters, 'seen', string.format('%.0f', now))
return ARGV[1]
