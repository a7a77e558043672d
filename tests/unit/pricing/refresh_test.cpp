#include "pricing/catalog/refresh.h"

#include <gtest/gtest.h>

#include <limits>

namespace pulse::pricing {
namespace {

using namespace std::chrono_literals;
constexpr Throw kLeast = 0;
constexpr Throw kMost = std::numeric_limits<Throw>::max();

TEST(Refresh, TriesThreeTimesWithGrowingWaits) {
    const RefreshRules rules;

    EXPECT_EQ(wait_after_failure(rules, 1, kMost), 1'000ms);
    EXPECT_EQ(wait_after_failure(rules, 2, kMost), 2'000ms);
    EXPECT_EQ(wait_after_failure(rules, 3, kMost), std::nullopt);
    EXPECT_EQ(wait_after_failure(rules, 1, kLeast), 0ms) << "full jitter";
    EXPECT_EQ(wait_after_failure(rules, 1, kMost / 2), 500ms);
}

TEST(Refresh, BoundsItsWaits) {
    const RefreshRules rules{.attempts = 100};

    EXPECT_EQ(wait_after_failure(rules, 90, kMost), rules.backoff_max);
}

TEST(Refresh, SpreadsRefreshesOverATenthOfTheirTime) {
    const RefreshRules rules;
    const TimePoint last{1000h};

    EXPECT_EQ(next_refresh(rules, last, kLeast), last + 24h - 144min);
    EXPECT_EQ(next_refresh(rules, last, kMost), last + 24h + 144min);
    const RefreshRules slow{.every = 24h * 90};
    EXPECT_EQ(next_refresh(slow, last, kMost), last + 24h * 99);
}

TEST(Refresh, KeepsThePricesItHasWhenTheNewOnesAreNoGood) {
    EXPECT_EQ(step_after(FetchResult::newer), RefreshStep::swap);
    EXPECT_EQ(step_after(FetchResult::failed), RefreshStep::retry);
    EXPECT_EQ(step_after(FetchResult::not_modified), RefreshStep::keep);
    EXPECT_EQ(step_after(FetchResult::unreadable), RefreshStep::keep);
    EXPECT_EQ(step_after(FetchResult::refused), RefreshStep::keep);
}

TEST(Refresh, SaysWhenPricesAreStale) {
    const RefreshRules rules;
    const TimePoint prices{1000h};

    EXPECT_FALSE(is_stale(rules, prices, prices + 24h * 7));
    EXPECT_TRUE(is_stale(rules, prices, prices + 24h * 7 + 1us));
}

}  // namespace
}  // namespace pulse::pricing
