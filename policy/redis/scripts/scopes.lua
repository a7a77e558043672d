-- What is asked of several scopes at once.
-- ARGV     epoch, numbers, windows {begin, end of hour … total}, the script's own word, names (the scopes' fields as holds
--          keep them), then each scope's field
-- Numbers  now or -1, from when and until when the windows are those of a moment, an amount in two words, tokens, number of
--          scopes, then per scope its limits: parallel requests, number of budgets, 1 where counts follow; per budget its
--          period, limit in two words, 1 when it is soft, nine tenths of the limit in two words; the counts: requests a minute,
--          6, tokens a minute, 7, requests a day, tokens a day, 2. No limit: -1.
-- In place of a period, of 6, 7 and 2 advance() writes where in the scope's state that part is.
local FROM, TO, AMOUNT_HI, AMOUNT_LO, ASKED_TOKENS, SCOPES, FIRST_LIMITS = 2, 3, 4, 5, 6, 7, 8
local FIRST_FIELD = 6
local BUDGET_COUNT, HAS_COUNTS, BUDGETS, BUDGET_SIZE = 1, 2, 3, 6
local RPM, RPM_PLACE, TPM, TPM_PLACE, RPD, TPD, DAY_PLACE, COUNTS_SIZE = 0, 1, 2, 3, 4, 5, 6, 7

-- Brings a scope's state to `now`; answers where its counts and the next scope's limits are among the numbers.
local windows
local function advance(field, state, numbers, at, now)
  local counts = at + BUDGETS + BUDGET_SIZE * numbers[at + BUDGET_COUNT]
  for i = at + BUDGETS, counts - 1, BUDGET_SIZE do
    numbers[i] = part_of(state, numbers[i])
  end
  local following = counts
  if numbers[at + HAS_COUNTS] == 1 then
    following = counts + COUNTS_SIZE
    if numbers[counts + RPM] >= 0 then
      local rate = part_of(state, REQUEST_RATE)
      numbers[counts + RPM_PLACE], state[rate + LIMIT] = rate, numbers[counts + RPM]
    end
    if numbers[counts + TPM] >= 0 then
      local rate = part_of(state, TOKEN_RATE)
      numbers[counts + TPM_PLACE], state[rate + LIMIT] = rate, numbers[counts + TPM]
    end
    if numbers[counts + RPD] >= 0 or numbers[counts + TPD] >= 0 then
      numbers[counts + DAY_PLACE] = part_of(state, DAY)
    end
  end
  local place = HEAD + 1
  local kind = state[place]
  while kind do
    if kind > PERIODS then
      if state[place + NEWEST] ~= bucket_at(now) or state[place + DEBT] ~= 0 then
        minutes = minutes or make_minutes()
        state.field = field
        minutes.advance(state, place, now)
      end
      place = place + RATE_SIZE
    else
      if now >= state[place + END] or now < state[place + BEGIN] - CLOCK_SLACK then
        windows = windows or doubles(ARGV[3])
        open_period(state, place, now, windows[2 * kind - 1], windows[2 * kind])
      end
      place = place + PERIOD_SIZE
    end
    kind = state[place]
  end
  return counts, following
end

-- Limit, remaining and reset of requests, then of tokens: of the scope that has least; a limit of -1 where there is none.
-- Only where there are counts. What open allotments hold is not used yet: it comes back when it is needed.
local rates
local function take_rates(field, state, numbers, counts, now)
  rates = rates or { -1, 0, 0, -1, 0, 0 }
  local minute, rate = numbers[counts + RPM], numbers[counts + RPM_PLACE]
  local per_day, counted = numbers[counts + RPD], REQUESTS
  local ahead = AHEAD_REQUESTS
  for at = 1, 4, 3 do
    local day = numbers[counts + DAY_PLACE]
    local limit, used = minute, nil
    if minute >= 0 then
      used = state[rate + COUNTED] + state[rate + DEBT]
    elseif per_day >= 0 then
      limit, used = per_day, state[day + counted] - state[ahead]
    end
    if used then
      local remaining = limit > used and limit - used or 0
      if rates[at] < 0 or remaining < rates[at + 1] then
        rates[at], rates[at + 1] = limit, remaining
        if minute < 0 then
          rates[at + 2] = math.max(0, math.ceil((state[day + END] - now) / 1000))
        elseif state[rate + CURRENT] ~= 0 then
          rates[at + 2] = math.ceil(((state[rate + NEWEST] + BUCKETS) * BUCKET - now) / 1000)
        else
          state.field = field
          rates[at + 2] = make_waits().wait_until_clear(state, rate, now)
        end
      end
    end
    minute, rate = numbers[counts + TPM], numbers[counts + TPM_PLACE]
    per_day, counted, ahead = numbers[counts + TPD], TOKENS, AHEAD_TOKENS
  end
end
