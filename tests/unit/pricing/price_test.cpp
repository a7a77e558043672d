#include "pricing/catalog/price.h"

#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

TEST(Price, ClassAndTierNamesReadBackAsWritten) {
    for (std::size_t i = 0; i < kPriceClasses; ++i) {
        const auto price_class = static_cast<PriceClass>(i);
        EXPECT_EQ(parse_price_class(to_string(price_class)), price_class);
    }
    for (std::size_t i = 0; i < kServiceTiers; ++i) {
        const auto tier = static_cast<ServiceTier>(i);
        EXPECT_EQ(parse_service_tier(to_string(tier)), tier);
    }
    for (const auto confidence : {Confidence::listed, Confidence::computed, Confidence::assumed}) {
        EXPECT_EQ(parse_confidence(to_string(confidence)), confidence);
    }
    EXPECT_FALSE(parse_price_class("tokens"));
}

TEST(Price, ReadsTheTiersThatProvidersSay) {
    EXPECT_EQ(parse_service_tier("default"), ServiceTier::standard);
    EXPECT_EQ(parse_service_tier("auto"), ServiceTier::standard);
    EXPECT_EQ(parse_service_tier(""), ServiceTier::standard);
    EXPECT_EQ(parse_service_tier("on_demand"), ServiceTier::standard);
    EXPECT_EQ(parse_service_tier("Priority"), ServiceTier::priority);
    EXPECT_EQ(parse_service_tier("scale"), ServiceTier::scale);
    EXPECT_FALSE(parse_service_tier("turbo"));
    EXPECT_FALSE(parse_service_tier("prioritys"));
}

TEST(Price, ReadsDates) {
    EXPECT_EQ(
        parse_date("2026-08-01"),
        TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}});
    EXPECT_FALSE(parse_date("2026-08-01T00:00:00Z"));
    EXPECT_FALSE(parse_date("2026-02-30"));
    EXPECT_FALSE(parse_date("yesterday!"));
}

TEST(Price, KnowsItsBounds) {
    const TimePoint now{std::chrono::hours{1}};

    EXPECT_TRUE(in_bounds({}));
    EXPECT_FALSE(in_bounds({.amount_pico = -1}));
    EXPECT_FALSE(in_bounds({.amount_pico = kAmountPicoMax + 1}));
    EXPECT_FALSE(in_bounds({.per = 0}));
    EXPECT_FALSE(in_bounds({.min_input = -1}));
    EXPECT_FALSE(in_bounds({.valid_from = now, .valid_to = now}));
    EXPECT_FALSE(in_bounds(
        {.hours = DayHours{.from = std::chrono::hours{24}, .to = std::chrono::hours{25}}}));
}

}  // namespace
}  // namespace pulse::pricing
