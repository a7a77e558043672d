#include "pricing/cost/cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pulse::pricing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
    Model model{.provider = "p", .id = "m", .mode = "chat"};
    model.prices = {
        price(PriceClass::input, 10),
        price(PriceClass::cache_read, 1),
        price(PriceClass::cache_write_5m, 12),
        price(PriceClass::input_audio, 40),
        price(PriceClass::output, 30),
        price(PriceClass::input, 20, ServiceTier::priority),
        price(PriceClass::output, 60, ServiceTier::priority),
        price(PriceClass::input, 5, ServiceTier::batch),
    };
    return model;
}

struct Asked {
    Usage usage;
    ServiceTier tier = ServiceTier::standard;
    TimePoint at = kNoon;
    Match match = Match::exact;
};

Cost cost(const Model& model, const Asked& asked) {
    const Found found{.model = &model, .match = asked.match};
    const Call call{.found = found, .usage = asked.usage, .tier = asked.tier, .at = asked.at};
    const auto result = cost_of(call);
    const auto total = total_cost_of(call);
    EXPECT_EQ(total.total, result.total);
    EXPECT_EQ(total.status, result.status);
    return result;
}

/// The lines as "class quantity usd", to compare at once.
std::vector<std::string> lines(const Cost& cost) {
    std::vector<std::string> out;
    for (const auto& line : cost.lines) {
        out.push_back(
            std::string{to_string(line.price_class)} + " " + std::to_string(line.quantity) + " " +
            line.cost.to_string());
        EXPECT_EQ(
            line.cost,
            multiply(
                {.quantity = line.quantity,
                 .amount_pico = line.amount_pico,
                 .per = line.per,
                 .numerator = line.factor.numerator,
                 .denominator = line.factor.denominator},
                Rounding::half_up));
    }
    return out;
}

TEST(Cost, BillsEachClassOnce) {
    const auto result = cost(
        chat_model(),
        {.usage = {
             .input_uncached = 1'000,
             .cached_read = 2'000,
             .cache_write_5m = 100,
             .cache_write_1h = 10,
             .cache_write_unsplit = 100,
             .output_total = 500,
             .of_which_reasoning = 400,
             .of_input_audio = 300,
         }});

    EXPECT_THAT(
        lines(result),
        ElementsAre(
            "input 700 0.007",
            "cache_read 2000 0.002",
            "cache_write_5m 200 0.0024",
            "cache_write_1h 10 0.00012",
            "input_audio 300 0.012",
            "output 100 0.003",
            "output_reasoning 400 0.012"));
    EXPECT_EQ(result.total.to_string(), "0.03852");
    EXPECT_EQ(result.status, CostStatus::exact);
    EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(Cost, FallsBackFromClassToClass) {
    Model model{.provider = "p", .id = "m"};
    model.prices = {price(PriceClass::input, 10), price(PriceClass::output, 30)};
    const Usage usage{
        .input_uncached = 100,
        .cached_read = 100,
        .cache_write_5m = 100,
        .cache_write_1h = 100,
        .output_total = 100,
        .of_input_image = 10,
        .of_input_video = 10,
        .of_cached_audio = 50,
        .of_output_audio = 10,
        .of_output_image = 10,
        .input_audio_extra = 5,
    };

    const auto result = cost(model, {.usage = usage});

    EXPECT_EQ(result.total.to_string(), "0.00705");
    EXPECT_EQ(result.status, CostStatus::exact);

    model.prices.push_back(price(PriceClass::input_audio, 100));
    EXPECT_EQ(
        cost(model, {.usage = {.cached_read = 100, .of_input_audio = 100, .of_cached_audio = 100}})
            .total.to_string(),
        "0.01");
    model.prices.erase(model.prices.begin());
    EXPECT_EQ(
        cost(model, {.usage = {.cached_read = 100, .of_cached_audio = 100}}).total.to_string(),
        "0.01");
}

TEST(Cost, NeverBillsAClassWithoutAnyPriceSilently) {
    Model model{.provider = "p", .id = "m"};
    model.prices = {price(PriceClass::input, 10)};

    const auto result = cost(
        model, {.usage = {.input_uncached = 100, .output_total = 5, .web_search_requests = 1}});

    EXPECT_EQ(result.total.to_string(), "0.001");
    EXPECT_EQ(result.status, CostStatus::unpriced);
    EXPECT_THAT(result.warnings, ElementsAre("unpriced_class"));
}

TEST(Cost, HalvesTheStandardPriceOfABatchWithoutItsOwn) {
    const auto result = cost(
        chat_model(),
        {.usage = {.input_uncached = 1'000, .cached_read = 1'000, .output_total = 1},
         .tier = ServiceTier::batch});

    EXPECT_THAT(
        lines(result),
        ElementsAre("input 1000 0.005", "cache_read 1000 0.0005", "output 1 0.000015"));
    EXPECT_EQ(result.status, CostStatus::derived);
    EXPECT_THAT(result.warnings, ElementsAre("batch_price_derived"));
    EXPECT_EQ(
        cost(chat_model(), {.usage = {.input_uncached = 1}, .tier = ServiceTier::batch}).status,
        CostStatus::exact);
}

TEST(Cost, TakesTheStandardPriceOfAMissingTierAndSaysSo) {
    const auto flex =
        cost(chat_model(), {.usage = {.input_uncached = 1'000}, .tier = ServiceTier::flex});
    const auto priority = cost(
        chat_model(),
        {.usage = {.input_uncached = 1'000, .output_total = 1'000}, .tier = ServiceTier::priority});

    EXPECT_EQ(flex.total.to_string(), "0.01");
    EXPECT_EQ(flex.status, CostStatus::derived);
    EXPECT_THAT(flex.warnings, ElementsAre("tier_price_missing"));
    EXPECT_EQ(priority.total.to_string(), "0.08");
    EXPECT_EQ(priority.status, CostStatus::exact);
}

TEST(Cost, BillsTheWholeRequestAtItsSizeTier) {
    auto model = chat_model();
    auto above = price(PriceClass::input, 100);
    above.min_input = 1'000;
    above.min_input_inclusive = false;
    auto from = price(PriceClass::output, 300);
    from.min_input = 1'000;
    model.prices.push_back(above);
    model.prices.push_back(from);

    EXPECT_EQ(
        cost(model, {.usage = {.input_uncached = 999, .output_total = 1}}).total.to_string(),
        "0.01002");
    EXPECT_EQ(
        cost(model, {.usage = {.input_uncached = 1'000, .output_total = 1}}).total.to_string(),
        "0.0103");
    EXPECT_EQ(
        cost(model, {.usage = {.input_uncached = 901, .cached_read = 100, .output_total = 1}})
            .total.to_string(),
        "0.0905");
}

TEST(Cost, PrefersTheSizeTierWhereNoPriceIsListedForBoth) {
    auto model = chat_model();
    auto large = price(PriceClass::input, 100);
    large.min_input = 1'000;
    model.prices.push_back(large);

    const auto priority =
        cost(model, {.usage = {.input_uncached = 1'000}, .tier = ServiceTier::priority});
    const auto batch =
        cost(model, {.usage = {.input_uncached = 1'000}, .tier = ServiceTier::batch});

    EXPECT_EQ(priority.total.to_string(), "0.1");
    EXPECT_THAT(priority.warnings, ElementsAre("tier_price_missing"));
    EXPECT_EQ(batch.total.to_string(), "0.05");
}

TEST(Cost, TakesThePriceOfTheDayAndTheHour) {
    Model model{.provider = "p", .id = "m"};
    auto old = price(PriceClass::input, 10);
    old.valid_to = kNoon;
    auto fresh = price(PriceClass::input, 20);
    fresh.valid_from = kNoon;
    auto night = price(PriceClass::input, 5);
    night.hours = DayHours{.from = std::chrono::hours{22}, .to = std::chrono::hours{2}};
    model.prices = {old, fresh, night};
    const auto at = [&](TimePoint time) {
        return cost(model, {.usage = {.input_uncached = 1'000'000}, .at = time}).total.to_string();
    };
    using namespace std::chrono_literals;

    EXPECT_EQ(at(kNoon - 1us), "10");
    EXPECT_EQ(at(kNoon), "20");
    EXPECT_EQ(at(kNoon + 10h), "5");
    EXPECT_EQ(at(kNoon + 14h - 1us), "5");
    EXPECT_EQ(at(kNoon + 14h), "20");
}

TEST(Cost, SaysUnpricedWhenNoPriceHoldsAtThatTime) {
    Model model{.provider = "p", .id = "m"};
    model.prices = {price(PriceClass::input, 10)};
    model.prices[0].valid_from = kNoon;

    EXPECT_EQ(
        cost(model, {.usage = {.input_uncached = 1}, .at = kNoon - std::chrono::hours{1}}).status,
        CostStatus::unpriced);
}

TEST(Cost, EstimatesTheUnknownAtItsReferencePlusAFifth) {
    const auto reference = chat_model();
    const Call call{
        .found = {.reference = &reference},
        .usage = {.input_uncached = 7, .output_total = 1},
        .at = kNoon};

    const auto result = cost_of(call);

    EXPECT_THAT(lines(result), ElementsAre("input 7 0.000084", "output 1 0.000036"));
    EXPECT_EQ(result.total.to_string(), "0.00012");
    EXPECT_EQ(result.status, CostStatus::estimated);
    EXPECT_THAT(result.warnings, ElementsAre("unknown_model"));
    EXPECT_EQ(total_cost_of(call).total, result.total);
}

TEST(Cost, SaysUnpricedWhenThereIsNoReference) {
    const auto result = cost_of({.usage = {.input_uncached = 7}, .at = kNoon});

    EXPECT_TRUE(result.total.is_zero());
    EXPECT_EQ(result.status, CostStatus::unpriced);
    EXPECT_THAT(result.warnings, ElementsAre("unknown_model", "unpriced_class"));
}

TEST(Cost, IsDerivedWhenTheNameWas) {
    EXPECT_EQ(
        cost(chat_model(), {.usage = {.input_uncached = 1}, .match = Match::derived}).status,
        CostStatus::derived);
}

TEST(Cost, BillsKnownPartsOfAnInconsistentUsageAndNothingNegative) {
    const auto result = cost(
        chat_model(),
        {.usage = {
             .input_uncached = 10,
             .cached_read = -5,
             .output_total = 10,
             .of_which_reasoning = 20,
             .of_input_audio = 30}});

    EXPECT_THAT(lines(result), ElementsAre("input_audio 30 0.0012", "output_reasoning 20 0.0006"));
    EXPECT_EQ(result.status, CostStatus::derived);
    EXPECT_THAT(result.warnings, ElementsAre("inconsistent_usage"));
}

TEST(Cost, BillsImagesThatCameFromTheCacheThere) {
    auto model = chat_model();
    model.prices.push_back(price(PriceClass::input_image, 100));

    const auto result = cost(
        model,
        {.usage = {
             .input_uncached = 100,
             .cached_read = 1'000,
             .of_input_audio = 50,
             .of_input_image = 258}});

    EXPECT_THAT(
        lines(result),
        ElementsAre("cache_read 1000 0.001", "input_audio 50 0.002", "input_image 50 0.005"));
    EXPECT_EQ(result.status, CostStatus::exact);
}

TEST(Cost, SplitsCachedAudioOff) {
    auto model = chat_model();
    model.prices.push_back(price(PriceClass::cache_read_audio, 4));

    const auto result = cost(
        model,
        {.usage = {
             .input_uncached = 1'200,
             .cached_read = 300,
             .of_input_audio = 900,
             .of_cached_audio = 200}});

    EXPECT_THAT(
        lines(result),
        ElementsAre(
            "input 500 0.005",
            "cache_read 100 0.0001",
            "cache_read_audio 200 0.0008",
            "input_audio 700 0.028"));
}

TEST(Cost, CutsNumbersThatNoCallCanReach) {
    const auto max = std::numeric_limits<std::int64_t>::max();

    const auto result = cost(
        chat_model(),
        {.usage = {
             .input_uncached = max,
             .cached_read = max,
             .output_total = max,
             .of_which_reasoning = max}});

    EXPECT_EQ(result.status, CostStatus::derived);
    EXPECT_THAT(result.warnings, ElementsAre("inconsistent_usage"));
}

TEST(Cost, BearsTheDearestPricesWithTheLargestUsage) {
    const auto max = std::numeric_limits<std::int64_t>::max();
    Model model{.provider = "p", .id = "m"};
    for (std::size_t i = 0; i < kPriceClasses; ++i) {
        model.prices.push_back(
            {.price_class = static_cast<PriceClass>(i), .amount_pico = kAmountPicoMax, .per = 1});
    }
    const Usage usage{
        .input_uncached = max,
        .cached_read = max,
        .cache_write_5m = max,
        .cache_write_1h = max,
        .cache_write_unsplit = max,
        .output_total = max,
        .of_which_reasoning = max,
        .of_input_audio = max,
        .of_input_image = max,
        .of_input_video = max,
        .of_cached_audio = max,
        .of_output_audio = max,
        .of_output_image = max,
        .input_audio_extra = max,
        .web_search_requests = max,
    };

    const auto result =
        cost_of({.found = {.reference = &model}, .usage = usage, .tier = ServiceTier::batch});
    const auto bound = ceiling_of(
        {.found = {.reference = &model},
         .input_tokens_max = max,
         .output_tokens_max = max,
         .answers = max});

    EXPECT_GT(result.total, Money{});
    EXPECT_GT(bound, result.total);
}

TEST(Cost, BillsARequestAndItsSearches) {
    auto model = chat_model();
    model.prices.push_back(
        {.price_class = PriceClass::request,
         .amount_pico = 5 * kUsd,
         .per = 1'000,
         .source = "test"});
    model.prices.push_back(
        {.price_class = PriceClass::web_search,
         .amount_pico = 10 * kUsd,
         .per = 1'000,
         .source = "test"});

    const auto result = cost(model, {.usage = {.input_uncached = 100, .web_search_requests = 3}});

    EXPECT_THAT(
        lines(result), ElementsAre("input 100 0.001", "web_search 3 0.03", "request 1 0.005"));
}

TEST(Cost, RoundsEachLineOnceHalfUp) {
    Model model{.provider = "p", .id = "m"};
    model.prices = {
        {.price_class = PriceClass::input, .amount_pico = 1, .per = 2, .source = "test"},
        {.price_class = PriceClass::output, .amount_pico = 1, .per = 3, .source = "test"},
    };

    const auto result = cost(model, {.usage = {.input_uncached = 1, .output_total = 1}});

    EXPECT_EQ(result.lines.at(0).cost.pico(), 1);
    EXPECT_EQ(result.lines.at(1).cost.pico(), 0);
    EXPECT_EQ(result.total.pico(), 1);
}

TEST(Cost, StatusNamesAreTheContracts) {
    EXPECT_EQ(to_string(CostStatus::exact), "exact");
    EXPECT_EQ(to_string(CostStatus::derived), "derived");
    EXPECT_EQ(to_string(CostStatus::estimated), "estimated");
    EXPECT_EQ(to_string(CostStatus::unpriced), "unpriced");
}

}  // namespace
}  // namespace pulse::pricing
