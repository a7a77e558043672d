#include "pricing/tokens/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

namespace pulse::pricing {
namespace {

TEST(Calibration, ChangesNothingBeforeItHasSeenACall) {
    EXPECT_EQ(Calibration{}.adjust(100), 100);
    EXPECT_EQ(Calibration{}.adjust(0), 0);
}

// The goal of the design: median error at most 5 % after 50 calls, for a family whose tokens are
// half as many again.
TEST(Calibration, IsNearAfterFiftyCalls) {
    std::mt19937 random{7};
    Calibration calibration;
    std::vector<std::int64_t> percents;
    for (int call = 0; call < 250; ++call) {
        const std::int64_t guessed = 100 + static_cast<std::int64_t>(random() % 5'000);
        const std::int64_t billed =
            guessed * (145 + static_cast<std::int64_t>(random() % 11)) / 100 + 9;
        if (call >= 50) {
            percents.push_back(std::abs(calibration.adjust(guessed) - billed) * 100 / billed);
        }
        calibration.observe(guessed, billed);
    }
    std::sort(percents.begin(), percents.end());
    EXPECT_LE(percents[percents.size() / 2], 5);
}

TEST(Calibration, LearnsAnewWhenTheTokenizerChanges) {
    Calibration calibration;
    for (int call = 0; call < 1'000; ++call) {
        calibration.observe(1'000, 1'000);
    }
    for (int call = 0; call < 200; ++call) {
        calibration.observe(1'000, 1'500);
    }
    EXPECT_NEAR(static_cast<double>(calibration.adjust(1'000)), 1'500, 10);
}

TEST(Calibration, IsNotMovedFarByOneCaller) {
    Calibration calibration;
    for (int call = 0; call < 30; ++call) {
        calibration.observe(1'000, 1'000);
    }
    calibration.observe(1'000'000, 2'000);
    EXPECT_GT(calibration.adjust(1'000), 750);
    for (int call = 0; call < 1'000; ++call) {
        calibration.observe(1'000'000, 2'000);
    }
    EXPECT_EQ(calibration.adjust(1'000), 500);
    for (int call = 0; call < 1'000; ++call) {
        calibration.observe(10, 100'000);
    }
    EXPECT_EQ(calibration.adjust(1'000), 2'000);
}

TEST(Calibration, IgnoresWhatIsNoCount) {
    Calibration calibration;
    calibration.observe(0, 10);
    calibration.observe(10, 0);
    calibration.observe(-1, -1);
    calibration.observe(std::int64_t{1} << 50, 1);
    EXPECT_EQ(calibration.adjust(100), 100);
    calibration.observe(1, std::int64_t{1} << 40);
    EXPECT_GT(calibration.adjust(std::int64_t{1} << 40), 0);
}

}  // namespace
}  // namespace pulse::pricing
