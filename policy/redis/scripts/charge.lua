-- What a holder that is gone still held: charged, for it may have been spent.
-- KEYS[2]  hash of its open holds
-- KEYS[3]  hash where they wait for what they really cost
-- KEYS[4]  sorted set of leases: the holder with the end of its lease
-- ARGV     epoch, holder, {now or -1, most holds at once, seconds for which a charge can be corrected}
-- Answers  {status, now, charged, left}: -1 another epoch, 0 its lease has not ended, 1 done

if call('HGET', counters, 'epoch') ~= ARGV[1] then
  return packed({ -1, 0 })
end
local amounts = doubles(ARGV[3])
local now = store_time(amounts[1])
local lease = call('ZSCORE', KEYS[4], ARGV[2])
if lease and tonumber(lease) > now then
  return packed({ 0, now, 0, 0 })
end
-- What was charged to other counters corrects nothing in these.
if call('HGET', KEYS[3], 'epoch') ~= ARGV[1] then
  call('DEL', KEYS[3])
  call('HSET', KEYS[3], 'epoch', ARGV[1])
end
local found = call('HSCAN', KEYS[2], 0, 'COUNT', amounts[2])[2]
local charged = 0
for i = 1, #found, 2 do
  local id, text = found[i], found[i + 1]
  call('HDEL', KEYS[2], id)
  if text ~= '' then
    local held_hi, held_lo, tokens, _, _, _, requests = struct.unpack(HOLD_HEAD, text)
    if is_open_allotment(text) then
      text = shrink_hold(text, ARGV[1], held_hi, held_lo, tokens, requests, now)
    end
    settle_hold(text, false, ARGV[1], held_hi, held_lo, tokens, now)
    call('HSET', KEYS[3], id, text)
    charged = charged + 1
  end
end
local left = call('HLEN', KEYS[2])
if left == 0 then
  call('ZREM', KEYS[4], ARGV[2])
end
call('EXPIRE', KEYS[3], amounts[3])
return packed({ 1, now, charged, left })
