local function count_now(state, rate, amount, now)
  minutes.advance(state, rate, now)
  state[rate + CURRENT] = state[rate + CURRENT] + amount
  state[rate + COUNTED] = state[rate + COUNTED] + amount
end

-- Closes an allotment: what its calls did not draw goes back, the requests and tokens that they did are counted in the minute
-- that is. Of a closed one only the cost and tokens become less. Answers its new text, or nil: the epoch is another one.
local function shrink_hold(text, epoch, cost_hi, cost_lo, tokens, requests, given_now)
  local held_hi, held_lo, held_tokens, scopes, marked, what, held_requests, at = struct.unpack(HOLD_HEAD, text)
  local marks = { struct.unpack(format_of(marked), text, at) }
  local names = string.sub(text, marks[marked + 1])
  local fields = { struct.unpack('<' .. string.rep('I4c0', scopes), names) }
  local states = call('HMGET', counters, 'epoch', unpack(fields, 1, scopes))
  if states[1] ~= epoch then
    return nil
  end
  if cost_hi > held_hi or (cost_hi == held_hi and cost_lo > held_lo) then
    cost_hi, cost_lo = held_hi, held_lo
  end
  tokens = math.min(tokens, held_tokens)
  minutes = minutes or make_minutes()
  local now = store_time(given_now)
  local changes, changed, mark = {}, 0, 1
  for s = 1, scopes do
    local state, bucket = state_of(states[s + 1]), marks[mark]
    state.field = fields[s]
    local requests_at, has_requests = place_of(state, REQUEST_RATE)
    local tokens_at, has_tokens = place_of(state, TOKEN_RATE)
    if what == OPEN then
      marks[mark] = -1
      if bucket % 2 == 1 then
        state[AHEAD_REQUESTS] = math.max(0, state[AHEAD_REQUESTS] - held_requests)
        if has_requests then
          count_now(state, requests_at, requests, now)
        end
      end
      if bucket >= 2 then
        state[AHEAD_TOKENS] = math.max(0, state[AHEAD_TOKENS] - held_tokens)
        if has_tokens then
          count_now(state, tokens_at, tokens, now)
          marks[mark] = state[tokens_at + NEWEST]
        end
      end
    elseif bucket >= 0 and has_tokens and tokens < held_tokens then
      minutes.correct(state, tokens_at, bucket, tokens - held_tokens, now)
    end
    local following = mark + 2 + 2 * marks[mark + 1]
    for i = mark + 2, following - 1, 2 do
      local place, found = place_of(state, marks[i])
      if found and state[place + SERIAL] == marks[i + 1] then
        local hi = state[place + HELD_HI] - held_hi + cost_hi
        local lo = state[place + HELD_LO] - held_lo + cost_lo
        if lo < 0 then
          hi, lo = hi - 1, lo + MICRO
        elseif lo >= MICRO then
          hi, lo = hi + 1, lo - MICRO
        end
        state[place + HELD_HI], state[place + HELD_LO] = hi, lo
        state[place + TOKENS] = state[place + TOKENS] + tokens - held_tokens
        if what == OPEN then
          state[place + REQUESTS] = state[place + REQUESTS] + requests - held_requests
        end
      end
    end
    mark = following
    changes[changed + 1], changes[changed + 2] = fields[s], packed(state)
    changed = minutes.add_rings(changes, changed + 2, state)
  end
  call('HSET', counters, unpack(changes, 1, changed))
  return struct.pack(
    format_of(7 + marked), cost_hi, cost_lo, tokens, scopes, marked, CLOSED, requests, unpack(marks, 1, marked)) .. names
end

local function is_open_allotment(text)
  return struct.unpack('<d', text, 41) == OPEN
end
