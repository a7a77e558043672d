#include "pricing/catalog/price_override.h"

#include "pricing/cost/cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kUsd = 1'000'000'000'000;
const TimePoint kNoon{
    std::chrono::sys_days{std::chrono::year{2026} / 8 / 1} + std::chrono::hours{12}};

Model model() {
    return {
        .provider = "p",
        .id = "m",
        .mode = "chat",
        .prices = {
            {.price_class = PriceClass::input, .amount_pico = 10 * kUsd, .source = "test"},
            {.price_class = PriceClass::output, .amount_pico = 30 * kUsd, .source = "test"}}};
}

const Subject kSubject{.org = "acme", .team = "search", .key = "k1", .provider = "p", .model = "m"};

std::string cost(const std::vector<PriceOverride>& entries, const Subject& subject = kSubject) {
    const auto priced = model();
    const OverrideSet overrides{entries};
    const Call call{
        .found = {.model = &priced, .match = Match::exact},
        .usage = {.input_uncached = 1'000, .output_total = 1'000},
        .at = kNoon,
        .overrides = &overrides,
        .subject = subject};
    const auto result = cost_of(call);
    EXPECT_EQ(total_cost_of(call).total, result.total);
    EXPECT_EQ(result.status, CostStatus::exact);
    EXPECT_THAT(result.warnings, IsEmpty());
    const auto bound = ceiling_of(
        {.found = call.found,
         .input_tokens_max = 1'000,
         .output_tokens_max = 1'000,
         .at = kNoon,
         .overrides = &overrides,
         .subject = subject});
    EXPECT_GE(bound, result.total);
    return result.total.to_string();
}

TEST(PriceOverride, MultipliesTheListPrice) {
    EXPECT_EQ(cost({}), "0.04");
    EXPECT_EQ(cost({{.org = "acme", .factor = {85, 100}}}), "0.034");
    EXPECT_EQ(cost({{.org = "other", .factor = {85, 100}}}), "0.04");
    EXPECT_EQ(cost({{.factor = {2, 1}}}), "0.08") << "the ceiling counts on a markup";
}

TEST(PriceOverride, StandsInThePlaceOfThePrice) {
    EXPECT_EQ(
        cost(
            {{.org = "acme", .price_class = PriceClass::input, .amount = Amount{kUsd, 1'000'000}}}),
        "0.031");
}

TEST(PriceOverride, CountsTheMostSpecificOneAndOnlyThat) {
    EXPECT_EQ(
        cost(
            {{.org = "acme", .factor = {1, 2}},
             {.team = "search", .factor = {3, 4}},
             {.key = "k1", .factor = {9, 10}}}),
        "0.036");
    EXPECT_EQ(
        cost({{.org = "acme", .factor = {1, 2}}, {.org = "acme", .model = "m", .factor = {3, 4}}}),
        "0.03");
    EXPECT_EQ(
        cost(
            {{.org = "acme", .factor = {1, 2}},
             {.org = "acme", .price_class = PriceClass::output, .factor = {1, 3}}}),
        "0.015");
    EXPECT_EQ(cost({{.org = "acme", .factor = {1, 2}}, {.org = "acme", .factor = {1, 4}}}), "0.01")
        << "the later one of two equals";
}

TEST(PriceOverride, HoldsForItsTime) {
    EXPECT_EQ(cost({{.factor = {1, 2}, .valid_to = kNoon}}), "0.04");
    EXPECT_EQ(cost({{.factor = {1, 2}, .valid_from = kNoon}}), "0.02");
}

TEST(PriceOverride, GivesAPriceToAClassThatHasNone) {
    const auto priced = model();
    const OverrideSet overrides{
        {{.price_class = PriceClass::web_search, .amount = Amount{5 * kUsd, 1'000}}}};
    const auto result = cost_of(
        {.found = {.model = &priced, .match = Match::exact},
         .usage = {.web_search_requests = 2},
         .at = kNoon,
         .overrides = &overrides});

    EXPECT_EQ(result.total.to_string(), "0.01");
    EXPECT_EQ(result.status, CostStatus::exact);
}

TEST(PriceOverride, IsAppliedToTheExactLineBeforeTheOneRounding) {
    Model priced{.provider = "p", .id = "m"};
    priced.prices = {{.price_class = PriceClass::input, .amount_pico = 1, .per = 3, .source = "t"}};
    // 1/3 × 3/2 = 1/2, which rounds up; 1/3 rounded first would be 0.
    const auto result = cost_of(
        {.found = {.model = &priced, .match = Match::exact},
         .usage = {.input_uncached = 1},
         .at = kNoon,
         .discount = {3, 2}});

    EXPECT_EQ(result.total.pico(), 1);
}

TEST(PriceOverride, TakesEitherNameOfProviderAndModel) {
    const Subject subject{
        .key = "k1",
        .provider = "openai-eu",
        .model = "m",
        .provider_alias = "p",
        .model_alias = "m-2026-01-01"};

    EXPECT_EQ(cost({{.provider = "p", .factor = {1, 2}}}, subject), "0.02");
    EXPECT_EQ(cost({{.provider = "openai-eu", .factor = {1, 2}}}, subject), "0.02");
    EXPECT_EQ(cost({{.model = "m-2026-01-01", .factor = {1, 2}}}, subject), "0.02");
    EXPECT_EQ(cost({{.model = "m-2026", .factor = {1, 2}}}, subject), "0.04");
}

TEST(PriceOverride, IsNobodysWhoHasNoSuchName) {
    EXPECT_EQ(
        cost({{.team = "search", .factor = {1, 2}}}, {.provider = "p", .model = "m"}), "0.04");
}

TEST(PriceOverride, FindsItsOwnAmongManyOthers) {
    std::vector<PriceOverride> entries;
    for (int i = 0; i < 10'000; ++i) {
        entries.push_back({.key = "k" + std::to_string(i), .factor = {i + 1, 10'000}});
    }
    entries.push_back({.org = "acme", .factor = {9, 1}});
    entries.push_back({.factor = {8, 1}});

    EXPECT_EQ(cost(entries, {.org = "acme", .key = "k1234"}), "0.00494");
    EXPECT_EQ(cost(entries, {.org = "acme", .key = "other"}), "0.36");
    EXPECT_EQ(cost(entries, {.org = "none", .key = "other"}), "0.32");
    const OverrideSet set{entries};
    const OverrideSet again{set.entries()};
    EXPECT_EQ(
        again.pick({.key = "k9"}, PriceClass::input, ServiceTier::standard, kNoon)->factor,
        (Factor{10, 10'000}));
}

}  // namespace
}  // namespace pulse::pricing
