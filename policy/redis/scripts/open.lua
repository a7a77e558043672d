-- An organisation's first use, or the first after its counters were lost: what the ledger knows to be spent, and what
-- gateways say that they hold.
-- KEYS[2]… for each holder that said something the hash of that, and of its open holds
-- ARGV     a new epoch, {now or -1, number of spent, then per holder the number of what it said}, windows, then per scope
--          and period its field and {period, spent hi, spent lo}, then per id of which the ledger knows a cost the id and
--          {cost hi, cost lo}
-- Answers  the epoch: that of ARGV when there was none; an empty one when holders have said something else meanwhile

local epoch = call('HGET', counters, 'epoch')
if epoch then
  return epoch
end
local amounts = doubles(ARGV[2])
for i = 2, #KEYS, 2 do
  if call('HLEN', KEYS[i]) ~= amounts[2 + i / 2] then
    return ''
  end
end
-- Of another epoch, if anything is left of one.
call('DEL', counters)
local now = store_time(amounts[1])
local all_windows = doubles(ARGV[3])
local states = {}
local known_at = 4 + 2 * amounts[2]
for i = 4, known_at - 1, 2 do
  local field, spent = ARGV[i], doubles(ARGV[i + 1])
  local state = states[field] or state_of(false)
  local kind = spent[1]
  local place = part_of(state, kind)
  open_period(state, place, now, all_windows[2 * kind - 1], all_windows[2 * kind])
  local hi, lo = state[place + SPENT_HI] + spent[2], state[place + SPENT_LO] + spent[3]
  if lo >= MICRO then
    hi, lo = hi + 1, lo - MICRO
  end
  state[place + SPENT_HI], state[place + SPENT_LO] = hi, lo
  states[field] = state
  call('HSET', counters, 'began:' .. kind .. field, '')
end
for field, state in pairs(states) do
  call('HSET', counters, field, packed(state))
end
local known = {}
for i = known_at, #ARGV, 2 do
  known[ARGV[i]] = doubles(ARGV[i + 1])
end
local nothing = { 0, 0 }
for i = 2, #KEYS, 2 do
  local said = call('HGETALL', KEYS[i])
  call('DEL', KEYS[i], KEYS[i + 1])
  for j = 1, #said, 2 do
    local cost = known[said[j]] or nothing
    count_posted(KEYS[i + 1], said[j], said[j + 1], cost[1], cost[2], now)
  end
end
local server = string.match(call('INFO', 'server'), 'run_id:(%x+)')
call('HSET', counters, 'epoch', ARGV[1], 'server', server, 'seen', string.format('%.0f', now))
return ARGV[1]
