#include "storage/postgres/text_values.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace pulse::storage::postgres {
namespace {

using std::chrono::microseconds;

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
    const std::string digits = std::to_string(value);
    out.append(width - std::min(width, digits.size()), '0').append(digits);
}

/// Takes fields off the front of a text.
class Fields {
public:
    explicit Fields(std::string_view text) : rest_(text) {}

    std::int64_t number() {
        std::int64_t value = 0;
        const auto [end, failed] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (failed != std::errc{} || rest_.front() == '-') {
            failed_ = true;
            return 0;
        }
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }
    bool take(char expected) {
        if (rest_.empty() || rest_.front() != expected) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    void need(char expected) { failed_ = !take(expected) || failed_; }
    /// `.5` is 500000.
    std::int64_t fraction_us() {
        std::int64_t value = 0;
        std::int64_t scale = 100'000;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; scale /= 10) {
            value += (rest_.front() - '0') * scale;
            rest_.remove_prefix(1);
        }
        return value;
    }
    [[nodiscard]] bool is_done() const { return !failed_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool failed_ = false;
};

/// Behind `+` or `-`: hours, then minutes and seconds where they are not zero.
[[nodiscard]] std::int64_t offset_seconds(Fields& fields) {
    std::int64_t seconds = fields.number() * 3'600;
    if (fields.take(':')) {
        seconds += fields.number() * 60;
    }
    if (fields.take(':')) {
        seconds += fields.number();
    }
    return seconds;
}

}  // namespace

void append_time(std::string& out, TimePoint time) {
    using namespace std::chrono;
    constexpr sys_days kFirst = year{1} / January / 1;
    constexpr sys_days kLast = year{32'767} / December / 31;
    const sys_days day = std::clamp(floor<days>(time), kFirst, kLast);
    const year_month_day date{day};
    append_digits(out, int{date.year()}, 4);
    out += '-';
    append_digits(out, unsigned{date.month()}, 2);
    out += '-';
    append_digits(out, unsigned{date.day()}, 2);
    const std::int64_t us =
        std::clamp<std::int64_t>((time - day).count(), 0, microseconds{days{1}}.count() - 1);
    out += ' ';
    append_digits(out, us / 3'600'000'000, 2);
    out += ':';
    append_digits(out, us / 60'000'000 % 60, 2);
    out += ':';
    append_digits(out, us / 1'000'000 % 60, 2);
    out += '.';
    append_digits(out, us % 1'000'000, 6);
    out.append("+00");
}

std::optional<TimePoint> parse_time(std::string_view text) {
    using namespace std::chrono;
    if (text == "infinity") {
        return TimePoint::max();
    }
    if (text == "-infinity") {
        return TimePoint::min();
    }
    Fields fields{text};
    const std::int64_t years = fields.number();
    fields.need('-');
    const std::int64_t months = fields.number();
    fields.need('-');
    const std::int64_t month_days = fields.number();
    std::int64_t seconds = 0;
    std::int64_t us = 0;
    if (fields.take(' ')) {
        seconds = fields.number() * 3'600;
        fields.need(':');
        seconds += fields.number() * 60;
        fields.need(':');
        seconds += fields.number();
        us = fields.take('.') ? fields.fraction_us() : 0;
    }
    if (fields.take('+')) {
        seconds -= offset_seconds(fields);
    } else if (fields.take('-')) {
        seconds += offset_seconds(fields);
    }
    const year_month_day date{
        year{static_cast<int>(years)},
        month{static_cast<unsigned>(months)},
        day{static_cast<unsigned>(month_days)}};
    if (!fields.is_done() || years > 32'767 || !date.ok()) {
        return std::nullopt;
    }
    return TimePoint{sys_days{date}.time_since_epoch()} + std::chrono::seconds{seconds} +
           microseconds{us};
}

}  // namespace pulse::storage::postgres
