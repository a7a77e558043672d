-- The counters of one organisation's scopes: policy/limits/{period_counter,scope_counters}.cpp in Lua, answer for answer.
-- Part of every script here (docs/formats/redis.md). Commands of Redis 5 only.
--
-- KEYS[1]  hash: 'epoch', 'seen' (when a script last ran here), and a packed state per scope
-- Numbers are doubles, exact to 2^53: money is two of them, whole micro-units and the rest in 10^-12.
--
-- A script makes its functions anew at each call, so only what nearly every call needs stands here.

local call = redis.call
local counters = KEYS[1]
local MICRO = 1000000

-- A constant's beginning costs less than string.rep.
local FORMAT = '<ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd'

local function format_of(count)
  if count < #FORMAT then
    return string.sub(FORMAT, 1, count + 1)
  end
  return '<' .. string.rep('d', count)
end

local function doubles(text)
  local count = #text / 8
  local numbers = { struct.unpack(format_of(count), text) }
  numbers[count + 1] = nil  -- where it stopped reading
  return numbers
end

local function packed(numbers)
  return struct.pack(format_of(#numbers), unpack(numbers))
end

local function store_time(given)
  if given >= 0 then
    return given
  end
  local time = call('TIME')
  return time[1] * 1000000 + time[2]
end

-- A scope's state: one array of numbers. Its head: running requests, requests and tokens that open allotments hold,
-- allotments. Then its parts in the order in which they came to be: the kind first, 1 to 5 for hour, day, week, month,
-- total, and 6 and 7 for the sliding minutes of requests and of tokens (minutes.lua), whose rings of buckets are fields of
-- their own, read once in three seconds: at -6 and -7 when they are.
local RUNNING, AHEAD_REQUESTS, AHEAD_TOKENS, ALLOTMENTS, HEAD = 1, 2, 3, 4, 4
local DAY, PERIODS, REQUEST_RATE, TOKEN_RATE = 2, 5, 6, 7
local PERIOD_SIZE, RATE_SIZE = 10, 7

-- A calendar window, from its part's place.
local BEGIN, END, SERIAL, SPENT_HI, SPENT_LO, HELD_HI, HELD_LO, REQUESTS, TOKENS = 1, 2, 3, 4, 5, 6, 7, 8, 9

-- From its text; false: a new one.
local function state_of(text)
  if text then
    return doubles(text)
  end
  return { 0, 0, 0, 0 }
end

-- Where the part of a kind is, or would be appended, and whether it is there.
local function place_of(state, kind)
  local place = HEAD + 1
  local found = state[place]
  while found and found ~= kind do
    place = place + (found > PERIODS and RATE_SIZE or PERIOD_SIZE)
    found = state[place]
  end
  return place, found
end

-- The place of a part, which is made where there is none.
local function part_of(state, kind)
  local place, found = place_of(state, kind)
  if not found then
    state[place] = kind
    for i = place + 1, place + (kind > PERIODS and RATE_SIZE or PERIOD_SIZE) - 1 do
      state[i] = 0
    end
  end
  return place
end

-- What a hold is: of a call, of an allotment from which calls are drawn, of one from which none are any more.
local OWN, OPEN, CLOSED = 0, 1, 2
