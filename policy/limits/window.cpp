#include "policy/limits/window.h"

#include "base/time_zone.h"

#include <algorithm>
#include <utility>

namespace pulse::policy {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kHour = 3'600;

[[nodiscard]] TimePoint time_point(std::int64_t at) {
    return TimePoint{seconds{at}};
}

/// The first day of the day, week or month that a date lies in, and of the next one (`step` 1), the
/// one before (-1).
[[nodiscard]] sys_days first_day(Period period, sys_days day, int step) {
    if (period == Period::month) {
        const year_month_day date{day};
        const auto month = date.year() / date.month() + months{step};
        return sys_days{month / 1};
    }
    if (period == Period::week) {
        const std::chrono::weekday weekday{day};
        return day - (weekday - std::chrono::Monday) + days{7 * step};
    }
    return day + days{step};
}

[[nodiscard]] Window hour_window(const TimeZone& zone, std::int64_t at) {
    const TimeZone::Span span = zone.span_at(at);
    const std::int64_t local = at + span.offset;
    const std::int64_t into_hour = ((local % kHour) + kHour) % kHour;
    // Cut at a change of the clocks, which need not be by whole hours.
    return {
        time_point(std::max(at - into_hour, span.begin)),
        time_point(std::min(at - into_hour + kHour, span.end))};
}

[[nodiscard]] Window day_window(const TimeZone& zone, Period period, std::int64_t at) {
    const auto begin_of = [&](sys_days day) {
        return zone.first_instant(seconds{day.time_since_epoch()}.count());
    };
    const seconds local{at + zone.span_at(at).offset};
    sys_days first = first_day(period, sys_days{std::chrono::floor<days>(local)}, 0);
    // Clocks put back over midnight show a date twice: its first midnight is the one that counts.
    while (at >= begin_of(first_day(period, first, 1))) {
        first = first_day(period, first, 1);
    }
    return {time_point(begin_of(first)), time_point(begin_of(first_day(period, first, 1)))};
}

}  // namespace

struct WindowCalendar::Zone {
    TimeZone rules;
};

WindowCalendar::WindowCalendar(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

Result<WindowCalendar> WindowCalendar::open(std::string_view time_zone) {
    Result<TimeZone> rules = TimeZone::open(time_zone);
    if (!rules) {
        return rules.error();
    }
    return WindowCalendar{std::make_shared<const Zone>(Zone{std::move(*rules)})};
}

WindowCalendar WindowCalendar::utc() {
    return WindowCalendar{std::make_shared<const Zone>()};
}

Window WindowCalendar::window(Period period, TimePoint at) const {
    if (period == Period::total) {
        return {};
    }
    const std::int64_t second = std::chrono::floor<seconds>(at.time_since_epoch()).count();
    return period == Period::hour ? hour_window(zone_->rules, second)
                                  : day_window(zone_->rules, period, second);
}

}  // namespace pulse::policy
