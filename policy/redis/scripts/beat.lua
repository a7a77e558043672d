-- A holder says that it lives.
-- KEYS[2]  sorted set of leases: the holder with the end of its lease
-- ARGV     epoch, holder, {now or -1, length of a lease, longest time between two beats of a living store} in microseconds
-- Answers  an array: {status, now}, then the holders whose lease has ended
-- Another server than the one where the counters began, or that one in another life, may have lost acknowledged writes: the
-- counters begin again.

if call('HGET', counters, 'epoch') ~= ARGV[1] then
  return { packed({ -1, 0 }) }
end
if call('HGET', counters, 'server') ~= string.match(call('INFO', 'server'), 'run_id:(%x+)') then
  call('HDEL', counters, 'epoch')
  return { packed({ -1, 0 }) }
end
local amounts = doubles(ARGV[3])
local now = store_time(amounts[1])
local seen = tonumber(call('HGET', counters, 'seen') or now)
local gap = now - seen
if gap > amounts[3] then
  -- The store stood still: nobody could beat. Every lease goes on for as long.
  local leases = call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
  for i = 1, #leases, 2 do
    call('ZADD', KEYS[2], string.format('%.0f', leases[i + 1] + gap), leases[i])
  end
end
call('HSET', counters, 'seen', string.format('%.0f', math.max(now, seen)))
call('ZADD', KEYS[2], string.format('%.0f', now + amounts[2]), ARGV[2])
local ended = call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now), 'LIMIT', 0, 16)
return { packed({ 1, now }), unpack(ended) }
