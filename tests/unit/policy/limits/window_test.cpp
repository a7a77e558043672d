#include "policy/limits/window.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;

[[nodiscard]] TimePoint utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
    return std::chrono::sys_days{
               std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}} +
           std::chrono::hours{hour} + std::chrono::minutes{minute};
}

/// Skips the test where the system has no time zone data.
#define OPEN_OR_SKIP(name, zone)                                                      \
    const Result<WindowCalendar> opened_##name = WindowCalendar::open(zone);          \
    if (!opened_##name) {                                                             \
        GTEST_SKIP() << "no time zone data here: " << opened_##name.error().detail(); \
    }                                                                                 \
    const WindowCalendar& name = *opened_##name

TEST(WindowCalendar, KnowsEveryPeriodInUtc) {
    const WindowCalendar calendar = WindowCalendar::open("UTC").value();
    const TimePoint at = utc(2026, 7, 15, 13, 45) + 12s + 345us;  // a Wednesday

    EXPECT_EQ(
        calendar.window(Period::hour, at), (Window{utc(2026, 7, 15, 13), utc(2026, 7, 15, 14)}));
    EXPECT_EQ(calendar.window(Period::day, at), (Window{utc(2026, 7, 15), utc(2026, 7, 16)}));
    EXPECT_EQ(calendar.window(Period::week, at), (Window{utc(2026, 7, 13), utc(2026, 7, 20)}));
    EXPECT_EQ(calendar.window(Period::month, at), (Window{utc(2026, 7, 1), utc(2026, 8, 1)}));
    EXPECT_EQ(calendar.window(Period::total, at), Window{});
}

TEST(WindowCalendar, BeginsWithTheFirstInstantAndEndsBeforeTheNext) {
    const WindowCalendar calendar = WindowCalendar::utc();

    EXPECT_EQ(calendar.window(Period::month, utc(2026, 12, 31, 23, 59)).end, utc(2027, 1, 1));
    EXPECT_EQ(calendar.window(Period::month, utc(2027, 1, 1)).begin, utc(2027, 1, 1));
    EXPECT_EQ(calendar.window(Period::month, utc(2027, 1, 1) - 1us).begin, utc(2026, 12, 1));
    EXPECT_EQ(calendar.window(Period::week, utc(2026, 7, 12, 23)).begin, utc(2026, 7, 6));
    EXPECT_EQ(calendar.window(Period::month, utc(2028, 2, 29)).end, utc(2028, 3, 1));
}

TEST(WindowCalendar, HasDaysOf23And25HoursWhereClocksChange) {
    OPEN_OR_SKIP(paris, "Europe/Paris");

    EXPECT_EQ(
        paris.window(Period::day, utc(2026, 3, 29, 12)),
        (Window{utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)}));
    EXPECT_EQ(
        paris.window(Period::day, utc(2026, 10, 25, 12)),
        (Window{utc(2026, 10, 24, 22), utc(2026, 10, 25, 23)}));
    EXPECT_EQ(
        paris.window(Period::week, utc(2026, 3, 29, 12)),
        (Window{utc(2026, 3, 22, 23), utc(2026, 3, 29, 22)}));
    EXPECT_EQ(
        paris.window(Period::month, utc(2026, 3, 31, 22, 30)),
        (Window{utc(2026, 3, 31, 22), utc(2026, 4, 30, 22)}));
}

TEST(WindowCalendar, KnowsRulesBeyondTheTableOfItsFile) {
    OPEN_OR_SKIP(paris, "Europe/Paris");

    EXPECT_EQ(
        paris.window(Period::day, utc(2090, 7, 1, 12)),
        (Window{utc(2090, 6, 30, 22), utc(2090, 7, 1, 22)}));
}

TEST(WindowCalendar, BeginsADayWithoutMidnightWhenTheClocksJump) {
    OPEN_OR_SKIP(cairo, "Africa/Cairo");  // 2026-04-24 begins at 01:00, which is 22:00 UTC

    EXPECT_EQ(
        cairo.window(Period::day, utc(2026, 4, 24, 12)),
        (Window{utc(2026, 4, 23, 22), utc(2026, 4, 24, 21)}));
    EXPECT_EQ(cairo.window(Period::day, utc(2026, 4, 23, 12)).end, utc(2026, 4, 23, 22));
}

TEST(WindowCalendar, TakesTheFirstOfTwoMidnights) {
    OPEN_OR_SKIP(
        havana, "America/Havana");  // 2026-11-01: 00:00 comes twice, at 04:00 and 05:00 UTC

    EXPECT_EQ(
        havana.window(Period::day, utc(2026, 11, 1, 5)),
        (Window{utc(2026, 11, 1, 4), utc(2026, 11, 2, 5)}));
}

TEST(WindowCalendar, KeepsToTheNewDateWhenClocksGoBackOverMidnight) {
    OPEN_OR_SKIP(
        toronto, "America/St_Johns");  // 2006-10-29: at 00:01 back to 23:01 of the day before

    const TimePoint midnight = utc(2006, 10, 29, 2, 30);
    EXPECT_EQ(toronto.window(Period::day, midnight - 1us).end, midnight);
    EXPECT_EQ(toronto.window(Period::day, midnight + 30min).begin, midnight);
    EXPECT_EQ(toronto.window(Period::day, midnight + 30min).end, utc(2006, 10, 30, 3, 30));
}

TEST(WindowCalendar, CutsHoursWhereClocksChangeByHalfAnHour) {
    OPEN_OR_SKIP(lord_howe, "Australia/Lord_Howe");  // +11 -> +10:30 on 2026-04-04 at 15:00 UTC

    EXPECT_EQ(
        lord_howe.window(Period::hour, utc(2026, 4, 4, 14, 59)),
        (Window{utc(2026, 4, 4, 14), utc(2026, 4, 4, 15)}));
    EXPECT_EQ(
        lord_howe.window(Period::hour, utc(2026, 4, 4, 15, 10)),
        (Window{utc(2026, 4, 4, 15), utc(2026, 4, 4, 15, 30)}));
}

TEST(WindowCalendar, AlignsHoursToTheZone) {
    OPEN_OR_SKIP(kolkata, "Asia/Kolkata");

    EXPECT_EQ(
        kolkata.window(Period::hour, utc(2026, 7, 15, 13, 45)),
        (Window{utc(2026, 7, 15, 13, 30), utc(2026, 7, 15, 14, 30)}));
}

class EveryZone : public testing::TestWithParam<const char*> {};

TEST_P(EveryZone, HasWindowsWithoutGapOrOverlap) {
    OPEN_OR_SKIP(calendar, GetParam());

    for (const Period period : {Period::hour, Period::day, Period::week, Period::month}) {
        TimePoint at = utc(2024, 12, 20, 3, 17);
        while (at < utc(2027, 2, 1)) {
            const Window window = calendar.window(period, at);
            ASSERT_LE(*window.begin, at);
            ASSERT_LT(at, *window.end);
            ASSERT_EQ(calendar.window(period, *window.begin), window);
            ASSERT_EQ(calendar.window(period, *window.end - 1us), window);
            ASSERT_EQ(calendar.window(period, *window.end).begin, window.end);
            at = *window.end;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Zones,
    EveryZone,
    testing::Values(
        "UTC",
        "Europe/Paris",
        "America/New_York",
        "America/Havana",
        "America/Santiago",
        "Africa/Cairo",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "Asia/Gaza",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Atlantic/Azores"));

}  // namespace
}  // namespace pulse::policy
