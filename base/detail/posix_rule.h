#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pulse::detail {

/// The yearly rule of a time zone: standard offset, and when daylight saving begins and ends.
/// Seconds east of UTC. Value. Source: POSIX.1-2017 Base Definitions §8.3 (TZ), with RFC 9636
/// §3.3.1's hours of -167 to 167.
class PosixRule {
public:
    /// "CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3", "EST5EDT,0/0,J365/25". None for text that is no
    /// rule; daylight saving without dates is none either.
    [[nodiscard]] static std::optional<PosixRule> parse(std::string_view text);

    struct Change {
        std::int64_t at = 0;      ///< seconds since the epoch, UTC
        std::int32_t offset = 0;  ///< from then on
    };
    [[nodiscard]] bool has_daylight_saving() const { return daylight_.has_value(); }
    [[nodiscard]] std::int32_t standard_offset() const { return standard_offset_; }
    /// Begin and end of daylight saving in a year of the calendar, in no fixed order. Needs
    /// has_daylight_saving().
    [[nodiscard]] std::array<Change, 2> changes(int year) const;

    /// A day of each year and a local time on it.
    struct Date {
        enum class Form : std::uint8_t { month_week_day, julian, day_of_year };
        Form form = Form::month_week_day;
        int month = 0;
        int week = 0;  ///< 5 is the last
        int day = 0;   ///< weekday from Sunday, or day of the year
        std::int32_t time = 7'200;
    };

private:
    struct DaylightSaving {
        std::int32_t offset = 0;
        Date begin;
        Date end;
    };
    std::int32_t standard_offset_ = 0;
    std::optional<DaylightSaving> daylight_;
};

}  // namespace pulse::detail
