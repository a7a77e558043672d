-- What a holder says that it holds, when the counters are others than those in which it was admitted: counted without a
-- question, in the windows that were open at its admission and still are.
-- Value    length of the numbers, the numbers and the names of scopes.lua: in place of `now` when it was admitted, of the
--          beginning of the windows what it is (OWN, CLOSED)
-- `known` is what the ledger knows that it cost, for which the counters were filled with it: it is held now instead.
local function count_posted(holds, id, value, known_hi, known_lo, now)
  local size = struct.unpack('<I4', value)
  local numbers, names = doubles(string.sub(value, 5, 4 + size)), string.sub(value, 5 + size)
  local admitted, what = numbers[1], numbers[FROM]
  local hi, lo, tokens, scopes = numbers[AMOUNT_HI], numbers[AMOUNT_LO], numbers[ASKED_TOKENS], numbers[SCOPES]
  local fields = { struct.unpack('<' .. string.rep('I4c0', scopes), names) }
  local states = call('HMGET', counters, unpack(fields, 1, scopes))
  local marks, changes, changed = {}, {}, 0
  local at = FIRST_LIMITS
  for s = 1, scopes do
    local state = state_of(states[s])
    local _, following = advance(fields[s], state, numbers, at, now)
    local counted = what == OWN and RUNNING or ALLOTMENTS
    state[counted] = state[counted] + 1
    local count_at = #marks + 2
    marks[count_at - 1], marks[count_at] = -1, 0
    local place = HEAD + 1
    local kind = state[place]
    while kind do
      if kind > PERIODS then
        place = place + RATE_SIZE
      else
        if admitted >= state[place + BEGIN] and admitted < state[place + END] then
          local held_hi, held_lo = state[place + HELD_HI] + hi, state[place + HELD_LO] + lo
          if held_lo >= MICRO then
            held_hi, held_lo = held_hi + 1, held_lo - MICRO
          end
          state[place + HELD_HI], state[place + HELD_LO] = held_hi, held_lo
          local spent_hi, spent_lo = state[place + SPENT_HI] - known_hi, state[place + SPENT_LO] - known_lo
          if spent_lo < 0 then
            spent_hi, spent_lo = spent_hi - 1, spent_lo + MICRO
          end
          if spent_hi < 0 then
            spent_hi, spent_lo = 0, 0
          end
          state[place + SPENT_HI], state[place + SPENT_LO] = spent_hi, spent_lo
          state[place + REQUESTS] = state[place + REQUESTS] + 1
          state[place + TOKENS] = state[place + TOKENS] + tokens
          marks[count_at] = marks[count_at] + 1
          marks[#marks + 1], marks[#marks + 2] = kind, state[place + SERIAL]
        end
        place = place + PERIOD_SIZE
      end
      kind = state[place]
    end
    changes[changed + 1], changes[changed + 2] = fields[s], packed(state)
    changed = changed + 2
    if minutes then
      changed = minutes.add_rings(changes, changed, state)
    end
    at = following
  end
  call('HSET', counters, unpack(changes, 1, changed))
  call('HSET', holds, id,
    struct.pack(format_of(7 + #marks), hi, lo, tokens, scopes, #marks, what, 0, unpack(marks)) .. names)
end
