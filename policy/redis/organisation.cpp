#include "policy/redis/organisation.h"

namespace pulse::policy::redis {
namespace {

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

std::string Organisation::spend_of(std::string_view id) const {
    return prefix_ + "spend:" + std::string{id};
}

std::string_view Organisation::windows(const WindowCalendar& calendar, TimePoint at) {
    const bool is_current =
        calendar_ == &calendar && hour_.begin && at >= *hour_.begin && at < *hour_.end;
    if (!is_current) {
        hour_ = calendar.window(Period::hour, at);
        calendar_ = &calendar;
        windows_.clear();
        windows_.add_windows(calendar, at);
    }
    return windows_.text();
}

}  // namespace pulse::policy::redis
