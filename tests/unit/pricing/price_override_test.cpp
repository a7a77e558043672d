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

}  // namespace
}  // namespace pulse::pricing
