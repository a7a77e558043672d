-- KEYS[2]  hash of the holder's open holds
-- ARGV     epoch, id of an allotment, {cost hi, cost lo, tokens that it must hold on, requests that were drawn, now or -1}
-- Answers  {status}: -1 another epoch, 0 there is no such hold, 1 done

local cost_hi, cost_lo, tokens, requests, now = struct.unpack('<ddddd', ARGV[3])
local text = call('HGET', KEYS[2], ARGV[2])
if not text or text == '' then
  return packed({ 0 })
end
text = shrink_hold(text, ARGV[1], cost_hi, cost_lo, tokens, requests, now)
if not text then
  return packed({ -1 })
end
call('HSET', KEYS[2], ARGV[2], text)
return packed({ 1 })
