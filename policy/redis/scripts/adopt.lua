-- What a holder said that it holds, and those who restored the counters did not hear: counted now.
-- KEYS[2]  hash of what it said
-- KEYS[3]  hash of its open holds
-- ARGV     epoch, {now or -1}, windows
-- Answers  {status, number}: -1 another epoch, 1 done

if call('HGET', counters, 'epoch') ~= ARGV[1] then
  return packed({ -1, 0 })
end
local now = store_time(doubles(ARGV[2])[1])
local said = call('HGETALL', KEYS[2])
call('DEL', KEYS[2])
for i = 1, #said, 2 do
  if call('HEXISTS', KEYS[3], said[i]) == 0 then
    count_posted(KEYS[3], said[i], said[i + 1], 0, 0, now)
  end
end
return packed({ 1, #said / 2 })
