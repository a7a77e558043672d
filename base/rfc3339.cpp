#include "base/rfc3339.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

namespace pulse {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::string date_time(TimePoint time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<seconds>(time - day)};
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count());
}

/// Takes a text apart from its front; fails once and for all.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    /// Exactly `digits` decimal digits.
    [[nodiscard]] int number(std::size_t digits) {
        if (rest_.size() < digits) {
            failed_ = true;
        }
        int value = 0;
        for (std::size_t i = 0; i < digits && !failed_; ++i) {
            failed_ = !is_digit(rest_[i]);
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(failed_ ? 0 : digits);
        return failed_ ? 0 : value;
    }
    [[nodiscard]] bool take(char c) {
        const bool is_there = !failed_ && rest_.starts_with(c);
        rest_.remove_prefix(is_there ? 1 : 0);
        return is_there;
    }
    void demand(char c) { failed_ = !take(c); }
    void demand(bool is_right) { failed_ = failed_ || !is_right; }
    [[nodiscard]] microseconds fraction() {
        std::int64_t value = 0;
        std::int64_t unit = 100'000;
        demand(!rest_.empty() && is_digit(rest_.front()));
        while (!failed_ && !rest_.empty() && is_digit(rest_.front())) {
            value += unit * (rest_.front() - '0');
            unit /= 10;
            rest_.remove_prefix(1);
        }
        return microseconds{value};
    }
    [[nodiscard]] bool is_at_end() const { return !failed_ && rest_.empty(); }

private:
    [[nodiscard]] static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    std::string_view rest_;
    bool failed_ = false;
};

/// Hours and minutes within their ranges.
minutes hours_and_minutes(Reader& reader) {
    const int hour = reader.number(2);
    reader.demand(':');
    const int minute = reader.number(2);
    reader.demand(hour < 24 && minute < 60);
    return hours{hour} + minutes{minute};
}

/// What is behind the date: the time of day in UTC.
microseconds time_of_day(Reader& reader) {
    microseconds time = hours_and_minutes(reader);
    reader.demand(':');
    const int second = reader.number(2);
    reader.demand(second <= 60);
    time += seconds{second};
    if (reader.take('.')) {
        time += reader.fraction();
    }
    if (reader.take('+')) {
        time -= hours_and_minutes(reader);
    } else if (reader.take('-')) {
        time += hours_and_minutes(reader);
    } else {
        reader.demand('Z');
    }
    return time;
}

}  // namespace

std::string rfc3339_seconds(TimePoint time) {
    return date_time(time) + 'Z';
}

std::string rfc3339_micros(TimePoint time) {
    const auto fraction = time - std::chrono::floor<seconds>(time);
    return date_time(time) + fmt::format(".{:06}Z", fraction.count());
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
    Reader reader(text);
    const std::chrono::year year{reader.number(4)};
    reader.demand('-');
    const std::chrono::month month{static_cast<unsigned>(reader.number(2))};
    reader.demand('-');
    const std::chrono::day day{static_cast<unsigned>(reader.number(2))};
    const std::chrono::year_month_day date{year, month, day};
    reader.demand(date.ok());
    microseconds time{0};
    if (!reader.is_at_end()) {
        reader.demand('T');
        time = time_of_day(reader);
    }
    if (!reader.is_at_end()) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date} + time;
}

}  // namespace pulse
