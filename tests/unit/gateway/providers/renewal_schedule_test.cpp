#include "gateway/providers/credentials/renewal_schedule.h"

#include <gtest/gtest.h>

#include <chrono>

namespace pulse::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kNow{seconds{1'767'225'600}};

TEST(RenewalSchedule, AsksAgainBefore90PercentOfTheLifeArePast) {
    EXPECT_EQ(next_after_success(kNow, kNow + seconds(3'600), 0), kNow + seconds(3'240));
    for (std::uint32_t dice = 0; dice < 200; ++dice) {
        const TimePoint next = next_after_success(kNow, kNow + seconds(3'600), dice);
        EXPECT_GE(next, kNow + seconds(3'060));
        EXPECT_LE(next, kNow + seconds(3'240));
    }
}

TEST(RenewalSchedule, NeitherHurriesNorForgets) {
    EXPECT_EQ(next_after_success(kNow, kNow + seconds(3), 7), kNow + seconds(10));
    EXPECT_EQ(next_after_success(kNow, kNow - seconds(3), 7), kNow + seconds(10));
    EXPECT_EQ(next_after_success(kNow, std::nullopt, 7), kNow + seconds(60));
}

TEST(RenewalSchedule, WaitsLongerAfterEachFailureUpToAMinute) {
    EXPECT_EQ(next_after_failure(kNow, 1, 250), kNow + seconds(1));
    EXPECT_EQ(next_after_failure(kNow, 2, 250), kNow + seconds(2));
    EXPECT_EQ(next_after_failure(kNow, 5, 250), kNow + seconds(16));
    EXPECT_EQ(next_after_failure(kNow, 7, 250), kNow + seconds(60));
    EXPECT_EQ(next_after_failure(kNow, 1'000'000, 250), kNow + seconds(60));
    EXPECT_EQ(next_after_failure(kNow, 1, 0), kNow + milliseconds(750));
    EXPECT_EQ(next_after_failure(kNow, 1, 500), kNow + milliseconds(1'250));
}

}  // namespace
}  // namespace pulse::gateway
