#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "policy/access/policy.h"
#include "policy/limits/window.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace pulse::policy {

inline constexpr std::size_t kPeriodCount = 5;

/// What went in the open window of one period: money spent and held, requests, tokens. When the
/// window ends, all of it ends: a hold of yesterday never touches today's. Value; not thread-safe.
struct PeriodCounter {
    explicit PeriodCounter(Period counted) : period(counted) {}

    /// Opens the window that `now` lies in, if it is another one. A clock that goes back keeps what
    /// was counted.
    void advance(TimePoint now, const WindowCalendar& calendar);

    [[nodiscard]] std::optional<TimePoint> resets_at() const;
    /// Does an ended or an untouched window make it safe to forget?
    [[nodiscard]] bool is_forgettable(TimePoint now) const;

    Period period;
    std::uint32_t serial = 0;  ///< of the window; 0 before the first
    TimePoint begin = TimePoint::min();
    TimePoint end = TimePoint::min();
    Money spent;
    Money reserved;
    std::int64_t requests = 0;
    std::int64_t tokens = 0;  ///< estimates of running requests, what the others really used
};

}  // namespace pulse::policy
