#include "storage/queries/calendar.h"

#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace pulse::storage {
namespace {

using std::chrono::days;

[[nodiscard]] TimePoint at(std::string_view text) {
    return parse_rfc3339(text).value();
}

[[nodiscard]] TimeZone zone(std::string_view name) {
    return TimeZone::open(name).value();
}

TEST(Calendar, CutsDaysAtMidnightOfTheZoneAlsoWhereClocksChange) {
    const Stretch time{at("2026-03-28T12:00:00Z"), at("2026-03-30T12:00:00Z")};

    const auto buckets = buckets_of(zone("Europe/Paris"), Granularity::day, time).value();

    ASSERT_EQ(buckets.size(), 3U);
    EXPECT_EQ(buckets[0].label, "2026-03-28");
    EXPECT_EQ(buckets[0].time, (Stretch{time.begin, at("2026-03-28T23:00:00Z")}));
    EXPECT_EQ(buckets[1].label, "2026-03-29");
    EXPECT_EQ(buckets[1].time.end, at("2026-03-29T22:00:00Z"));
    EXPECT_EQ(buckets[2].time, (Stretch{at("2026-03-29T22:00:00Z"), time.end}));
}

TEST(Calendar, CutsMonthsAndHoursByTheZonesClocks) {
    const Stretch time{at("2026-10-24T18:00:00Z"), at("2026-11-02T00:00:00Z")};

    const auto months = buckets_of(zone("America/St_Johns"), Granularity::month, time).value();
    const auto hours = buckets_of(
                           zone("Asia/Kolkata"),
                           Granularity::hour,
                           {at("2026-01-01T00:00:00Z"), at("2026-01-01T02:00:00Z")})
                           .value();

    ASSERT_EQ(months.size(), 2U);
    EXPECT_EQ(months[0].label, "2026-10");
    EXPECT_EQ(months[0].time.end, at("2026-11-01T02:30:00Z"));
    EXPECT_EQ(months[1].label, "2026-11");
    ASSERT_EQ(hours.size(), 3U);
    EXPECT_EQ(hours[0].label, "2026-01-01T05:30:00+05:30");
    EXPECT_EQ(hours[1].label, "2026-01-01T06:00:00+05:30");
    EXPECT_EQ(hours[2].time.end, at("2026-01-01T02:00:00Z"));
}

TEST(Calendar, GivesBothHoursThatClocksShowTwiceALabelOfTheirOwn) {
    const Stretch time{at("2026-10-25T00:00:00Z"), at("2026-10-25T02:00:00Z")};

    const auto hours = buckets_of(zone("Europe/Paris"), Granularity::hour, time).value();

    ASSERT_EQ(hours.size(), 2U);
    EXPECT_EQ(hours[0].label, "2026-10-25T02:00:00+02:00");
    EXPECT_EQ(hours[1].label, "2026-10-25T02:00:00+01:00");
}

TEST(Calendar, NamesTheDateOfAnInstant) {
    EXPECT_EQ(
        local_date(zone("Asia/Kolkata"), at("2026-02-28T18:30:00Z")),
        std::chrono::sys_days{std::chrono::year{2026} / 3 / 1});
    EXPECT_EQ(
        local_date(zone("Asia/Kolkata"), at("2026-02-28T18:29:59.999999Z")),
        std::chrono::sys_days{std::chrono::year{2026} / 2 / 28});
    EXPECT_EQ(local_date({}, TimePoint{}), std::chrono::sys_days{});
}

TEST(Calendar, HasNoBucketsOfAnEmptyTimeAndBoundsThoseOfALongOne) {
    const TimePoint begin = at("2000-01-01T00:00:00Z");

    EXPECT_TRUE(buckets_of({}, Granularity::day, {begin, begin})->empty());
    EXPECT_EQ(
        buckets_of({}, Granularity::hour, {begin, begin + days{365}}).error().code(),
        Errc::invalid_request);
    EXPECT_EQ(
        buckets_of({}, Granularity::total, {begin - days{40'000}, begin}).error().code(),
        Errc::invalid_request);
}

}  // namespace
}  // namespace pulse::storage
