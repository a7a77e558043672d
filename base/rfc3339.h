#pragma once

#include "base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace pulse {

/// "2026-11-21T09:30:00Z": UTC, whole seconds (RFC 3339 §5.6); a fraction is cut off.
[[nodiscard]] std::string rfc3339_seconds(TimePoint time);
/// "2026-11-21T09:30:00.000250Z": UTC, microseconds.
[[nodiscard]] std::string rfc3339_micros(TimePoint time);

/// A date-time of RFC 3339 §5.6 with 'T' and 'Z' or an offset ("2026-11-21T10:30:00.5+01:00"), or a
/// full-date, which is its midnight in UTC. Digits behind the sixth of a fraction are cut off; a
/// leap second (":60") is the next minute's start. Nothing for all else.
[[nodiscard]] std::optional<TimePoint> parse_rfc3339(std::string_view text);

}  // namespace pulse
