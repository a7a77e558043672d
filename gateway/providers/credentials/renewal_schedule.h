#pragma once

#include "base/clock.h"

#include <cstdint>
#include <optional>

namespace pulse::gateway {

// When something that ends is fetched again. `dice` is any number: machines that started together
// must not ask together. Pure.

/// After 85 to 90 % of the time that is left, 10 s at least; what has no end is looked at again
/// after a minute (a file may have been written anew).
[[nodiscard]] TimePoint next_after_success(
    TimePoint now, std::optional<TimePoint> expires_at, std::uint32_t dice);

/// After 1 s, then twice as long each time up to a minute, a quarter more or less.
[[nodiscard]] TimePoint next_after_failure(TimePoint now, int failures, std::uint32_t dice);

/// When a provider refuses what was fetched last: 10 s after that at the earliest, so that an
/// account without rights asks its token server no more than six times a minute.
[[nodiscard]] TimePoint next_after_refusal(TimePoint renewed_at);

}  // namespace pulse::gateway
