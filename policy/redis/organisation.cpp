#include "policy/redis/organisation.h"

#include <algorithm>

namespace pulse::policy::redis {
namespace {

constexpr std::array kPeriods{
    Period::hour, Period::day, Period::week, Period::month, Period::total};

/// Braces would end the hash tag before the name does.
[[nodiscard]] std::string tag_of(std::string_view name) {
    std::string tag = "pulse:{";
    for (const char c : name) {
        if (c == '{') {
            tag += "%7B";
        } else if (c == '}') {
            tag += "%7D";
        } else {
            tag += c;
        }
    }
    // An empty hash tag is none, and the keys would lie in different slots.
    tag += name.empty() ? "default}:" : "}:";
    return tag;
}

[[nodiscard]] OpenWindows open_windows(const WindowCalendar& calendar, TimePoint at) {
    OpenWindows windows{{}, TimePoint::min(), TimePoint::max()};
    for (const Period period : kPeriods) {
        const Window window = calendar.window(period, at);
        const TimePoint begin = window.begin.value_or(TimePoint::min());
        const TimePoint end = window.end.value_or(TimePoint::max());
        windows.text.add(begin);
        windows.text.add(end);
        windows.from = std::max(windows.from, begin);
        windows.to = std::min(windows.to, end);
    }
    return windows;
}

}  // namespace

Organisation::Organisation(const std::string& name)
    : name_(name),
      prefix_(tag_of(name)),
      counters_(prefix_ + "counters"),
      leases_(prefix_ + "leases") {}

std::string Organisation::holds_of(std::string_view holder) const {
    return prefix_ + "holds:" + std::string{holder};
}

std::string Organisation::charged_of(std::string_view holder) const {
    return prefix_ + "charged:" + std::string{holder};
}

std::string Organisation::posted_of(std::string_view holder) const {
    return prefix_ + "posted:" + std::string{holder};
}

std::string Organisation::spend_of(std::string_view id) const {
    return prefix_ + "spend:" + std::string{id};
}

const OpenWindows& Organisation::windows(const WindowCalendar& calendar, TimePoint at) {
    const bool is_current =
        calendar_ == &calendar && hour_.begin && at >= *hour_.begin && at < *hour_.end;
    if (!is_current) {
        hour_ = calendar.window(Period::hour, at);
        calendar_ = &calendar;
        windows_ = open_windows(calendar, at);
    }
    return windows_;
}

}  // namespace pulse::policy::redis
