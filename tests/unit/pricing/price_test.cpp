#include "pricing/catalog/price.h"

#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

TEST(Price, ClassAndTierNamesReadBackAsWritten) {
    for (std::size_t i = 0; i < kPriceClasses; ++i) {
        const auto price_class = static_cast<PriceClass>(i);
        EXPECT_EQ(parse_price_class(to_string(price_class)), price_class);
    }
    for (const auto tier :
         {ServiceTier::standard, ServiceTier::batch, ServiceTier::flex, ServiceTier::priority}) {
        EXPECT_EQ(parse_service_tier(to_string(tier)), tier);
    }
    EXPECT_FALSE(parse_price_class("tokens"));
}

TEST(Price, ReadsTheTiersThatProvidersSay) {
    EXPECT_EQ(parse_service_tier("default"), ServiceTier::standard);
    EXPECT_EQ(parse_service_tier("auto"), ServiceTier::standard);
    EXPECT_EQ(parse_service_tier(""), ServiceTier::standard);
    EXPECT_FALSE(parse_service_tier("scale"));
    EXPECT_FALSE(parse_service_tier("Priority"));
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
