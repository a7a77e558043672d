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

TEST(BuiltinRating, KnowsAnthropicsFastModeAndItsPlaces) {
    ProviderSettings settings;
    settings.name = settings.kind = "anthropic";
    settings.base_url = "https://api.anthropic.com";
    GatewaySettings gateway;
    gateway.providers = {settings};
    const auto routes = make_routes(gateway, pricing::Catalog::builtin());
    ASSERT_TRUE(routes);
    const Provider& provider = *(*routes)->providers().front();
    const auto rated = [&](std::string_view tier, std::string_view region) {
        return rate(
            **routes,
            provider,
            {.found = (*routes)->price(provider, "claude-opus-4-6"),
             .model = "claude-opus-4-6",
             .model_served = {},
             .tier = tier,
             .region = region,
             .usage = kMillion,
             .at = *pricing::parse_date("2026-08-01")});
    };

    EXPECT_EQ(rated("standard", "").total, Money::from_pico(5 * kUsd));
    EXPECT_EQ(rated("standard", "us").total, Money::from_pico(5 * kUsd + kUsd / 2));
    EXPECT_EQ(rated("fast", "").total, Money::from_pico(30 * kUsd));
    EXPECT_EQ(rated("fast", "us").total, Money::from_pico(33 * kUsd));
    EXPECT_EQ(rated("fast", "us").status, pricing::CostStatus::exact);
}

TEST(BuiltinRating, KnowsTheRegionsOfOpenAisAddresses) {
    ProviderSettings settings;
    settings.name = settings.kind = "openai";
    settings.base_url = "https://eu.api.openai.com/v1";
    GatewaySettings gateway;
    gateway.providers = {settings};
    const auto routes = make_routes(gateway, pricing::Catalog::builtin());
    ASSERT_TRUE(routes);

    EXPECT_EQ((*routes)->providers().front()->price_region, "eu");
}

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

TEST_F(Rating, CountsWhatTheKeyAgreedOn) {
    const auto agreed = pricing::Catalog::make(
        {.version = "v",
         .sources = {},
         .providers = {},
         .models = {},
         .overrides = {
             {.team = "search", .factor = {1, 2}},
             {.key = "k1", .provider = "openai", .factor = {2, 3}},
             {.key = "k2", .model = "large", .factor = {1, 7}}}});
    ProviderSettings settings;
    settings.name = "local";
    settings.kind = "openai";
    settings.base_url = "http://127.0.0.1:9/v1";
    settings.prices = {priced("small", 3), priced("large", 7)};
    GatewaySettings gateway;
    gateway.providers = {settings};
    const auto routes =
        *make_routes(gateway, pricing::Catalog::overlaid(*pricing::Catalog::builtin(), *agreed));
    const Provider& provider = *routes->providers().front();
    const auto cost = [&](const Payer& payer, std::string_view served = {}) {
        return rate(
                   *routes,
                   provider,
                   {.found = routes->price(provider, "small"),
                    .model = "small",
                    .model_served = served,
                    .tier = {},
                    .usage = kMillion,
                    .payer = payer})
            .total.to_string();
    };

    EXPECT_EQ(cost({}), "3");
    EXPECT_EQ(cost({.org = "", .team = "search", .key = "k9"}), "1.5");
    EXPECT_EQ(cost({.org = "", .team = "search", .key = "k1"}), "2") << "the key's, by the kind";
    EXPECT_EQ(cost({.org = "", .team = "", .key = "k2"}), "3");
    EXPECT_EQ(cost({.org = "", .team = "", .key = "k2"}, "large"), "1") << "of the served model";
}

TEST_F(Rating, SaysWhereNoPriceIsKnown) {
    const Provider& provider = *routes_->providers().front();
    const auto is_missing = [&](std::string_view model, std::string_view served) {
        return rate(
                   *routes_,
                   provider,
                   {.found = routes_->price(provider, model),
                    .model = model,
                    .model_served = served,
                    .tier = {},
                    .usage = kMillion})
            .is_price_missing;
    };

    EXPECT_FALSE(is_missing("small", ""));
    EXPECT_TRUE(is_missing("nobody-knows", ""));
    EXPECT_FALSE(is_missing("nobody-knows", "small"));
}

}  // namespace
}  // namespace pulse::gateway
