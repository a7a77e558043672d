-- KEYS[2]  hash of the holder's open holds
-- KEYS[3]  hash of those of its holds that were charged when its lease had ended
-- ARGV     epoch, id, {cost hi, cost lo, tokens, now or -1, 1: so that it is never admitted later}
-- Answers  {status, now}: -1 another epoch, 0 there is no such hold, 1 settled, 2 corrected after its charge

if redis.call('HGET', counters, 'epoch') ~= ARGV[1] then
  return packed({ -1, 0 })
end
local id = ARGV[2]
local amounts = doubles(ARGV[3])
local now = store_time(amounts[4])
local text = redis.call('HGET', KEYS[2], id)
if text == '' then
  return packed({ 0, now })
end
if text then
  redis.call('HDEL', KEYS[2], id)
  settle_hold(cmsgpack.unpack(text), amounts[1], amounts[2], amounts[3], now)
  return packed({ 1, now })
end
text = redis.call('HGET', KEYS[3], id)
if text then
  redis.call('HDEL', KEYS[3], id)
  correct_charge(cmsgpack.unpack(text), amounts[1], amounts[2], amounts[3], now)
  return packed({ 2, now })
end
if amounts[5] == 1 then
  redis.call('HSET', KEYS[2], id, '')
end
return packed({ 0, now })
