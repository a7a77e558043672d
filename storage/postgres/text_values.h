#pragma once

#include "base/clock.h"

#include <optional>
#include <string>
#include <string_view>

/// Values as PostgreSQL writes and reads them as text, with DateStyle ISO.
namespace pulse::storage::postgres {

/// `2026-11-21 19:30:00.123456+00`. Times beyond the year 32767 are given as its end, those before
/// the year 1 as its begin: nothing that Pulse records is.
void append_time(std::string& out, TimePoint time);

/// With any offset behind it, or `infinity`, which is as far away as a TimePoint goes. None where
/// it is no time.
[[nodiscard]] std::optional<TimePoint> parse_time(std::string_view text);

}  // namespace pulse::storage::postgres
