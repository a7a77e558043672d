#include "base/time_zone.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse {
namespace {

constexpr std::int32_t kHour = 3'600;

[[nodiscard]] std::int64_t utc(int year, unsigned month, unsigned day, int hour, int minute = 0) {
    const std::chrono::sys_days date{
        std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
    return std::chrono::seconds{date.time_since_epoch()}.count() + hour * kHour + minute * 60;
}

void append_number(std::string& out, std::uint64_t value, unsigned size) {
    for (unsigned i = size; i > 0; --i) {
        out += static_cast<char>(static_cast<unsigned char>(value >> (8 * (i - 1))));
    }
}

void append_header(std::string& out, std::uint64_t changes, std::uint64_t types) {
    out += "TZif2";
    out.append(15, '\0');
    for (const std::uint64_t count :
         {std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}, changes, types, 4 * types}) {
        append_number(out, count, 4);
    }
}

/// A zone that is at -1 h, from `change` on at +1 h, and then follows the rule.
[[nodiscard]] std::string make_file(std::int64_t change, std::string_view rule) {
    std::string file;
    append_header(file, 0, 1);
    file.append(6 + 4, '\0');
    append_header(file, 1, 2);
    append_number(file, static_cast<std::uint64_t>(change), 8);
    append_number(file, 1, 1);
    append_number(file, static_cast<std::uint64_t>(std::int64_t{-kHour}), 4);
    append_number(file, 0, 2);
    append_number(file, static_cast<std::uint64_t>(std::int64_t{kHour}), 4);
    append_number(file, 4, 2);
    file += std::string{"AAA\0BBB\0", 8};
    file += '\n';
    file += rule;
    file += '\n';
    return file;
}

TEST(PosixRule, ReadsFixedOffsets) {
    EXPECT_EQ(detail::PosixRule::parse("UTC0")->standard_offset(), 0);
    EXPECT_EQ(detail::PosixRule::parse("IST-5:30")->standard_offset(), 5 * kHour + 1'800);
    EXPECT_EQ(detail::PosixRule::parse("<-03>3")->standard_offset(), -3 * kHour);
    EXPECT_FALSE(detail::PosixRule::parse("<+03>-3")->has_daylight_saving());
}

TEST(PosixRule, KnowsTheLastSundayOfAMonth) {
    const auto changes = detail::PosixRule::parse("CET-1CEST,M3.5.0,M10.5.0/3")->changes(2026);

    EXPECT_EQ(changes[0].at, utc(2026, 3, 29, 1));
    EXPECT_EQ(changes[0].offset, 2 * kHour);
    EXPECT_EQ(changes[1].at, utc(2026, 10, 25, 1));
    EXPECT_EQ(changes[1].offset, kHour);
}

TEST(PosixRule, KnowsHoursBeyondADayAndNegativeOnes) {
    const auto greenland =
        detail::PosixRule::parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0")->changes(2026);
    const auto gaza = detail::PosixRule::parse("EET-2EEST,M3.4.4/50,M10.4.4/50")->changes(2026);

    EXPECT_EQ(greenland[0].at, utc(2026, 3, 29, 1));
    EXPECT_EQ(gaza[0].at, utc(2026, 3, 28, 0));
}

TEST(PosixRule, CountsJulianDaysWithoutTheLeapDay) {
    const auto rule = detail::PosixRule::parse("AAA0BBB,J60/0,300/0");

    EXPECT_EQ(rule->changes(2027)[0].at, utc(2027, 3, 1, 0));
    EXPECT_EQ(rule->changes(2028)[0].at, utc(2028, 3, 1, 0));
    EXPECT_EQ(rule->changes(2027)[1].at, utc(2027, 10, 28, 0) - kHour);
    EXPECT_EQ(rule->changes(2028)[1].at, utc(2028, 10, 27, 0) - kHour);
}

TEST(PosixRule, RefusesWhatIsNoRule) {
    for (const std::string_view text :
         {"",
          "A0",
          "CET",
          "CET-1CEST",
          "CET-1CEST,M3.5.0",
          "CET-1CEST,M13.5.0,M10.5.0",
          "CET-1CEST,M3.6.0,M10.5.0",
          "CET-1CEST,M3.5.7,M10.5.0",
          "CET-1CEST,M3.5.0,M10.5.0/3x",
          "CET-25",
          "CET-1:60",
          "<A>0",
          "<CET-1",
          "CET-1CEST,J0,J5",
          "CET-1CEST,366,5",
          "CET-1CEST,M3.5.0/168,M10.5.0"}) {
        EXPECT_FALSE(detail::PosixRule::parse(text).has_value()) << text;
    }
}

TEST(TimeZone, IsUtcWithoutAnyFile) {
    const TimeZone::Span span = TimeZone{}.span_at(0);

    EXPECT_EQ(span.offset, 0);
    EXPECT_EQ(span.begin, std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(span.end, std::numeric_limits<std::int64_t>::max());
}

TEST(TimeZone, FollowsTheFileAndThenItsLastLine) {
    const std::int64_t change = utc(2020, 1, 1, 0);
    const TimeZone zone = TimeZone::parse(make_file(change, "AAA-1BBB,M3.5.0,M10.5.0/3")).value();

    EXPECT_EQ(zone.span_at(change - 1).offset, -kHour);
    EXPECT_EQ(zone.span_at(change - 1).end, change);
    EXPECT_EQ(zone.span_at(change).offset, kHour);
    EXPECT_EQ(zone.span_at(change).begin, change);
    EXPECT_EQ(zone.span_at(change).end, utc(2020, 3, 29, 1));
    EXPECT_EQ(zone.span_at(utc(2150, 7, 1, 0)).offset, 2 * kHour);
}

TEST(TimeZone, StaysAtPermanentDaylightSaving) {
    const TimeZone zone =
        TimeZone::parse(make_file(utc(2020, 1, 1, 0), "AAA5BBB,0/0,J365/25")).value();

    EXPECT_EQ(zone.span_at(utc(2030, 1, 1, 4)).offset, -4 * kHour);
    EXPECT_EQ(zone.span_at(utc(2030, 1, 1, 5)).offset, -4 * kHour);
    EXPECT_EQ(zone.span_at(utc(2030, 7, 1, 0)).offset, -4 * kHour);
}

TEST(TimeZone, FindsTheFirstInstantOfALocalTimeInGapsAndRepetitions) {
    const TimeZone zone =
        TimeZone::parse(make_file(utc(2020, 1, 1, 0), "AAA-1BBB,M3.5.0,M10.5.0/3")).value();

    EXPECT_EQ(zone.first_instant(utc(2026, 6, 1, 0)), utc(2026, 5, 31, 22));
    EXPECT_EQ(zone.first_instant(utc(2026, 3, 29, 2, 30)), utc(2026, 3, 29, 1));
    EXPECT_EQ(zone.first_instant(utc(2026, 10, 25, 2, 30)), utc(2026, 10, 25, 0, 30));
}

TEST(TimeZone, RefusesDamagedFilesOfEveryLength) {
    const std::string file = make_file(utc(2020, 1, 1, 0), "AAA-1BBB,M3.5.0,M10.5.0/3");

    for (std::size_t size = 0; size < file.size(); ++size) {
        EXPECT_FALSE(TimeZone::parse(file.substr(0, size))) << size;
    }
    EXPECT_FALSE(TimeZone::parse(make_file(0, "nonsense")));
}

TEST(TimeZone, NamesTheZoneThatIsNotKnown) {
    for (const std::string_view name :
         {"Mars/Base", "", "../etc/passwd", "/etc/passwd", "Europe"}) {
        const Result<TimeZone> zone = TimeZone::open(name);
        ASSERT_FALSE(zone) << name;
        EXPECT_EQ(zone.error().code(), Errc::configuration);
    }
}

}  // namespace
}  // namespace pulse
