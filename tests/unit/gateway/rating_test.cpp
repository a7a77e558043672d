#include "gateway/rating.h"

#include "gateway/snapshot.h"

#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

/// A million tokens of input: the price itself.
constexpr Usage kMillion{.input_uncached = 1'000'000};
constexpr std::int64_t kUsd = 1'000'000'000'000;

class Rating : public ::testing::Test {
protected:
    Rating() {
        ProviderSettings settings;
        settings.name = "local";
        settings.base_url = "http://127.0.0.1:9/v1";
        settings.prices = {priced("small", 1), priced("large", 7)};
        settings.prices.front().prices.push_back(
            {.price_class = pricing::PriceClass::input,
             .tier = pricing::ServiceTier::priority,
             .amount_pico = 3 * kUsd});
        GatewaySettings gateway;
        gateway.providers = {settings};
        auto routes = make_routes(gateway, pricing::Catalog::builtin());
        EXPECT_TRUE(routes);
        routes_ = *std::move(routes);
    }

    [[nodiscard]] static pricing::Model priced(std::string id, std::int64_t usd) {
        pricing::Model model;
        model.provider = "local";
        model.id = std::move(id);
        model.prices.push_back(
            {.price_class = pricing::PriceClass::input, .amount_pico = usd * kUsd});
        return model;
    }
    [[nodiscard]] pricing::CostTotal rate_small(
        std::string_view served, std::string_view tier = {}, bool is_guess = false) const {
        const Provider& provider = *routes_->providers().front();
        return rate(
            *routes_,
            provider,
            {.found = routes_->price(provider, "small"),
             .model = "small",
             .model_served = served,
             .tier = tier,
             .usage = kMillion,
             .is_guess = is_guess});
    }

    std::shared_ptr<const Routes> routes_;
};

TEST_F(Rating, TakesTheModelThatServedWhereItHasAPrice) {
    EXPECT_EQ(rate_small("large").total, Money::from_pico(7 * kUsd));
    EXPECT_EQ(rate_small("nobody-knows").total, Money::from_pico(kUsd));
    EXPECT_EQ(rate_small("").total, Money::from_pico(kUsd));
}

TEST_F(Rating, TakesTheTierAndStandardForAnUnknownWord) {
    EXPECT_EQ(rate_small("", "priority").total, Money::from_pico(3 * kUsd));
    EXPECT_EQ(rate_small("", "platinum").total, Money::from_pico(kUsd));
}

TEST_F(Rating, TrustsAGuessNoMoreThanAnEstimate) {
    EXPECT_EQ(rate_small("").status, pricing::CostStatus::exact);
    EXPECT_EQ(rate_small("", "", true).status, pricing::CostStatus::estimated);
    EXPECT_EQ(rate_small("", "", true).total, Money::from_pico(kUsd));
}

}  // namespace
}  // namespace pulse::gateway
