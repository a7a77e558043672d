-- KEYS[2]  hash of the holder's open holds
-- KEYS[3]  hash of those of its holds that were charged when its lease had ended
-- ARGV     epoch, id, {cost hi, cost lo, tokens, now or -1, 1: so that it is never admitted later, requests that were drawn of
--          an allotment}
-- Answers  {status}: -1 another epoch, 0 there is no such hold, 1 settled, 2 corrected after its charge

local epoch, id = ARGV[1], ARGV[2]
local cost_hi, cost_lo, tokens, now, is_release, requests = struct.unpack('<dddddd', ARGV[3])
local holds, status = KEYS[2], 1
local text = call('HGET', holds, id)
if not text then
  local charged = call('HMGET', KEYS[3], 'epoch', id)
  if charged[1] == epoch and charged[2] then
    text, holds, status = charged[2], KEYS[3], 2
  end
end
if not text or text == '' then
  if call('HGET', counters, 'epoch') ~= epoch then
    return packed({ -1 })
  end
  call('HDEL', KEYS[3], id)  -- of counters that were lost
  if not text and is_release == 1 then
    call('HSET', holds, id, '')
  end
  return packed({ 0 })
end
if is_open_allotment(text) then
  text = shrink_hold(text, epoch, cost_hi, cost_lo, tokens, requests, now)
end
if not text or not settle_hold(text, status == 2, epoch, cost_hi, cost_lo, tokens, now, requests) then
  return packed({ -1 })
end
call('HDEL', holds, id)
return packed({ status })
