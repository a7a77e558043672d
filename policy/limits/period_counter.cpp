#include "policy/limits/period_counter.h"

namespace pulse::policy {
namespace {

/// How far workers' clock readings and small corrections may lie apart.
constexpr std::chrono::seconds kClockSlack{60};

}  // namespace

void PeriodCounter::advance(TimePoint now, const WindowCalendar& calendar) {
    const bool ended = now >= end || serial == 0;
    if (!ended && (begin == TimePoint::min() || now >= begin - kClockSlack)) {
        return;
    }
    const Window window = calendar.window(period, now);
    begin = window.begin.value_or(TimePoint::min());
    end = window.end.value_or(TimePoint::max());
    if (ended) {
        ++serial;
        spent = {};
        reserved = {};
        requests = 0;
        tokens = 0;
    }
}

std::optional<TimePoint> PeriodCounter::resets_at() const {
    return period == Period::total ? std::nullopt : std::optional{end};
}

bool PeriodCounter::is_forgettable(TimePoint now) const {
    return now >= end || (spent.is_zero() && reserved.is_zero() && requests == 0 && tokens == 0);
}

}  // namespace pulse::policy
