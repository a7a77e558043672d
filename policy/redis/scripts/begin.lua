-- A budget that is new in a scope whose counters go on: what the ledger knows to be spent in its window, once.
-- ARGV     epoch, {now or -1, period, spent hi, spent lo}, windows, the scope's field
-- Answers  {status}: -1 another epoch, 0 it has begun before, or the window is over, 1 done

local field = ARGV[4]
local found = call('HMGET', counters, 'epoch', field)
if found[1] ~= ARGV[1] then
  return packed({ -1 })
end
local amounts = doubles(ARGV[2])
local kind = amounts[2]
local now, windows = store_time(amounts[1]), doubles(ARGV[3])
if now >= windows[2 * kind] then
  return packed({ 0 })
end
if call('HSETNX', counters, 'began:' .. kind .. field, '') == 0 then
  return packed({ 0 })
end
local state = state_of(found[2])
local place = part_of(state, kind)
open_period(state, place, now, windows[2 * kind - 1], windows[2 * kind])
local hi, lo = state[place + SPENT_HI] + amounts[3], state[place + SPENT_LO] + amounts[4]
if lo >= MICRO then
  hi, lo = hi + 1, lo - MICRO
end
state[place + SPENT_HI], state[place + SPENT_LO] = hi, lo
call('HSET', counters, field, packed(state))
return packed({ 1 })
