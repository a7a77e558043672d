#include "storage/queries/change.h"

#include "storage/queries/forecast.h"

#include <gtest/gtest.h>

namespace pulse::storage {
namespace {

[[nodiscard]] Money money(std::string_view text) {
    return Money::parse(text).value();
}

struct PercentCase {
    const char* part;
    const char* whole;
    const char* percent;
};

class Percent : public testing::TestWithParam<PercentCase> {};

TEST_P(Percent, IsExactAndRoundedHalfUp) {
    EXPECT_EQ(percent_of(money(GetParam().part), money(GetParam().whole)), GetParam().percent);
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    Percent,
    testing::Values(
        PercentCase{"1", "3", "33.33"},
        PercentCase{"2", "3", "66.67"},
        PercentCase{"1", "8", "12.50"},
        PercentCase{"1", "1", "100.00"},
        PercentCase{"0", "5", "0.00"},
        PercentCase{"0.00005", "1", "0.01"},
        PercentCase{"0.000049999999", "1", "0.00"},
        PercentCase{"-0.00005", "1", "-0.01"},
        PercentCase{"-1", "3", "-33.33"},
        PercentCase{"5", "-10", "50.00"},
        PercentCase{"0.000000000001", "0.000000000003", "33.33"},
        PercentCase{"123456789.123456789", "0.01", "1234567891234.57"},
        PercentCase{"100000000000000000000000001", "150000000000000000000000000", "66.67"}));

TEST(Percent, IsNoneOfNothing) {
    EXPECT_EQ(percent_of(money("5"), {}), std::nullopt);
    EXPECT_EQ(change_between({}, money("5")), (Change{money("5"), std::nullopt}));
    EXPECT_EQ(change_between(money("4"), money("5")), (Change{money("1"), "25.00"}));
    EXPECT_EQ(change_between(money("-4"), money("-5")), (Change{money("-1"), "-25.00"}));
}

TEST(Scale, RoundsOnceAndKeepsLargeAmounts) {
    EXPECT_EQ(scale(money("10"), 1, 3), money("3.333333333333"));
    EXPECT_EQ(scale(money("20"), 1, 3), money("6.666666666667"));
    EXPECT_EQ(scale(money("-20"), 1, 3), money("-6.666666666667"));
    EXPECT_EQ(scale(money("0.000000000001"), 1, 2), money("0.000000000001"));
    EXPECT_EQ(scale(money("100000000000000000000000000"), 3, 2), money("15e25"));
    EXPECT_EQ(scale(money("7"), 0, 31), Money{});
}

TEST(Forecast, GoesOnAtTheRateOfTheFullDays) {
    // Ten full days at 3 each, 1 today: the eleventh counts as at least 3, nineteen more follow.
    EXPECT_EQ(forecast_month({money("30"), money("1"), money("50"), 11, 30, 31}), money("90"));
    // A dear day is kept, and does not raise the rate.
    EXPECT_EQ(forecast_month({money("30"), money("10"), money("50"), 11, 30, 31}), money("97"));
    EXPECT_EQ(forecast_month({money("30"), money("1"), {}, 31, 31, 30}), money("31"));
}

TEST(Forecast, TakesLastMonthsRateOnTheFirstDay) {
    EXPECT_EQ(forecast_month({{}, money("1"), money("62"), 1, 30, 31}), money("60"));
    EXPECT_EQ(forecast_month({{}, money("4"), {}, 1, 30, 31}), money("120"));
    EXPECT_EQ(forecast_month({{}, {}, {}, 1, 30, 31}), Money{});
}

}  // namespace
}  // namespace pulse::storage
