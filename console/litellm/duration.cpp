#include "console/litellm/duration.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string>

namespace pulse::console::litellm {
namespace {

using policy::Period;
using std::chrono::seconds;

struct Stretch {
    std::int64_t count = 0;
    std::string_view unit;
};

[[nodiscard]] std::optional<Stretch> read(std::string_view text) {
    constexpr std::int64_t kCountMax = 3'200'000'000;  // a hundred years of seconds
    Stretch stretch;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), stretch.count);
    if (error != std::errc{} || stretch.count <= 0 || stretch.count > kCountMax) {
        return std::nullopt;
    }
    stretch.unit = text.substr(static_cast<std::size_t>(end - text.data()));
    return stretch;
}

[[nodiscard]] std::optional<seconds> length_of(const Stretch& stretch) {
    struct Unit {
        std::string_view name;
        std::int64_t seconds;
    };
    constexpr std::array kUnits{
        Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}, Unit{"d", 86'400}, Unit{"w", 604'800}};
    constexpr std::int64_t kLongest = 100LL * 366 * 86'400;
    for (const Unit& unit : kUnits) {
        if (unit.name == stretch.unit && stretch.count <= kLongest / unit.seconds) {
            return seconds{stretch.count * unit.seconds};
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<TimePoint> after(TimePoint now, std::string_view duration) {
    const auto stretch = read(duration);
    if (!stretch) {
        return std::nullopt;
    }
    if (const auto length = length_of(*stretch)) {
        return now + *length;
    }
    constexpr std::int64_t kMonthsMax = 1'200;
    if (stretch->unit != "mo" || stretch->count > kMonthsMax) {
        return std::nullopt;
    }
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date{day};
    const auto month =
        std::chrono::year_month{date.year(), date.month()} + std::chrono::months{stretch->count};
    const auto last =
        std::chrono::year_month_day_last{month.year(), {month.month() / std::chrono::last}};
    const std::chrono::sys_days then = date.day() > last.day()
                                           ? std::chrono::sys_days{last}
                                           : std::chrono::sys_days{month / date.day()};
    return TimePoint{then} + (now - TimePoint{day});
}

std::optional<Period> period_of(std::string_view duration) {
    const auto stretch = read(duration);
    if (!stretch) {
        return std::nullopt;
    }
    if (stretch->unit == "mo") {
        return stretch->count == 1 ? std::optional{Period::month} : std::nullopt;
    }
    const auto length = length_of(*stretch);
    if (length == seconds{3'600}) {
        return Period::hour;
    }
    if (length == seconds{86'400}) {
        return Period::day;
    }
    if (length == seconds{7 * 86'400}) {
        return Period::week;
    }
    return length == seconds{30 * 86'400} ? std::optional{Period::month} : std::nullopt;
}

std::string_view duration_of(Period period) {
    switch (period) {
        case Period::hour:
            return "1h";
        case Period::day:
            return "1d";
        case Period::week:
            return "7d";
        case Period::month:
            return "30d";
        case Period::total:
            break;
    }
    return {};
}

}  // namespace pulse::console::litellm
