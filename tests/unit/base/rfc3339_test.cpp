#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace pulse {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kTime =
    std::chrono::sys_days{std::chrono::year{2026} / 2 / 3} + 4h + 5min + 6s + 789us;

TEST(Rfc3339, WritesUtcWithAndWithoutMicroseconds) {
    EXPECT_EQ(rfc3339_seconds(kTime), "2026-02-03T04:05:06Z");
    EXPECT_EQ(rfc3339_micros(kTime), "2026-02-03T04:05:06.000789Z");
    EXPECT_EQ(rfc3339_micros(TimePoint{-1us}), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, ReadsWhatItWrites) {
    EXPECT_EQ(parse_rfc3339(rfc3339_micros(kTime)), kTime);
    EXPECT_EQ(
        parse_rfc3339(rfc3339_seconds(kTime)), std::chrono::floor<std::chrono::seconds>(kTime));
}

TEST(Rfc3339, ReadsDatesOffsetsAndFractions) {
    EXPECT_EQ(parse_rfc3339("2026-02-03"), std::chrono::floor<std::chrono::days>(kTime));
    EXPECT_EQ(parse_rfc3339("2026-02-03T05:05:06.000789+01:00"), kTime);
    EXPECT_EQ(parse_rfc3339("2026-02-02T22:35:06.000789-05:30"), kTime);
    EXPECT_EQ(parse_rfc3339("2026-02-03T04:05:06.0007899999Z"), kTime);
    EXPECT_EQ(parse_rfc3339("2024-02-29T23:59:60Z"), parse_rfc3339("2024-03-01"));
}

TEST(Rfc3339, RefusesEverythingElse) {
    for (const char* text :
         {"",
          "2026",
          "2026-2-3",
          "2026-13-01",
          "2026-02-30",
          "2026-02-03T",
          "2026-02-03T04:05",
          "2026-02-03T04:05:06",
          "2026-02-03T24:00:00Z",
          "2026-02-03T04:60:00Z",
          "2026-02-03T04:05:61Z",
          "2026-02-03T04:05:06.Z",
          "2026-02-03T04:05:06Zx",
          "2026-02-03T04:05:06+1:00",
          "2026-02-03 04:05:06Z",
          " 2026-02-03",
          "+026-02-03",
          "2026-02-03T04:05:06+24:00",
          "20260203"}) {
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace pulse
