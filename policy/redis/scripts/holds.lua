-- A hold: its head (ceiling in two words, tokens, number of scopes, number of marks, what it is, requests of an
-- allotment), then per scope its marks (bucket of the tokens, -1: not counted; of an open allotment instead 1 where it holds
-- limited requests, 2 limited tokens, 3 both; number of windows; kind and serial of each), then per scope its field.
local HOLD_HEAD = '<ddddddd'

-- The end of a hold: what it held is spent, for a cost and tokens in its place. Of one that was `charged`, what it was
-- charged for is corrected. False, and nothing is done: the epoch is another one.
local function settle_hold(text, is_charged, epoch, cost_hi, cost_lo, tokens, given_now, requests)
  local held_hi, held_lo, held_tokens, scopes, marked, what, held_requests, at = struct.unpack(HOLD_HEAD, text)
  local above_requests = is_charged and what ~= OWN and requests - held_requests or 0
  local marks = { struct.unpack(format_of(marked), text, at) }
  local fields = { struct.unpack('<' .. string.rep('I4c0', scopes), text, marks[marked + 1]) }
  local states = call('HMGET', counters, 'epoch', unpack(fields, 1, scopes))
  if states[1] ~= epoch then
    return false
  end
  local above = tokens - held_tokens
  local from_hi, from_lo = HELD_HI, HELD_LO
  if is_charged then
    from_hi, from_lo = SPENT_HI, SPENT_LO
  end
  local changes, changed, mark = { nil, nil, nil, nil, nil, nil }, 0, 1
  for s = 1, scopes do
    local state = state_of(states[s + 1])
    local counted = what == OWN and RUNNING or ALLOTMENTS
    if not is_charged and state[counted] > 0 then
      state[counted] = state[counted] - 1
    end
    local bucket, place = marks[mark], HEAD + 1
    local following = mark + 2 + 2 * marks[mark + 1]
    for i = mark + 2, following - 1, 2 do
      if state[place] ~= marks[i] then
        place = place_of(state, marks[i])
      end
      if state[place] and state[place + SERIAL] == marks[i + 1] then
        local hi, lo = state[place + from_hi] - held_hi, state[place + from_lo] - held_lo
        if lo < 0 then
          hi, lo = hi - 1, lo + MICRO
        end
        state[place + from_hi], state[place + from_lo] = hi, lo
        hi, lo = state[place + SPENT_HI] + cost_hi, state[place + SPENT_LO] + cost_lo
        if lo >= MICRO then
          hi, lo = hi + 1, lo - MICRO
        end
        state[place + SPENT_HI], state[place + SPENT_LO] = hi, lo
        state[place + TOKENS] = state[place + TOKENS] + above
        state[place + REQUESTS] = state[place + REQUESTS] + above_requests
      end
      place = place + PERIOD_SIZE
    end
    if bucket >= 0 and above ~= 0 then
      local rate, found = place_of(state, TOKEN_RATE)
      if found then
        given_now = store_time(given_now)
        local newest, current = state[rate + NEWEST], state[rate + CURRENT]
        if newest == bucket and state[rate + DEBT] == 0 and current + above >= 0 and above < 0
          and newest == bucket_at(given_now) then
          state[rate + CURRENT], state[rate + COUNTED] = current + above, state[rate + COUNTED] + above
        else
          minutes = minutes or make_minutes()
          state.field = fields[s]
          minutes.correct(state, rate, bucket, above, given_now)
        end
      end
    end
    mark = following
    changes[changed + 1], changes[changed + 2] = fields[s], packed(state)
    changed = changed + 2
    if minutes then
      changed = minutes.add_rings(changes, changed, state)
    end
  end
  call('HSET', counters, unpack(changes, 1, changed))
  return true
end
