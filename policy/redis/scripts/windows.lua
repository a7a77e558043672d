-- Windows that begin. A clock that goes back, but not far, keeps what was counted.
local CLOCK_SLACK = 60000000

local function open_period(state, place, now, from, to)
  local ended = now >= state[place + END]  -- as one is that never began
  if not ended and now >= state[place + BEGIN] - CLOCK_SLACK then
    return
  end
  state[place + BEGIN], state[place + END] = from, to
  if ended then
    state[place + SERIAL] = state[place + SERIAL] + 1
    for i = place + SPENT_HI, place + TOKENS do
      state[i] = 0
    end
  end
end
