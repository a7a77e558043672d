#include "base/detail/posix_rule.h"

#include <chrono>
#include <cstddef>

namespace pulse::detail {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::int32_t kHour = 3'600;
constexpr int kOffsetHoursMax = 24;
constexpr int kTimeHoursMax = 167;
constexpr std::size_t kNameMin = 3;

[[nodiscard]] bool take(std::string_view& text, char c) {
    const bool found = text.starts_with(c);
    text.remove_prefix(found ? 1 : 0);
    return found;
}

[[nodiscard]] std::optional<int> take_number(std::string_view& text, int min, int max) {
    int value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9') {
        value = value * 10 + (text[digits] - '0');
        ++digits;
    }
    text.remove_prefix(digits);
    if (digits == 0 || value < min || value > max) {
        return std::nullopt;
    }
    return value;
}

[[nodiscard]] bool take_name(std::string_view& text) {
    if (take(text, '<')) {
        const std::size_t end = text.find('>');
        if (end == std::string_view::npos || end < kNameMin) {
            return false;
        }
        text.remove_prefix(end + 1);
        return true;
    }
    std::size_t letters = 0;
    while (letters < text.size() && ((text[letters] >= 'A' && text[letters] <= 'Z') ||
                                     (text[letters] >= 'a' && text[letters] <= 'z'))) {
        ++letters;
    }
    text.remove_prefix(letters);
    return letters >= kNameMin;
}

/// [+-]hh[:mm[:ss]] in seconds.
[[nodiscard]] std::optional<std::int32_t> take_time(std::string_view& text, int hours_max) {
    const bool negative = take(text, '-');
    if (!negative) {
        static_cast<void>(take(text, '+'));
    }
    const std::optional<int> hours = take_number(text, 0, hours_max);
    if (!hours) {
        return std::nullopt;
    }
    std::int32_t seconds = *hours * kHour;
    for (const std::int32_t unit : {60, 1}) {
        if (!take(text, ':')) {
            break;
        }
        const std::optional<int> part = take_number(text, 0, 59);
        if (!part) {
            return std::nullopt;
        }
        seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
}

[[nodiscard]] bool take_day(std::string_view& text, PosixRule::Date& date) {
    if (take(text, 'M')) {
        const std::optional<int> month = take_number(text, 1, 12);
        const std::optional<int> week =
            month && take(text, '.') ? take_number(text, 1, 5) : std::nullopt;
        const std::optional<int> day =
            week && take(text, '.') ? take_number(text, 0, 6) : std::nullopt;
        date.month = month.value_or(0);
        date.week = week.value_or(0);
        date.day = day.value_or(0);
        return day.has_value();
    }
    const bool julian = take(text, 'J');
    date.form = julian ? PosixRule::Date::Form::julian : PosixRule::Date::Form::day_of_year;
    const std::optional<int> day = take_number(text, julian ? 1 : 0, 365);
    date.day = day.value_or(0);
    return day.has_value();
}

[[nodiscard]] std::optional<PosixRule::Date> take_date(std::string_view& text) {
    PosixRule::Date date;
    if (!take(text, ',') || !take_day(text, date)) {
        return std::nullopt;
    }
    if (take(text, '/')) {
        const std::optional<std::int32_t> time = take_time(text, kTimeHoursMax);
        if (!time) {
            return std::nullopt;
        }
        date.time = *time;
    }
    return date;
}

[[nodiscard]] sys_days day_in(const PosixRule::Date& date, std::chrono::year year) {
    const sys_days january_first{year / 1 / 1};
    switch (date.form) {
        case PosixRule::Date::Form::month_week_day: {
            const std::chrono::month month{static_cast<unsigned>(date.month)};
            const std::chrono::weekday weekday{static_cast<unsigned>(date.day)};
            return date.week == 5
                       ? sys_days{year / month / weekday[std::chrono::last]}
                       : sys_days{year / month / weekday[static_cast<unsigned>(date.week)]};
        }
        case PosixRule::Date::Form::julian: {
            // Counts as if there were no 29th of February.
            const bool behind_leap_day = year.is_leap() && date.day > 59;
            return january_first + days{date.day - 1 + (behind_leap_day ? 1 : 0)};
        }
        case PosixRule::Date::Form::day_of_year:
            break;
    }
    return january_first + days{date.day};
}

[[nodiscard]] std::int64_t instant(
    const PosixRule::Date& date, std::chrono::year year, std::int32_t offset_before) {
    const auto midnight = std::chrono::seconds{day_in(date, year).time_since_epoch()};
    return midnight.count() + date.time - offset_before;
}

}  // namespace

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
    PosixRule rule;
    if (!take_name(text)) {
        return std::nullopt;
    }
    const std::optional<std::int32_t> west = take_time(text, kOffsetHoursMax);
    if (!west) {
        return std::nullopt;
    }
    rule.standard_offset_ = -*west;
    if (text.empty()) {
        return rule;
    }
    if (!take_name(text)) {
        return std::nullopt;
    }
    DaylightSaving daylight;
    daylight.offset = rule.standard_offset_ + kHour;
    if (!text.starts_with(',')) {
        const std::optional<std::int32_t> daylight_west = take_time(text, kOffsetHoursMax);
        if (!daylight_west) {
            return std::nullopt;
        }
        daylight.offset = -*daylight_west;
    }
    const std::optional<Date> begin = take_date(text);
    const std::optional<Date> end = begin ? take_date(text) : std::nullopt;
    if (!end || !text.empty()) {
        return std::nullopt;
    }
    daylight.begin = *begin;
    daylight.end = *end;
    rule.daylight_ = daylight;
    return rule;
}

std::array<PosixRule::Change, 2> PosixRule::changes(int year) const {
    const std::chrono::year in{year};
    return {
        Change{instant(daylight_->begin, in, standard_offset_), daylight_->offset},
        Change{instant(daylight_->end, in, daylight_->offset), standard_offset_}};
}

}  // namespace pulse::detail
