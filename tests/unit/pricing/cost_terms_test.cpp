#include "pricing/cost/cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pulse::pricing {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kUsd = 1'000'000'000'000;
const TimePoint kNoon{
    std::chrono::sys_days{std::chrono::year{2026} / 8 / 1} + std::chrono::hours{12}};

Price price(
    PriceClass price_class,
    std::int64_t usd_per_million,
    ServiceTier tier = ServiceTier::standard) {
    return {
        .price_class = price_class,
        .tier = tier,
        .amount_pico = usd_per_million * kUsd,
        .source = "test"};
}

Model chat_model() {
    return {
        .provider = "p",
        .id = "m",
        .mode = "chat",
        .prices = {
            price(PriceClass::input, 10),
            price(PriceClass::output, 30),
            price(PriceClass::input, 20, ServiceTier::priority),
            price(PriceClass::output, 60, ServiceTier::priority)}};
}

Cost cost(const Model& model, const Usage& usage) {
    return cost_of(
        {.found = {.model = &model, .match = Match::exact}, .usage = usage, .at = kNoon});
}

TEST(CostTerms, BillsQuantitiesThatAreNoTokens) {
    Model model{.provider = "p", .id = "m"};
    model.prices = {
        {.price_class = PriceClass::audio_second, .amount_pico = 111 * kUsd / 1'000, .per = 3'600},
        {.price_class = PriceClass::image, .amount_pico = 40 * kUsd / 1'000, .per = 1},
        {.price_class = PriceClass::web_search, .amount_pico = 10 * kUsd, .per = 1'000},
        {.price_class = PriceClass::web_search_high, .amount_pico = 50 * kUsd, .per = 1'000},
        {.price_class = PriceClass::request, .amount_pico = 5 * kUsd, .per = 1'000}};
    const std::vector<Quantity> extra{
        {PriceClass::audio_second, 25, 2},
        {PriceClass::image, 3, 1},
        {PriceClass::web_search_low, 1, 1},
        {PriceClass::web_search_high, 2, 1},
        {PriceClass::request, 4, 1},
        {PriceClass::page, 1, 1},
        {PriceClass::image, 0, 1}};

    const Call call{.found = {.model = &model, .match = Match::exact}, .at = kNoon, .extra = extra};
    const auto result = cost_of(call);

    std::vector<std::string> got;
    for (const auto& line : result.lines) {
        got.push_back(std::string{to_string(line.price_class)} + " " + line.cost.to_string());
    }
    EXPECT_THAT(
        got,
        ElementsAre(
            "audio_second 0.000385416667",
            "image 0.12",
            "web_search_low 0.01",
            "web_search_high 0.1",
            "request 0.02"));
    EXPECT_THAT(result.warnings, ElementsAre("unpriced_class")) << "the page";
    EXPECT_EQ(total_cost_of(call).total, result.total);
}

TEST(CostTerms, TakesThePriceOfTheRegionBeforeAllOthers) {
    auto model = chat_model();
    auto eu = price(PriceClass::input, 11);
    eu.region = "eu";
    auto large = price(PriceClass::input, 100);
    large.min_input = 1'000;
    auto zone = price(PriceClass::output, 33);
    zone.deployment = "datazone";
    model.prices.insert(model.prices.end(), {eu, large, zone});
    const auto in = [&](std::string_view region, std::string_view deployment, ServiceTier tier) {
        const Call call{
            .found = {.model = &model, .match = Match::exact},
            .usage = {.input_uncached = 1'000, .output_total = 1'000},
            .tier = tier,
            .at = kNoon,
            .region = region,
            .deployment = deployment};
        EXPECT_GE(
            ceiling_of(
                {.found = call.found,
                 .input_tokens_max = 1'000,
                 .output_tokens_max = 1'000,
                 .tier = tier,
                 .at = kNoon,
                 .region = region,
                 .deployment = deployment}),
            cost_of(call).total);
        return cost_of(call).total.to_string();
    };

    EXPECT_EQ(in("", "", ServiceTier::standard), "0.13");
    EXPECT_EQ(in("us", "", ServiceTier::standard), "0.13");
    EXPECT_EQ(in("eu", "", ServiceTier::standard), "0.041");
    EXPECT_EQ(in("eu", "datazone", ServiceTier::standard), "0.044");
    EXPECT_EQ(in("eu", "", ServiceTier::priority), "0.071") << "place before service tier";
    EXPECT_EQ(in("eu", "", ServiceTier::batch), "0.0205");
}

TEST(CostTerms, MultipliesWithTheFactorsOfTheLookUpAndTheDiscount) {
    const auto model = chat_model();
    const auto with = [&](Found found, Factor discount) {
        return cost_of(
            {.found = found,
             .usage = {.input_uncached = 1'000},
             .at = kNoon,
             .discount = discount});
    };

    const auto regional = with(
        {.model = &model,
         .match = Match::derived,
         .remark = Remark::regional_uplift_assumed,
         .factor = {11, 10}},
        {});
    EXPECT_EQ(regional.total.to_string(), "0.011");
    EXPECT_THAT(regional.warnings, ElementsAre("regional_uplift_assumed"));
    EXPECT_EQ(
        with({.model = &model, .match = Match::exact}, {667, 1'000}).total.to_string(), "0.00667");
    const auto free = with(
        {.model = &model, .match = Match::exact, .remark = Remark::free_variant, .factor = {0, 1}},
        {});
    EXPECT_TRUE(free.total.is_zero());
    EXPECT_EQ(free.status, CostStatus::exact);
    EXPECT_THAT(free.warnings, ElementsAre("free_variant"));
    EXPECT_EQ(with({.reference = &model, .factor = {11, 10}}, {1, 2}).total.to_string(), "0.0066");
}

TEST(CostTerms, SaysThatAPriceIsAssumed) {
    auto model = chat_model();
    model.prices[0].confidence = Confidence::assumed;

    const auto result = cost(model, {.input_uncached = 1});

    EXPECT_EQ(result.status, CostStatus::derived);
    EXPECT_THAT(result.warnings, ElementsAre("price_assumed"));
}

TEST(CostTerms, IsLinearWhereNothingIsRounded) {
    const auto model = chat_model();
    for (std::int64_t part = 0; part <= 1'000; part += 37) {
        const auto whole = cost(model, {.input_uncached = 1'000, .output_total = 500});
        const auto first = cost(model, {.input_uncached = part, .output_total = 500});
        const auto rest = cost(model, {.input_uncached = 1'000 - part});
        EXPECT_EQ(first.total + rest.total, whole.total);
    }
}

}  // namespace
}  // namespace pulse::pricing
