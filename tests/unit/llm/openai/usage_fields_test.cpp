#include "llm/openai/detail/usage_fields.h"

#include "llm/usage/usage_rules.h"
#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm::detail {
namespace {

/// A usage object and what it bills by the rules of OpenAI's own APIs.
struct Statement {
    UsageObject object;
    Usage usage;
    bool is_inconsistent = false;
    bool is_known = false;
};

Statement usage_of(const std::string& text, const UsageRules& rules = {}) {
    const Padded json{text};
    JsonDocument document;
    Statement statement;
    EXPECT_EQ(document.open(json.view()), simdjson::SUCCESS);
    EXPECT_EQ(read_openai_usage(document.object(), statement.object), simdjson::SUCCESS);
    const BillableUsage billable = billable_usage(statement.object.stated, rules);
    statement.usage = billable.usage;
    statement.is_inconsistent = billable.is_inconsistent;
    statement.is_known = billable.is_known;
    return statement;
}

TEST(OpenAiUsage, SplitsTotalsIntoDisjointClasses) {
    const Statement statement = usage_of(
        R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"prompt_tokens_details":{"cached_tokens":600,
            "cache_write_tokens":300,"audio_tokens":5,"image_tokens":6},"completion_tokens_details":{"reasoning_tokens":40,
            "audio_tokens":7,"image_tokens":8,"accepted_prediction_tokens":1,"rejected_prediction_tokens":2}})");

    EXPECT_TRUE(statement.object.is_present());
    EXPECT_FALSE(statement.is_inconsistent);
    EXPECT_EQ(
        statement.usage,
        (Usage{
            .input_uncached = 100,
            .cached_read = 600,
            .cache_write_unsplit = 300,
            .output_total = 100,
            .of_which_reasoning = 40,
            .of_input_audio = 5,
            .of_input_image = 6,
            .of_output_audio = 7,
            .of_output_image = 8}));
}

TEST(OpenAiUsage, TakesNullAndAbsentDetailsAsNone) {
    const Statement statement = usage_of(
        R"({"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":null,"completion_tokens_details":
            {"reasoning_tokens":null}})");

    EXPECT_EQ(statement.usage, (Usage{.input_uncached = 9, .output_total = 3}));
    EXPECT_FALSE(statement.is_inconsistent);
}

TEST(OpenAiUsage, AnExplicitZeroIsStated) {
    EXPECT_TRUE(usage_of(R"({"prompt_tokens":0,"completion_tokens":0})").object.is_present());
}

TEST(OpenAiUsage, NothingOrNullIsNotStated) {
    EXPECT_FALSE(usage_of("{}").object.is_present());
    EXPECT_FALSE(usage_of(R"({"prompt_tokens":null,"queue_time":0.1,"completion_tokens":true})")
                     .object.is_present());
}

TEST(OpenAiUsage, ReadsDeepSeeksCacheHitsOnce) {
    const Statement statement = usage_of(
        R"({"prompt_tokens":495,"completion_tokens":65,"prompt_cache_hit_tokens":384,"prompt_cache_miss_tokens":111,
            "prompt_tokens_details":{"cached_tokens":384}})");

    EXPECT_EQ(statement.usage.cached_read, 384);
    EXPECT_EQ(statement.usage.input_uncached, 111);
}

TEST(OpenAiUsage, ReadsCacheHitsUnderMistralsAndTogethersNames) {
    EXPECT_EQ(usage_of(R"({"prompt_tokens":70,"num_cached_tokens":69})").usage.cached_read, 69);
    EXPECT_EQ(usage_of(R"({"prompt_tokens":70,"cached_tokens":68})").usage.cached_read, 68);
}

TEST(OpenAiUsage, ClampsPartsLargerThanTheirWholeAndFlagsThem) {
    const Statement cached = usage_of(
        R"({"prompt_tokens":7,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":161}})");
    const Statement reasoning = usage_of(
        R"({"prompt_tokens":7,"completion_tokens":10,"completion_tokens_details":{"reasoning_tokens":11}})");
    const Statement written = usage_of(
        R"({"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":8}})");

    EXPECT_TRUE(cached.is_inconsistent);
    EXPECT_EQ(cached.usage, (Usage{.cached_read = 7, .output_total = 1}));
    EXPECT_TRUE(reasoning.is_inconsistent);
    EXPECT_EQ(reasoning.usage.of_which_reasoning, 11);
    EXPECT_EQ(reasoning.usage.output_total, 10);
    EXPECT_TRUE(written.is_inconsistent);
    EXPECT_EQ(
        written.usage, (Usage{.cached_read = 8, .cache_write_unsplit = 2, .output_total = 1}));
}

TEST(OpenAiUsage, CountsAreNeverNegativeNorAbsurd) {
    const Statement statement = usage_of(
        R"({"prompt_tokens":-5,"completion_tokens":99999999999999999,"total_tokens":18446744073709551615})");

    EXPECT_TRUE(statement.is_inconsistent);
    EXPECT_EQ(statement.usage, (Usage{.output_total = kTokensMax}));
}

TEST(OpenAiUsage, TakesWholeNumbersWrittenAsFractions) {
    EXPECT_EQ(
        usage_of(R"({"prompt_tokens":12.0,"completion_tokens":3e1})").usage,
        (Usage{.input_uncached = 12, .output_total = 30}));
}

TEST(OpenAiUsage, AllTokensOfAnEmbeddingAreInput) {
    EXPECT_EQ(
        usage_of(R"({"total_tokens":18})", {.billed = UsageRules::Billed::total_is_input})
            .usage.input_uncached,
        18);
    EXPECT_EQ(usage_of(R"({"total_tokens":18})").usage.input_uncached, 0);
}

TEST(OpenAiUsage, KeepsTheProvidersOwnCost) {
    const Statement number = usage_of(R"({"prompt_tokens":1,"cost":0.0001804})");
    const Statement object = usage_of(R"({"prompt_tokens":1,"cost":{"total_cost":0.5}})");

    EXPECT_TRUE(number.object.has_cost);
    EXPECT_EQ(number.object.cost, Money::from_pico(180'400'000));
    EXPECT_TRUE(object.object.has_cost);
    EXPECT_EQ(object.object.cost, Money::from_pico(500'000'000'000));
}

struct Amount {
    std::string text;
    std::int64_t pico;
};

class MoneyOfNumber : public testing::TestWithParam<Amount> {};

TEST_P(MoneyOfNumber, CutsBelowPico) {
    EXPECT_EQ(money_of_json_number(GetParam().text), Money::from_pico(GetParam().pico));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    MoneyOfNumber,
    testing::Values(
        Amount{"0", 0},
        Amount{"0.0", 0},
        Amount{"1", 1'000'000'000'000},
        Amount{"-1.5", -1'500'000'000'000},
        Amount{"3.6e-06", 3'600'000},
        Amount{"3.6E-6", 3'600'000},
        Amount{"7.020000000000001e-05", 70'200'000},
        Amount{"0.00007020000000000000012345678901234567890", 70'200'000},
        Amount{"12e+1", 120'000'000'000'000},
        Amount{"1e-300", 0},
        Amount{"0e99", 0}));

TEST(OpenAiUsage, WhatIsNoSaneAmountIsNone) {
    EXPECT_FALSE(money_of_json_number("").has_value());
    EXPECT_FALSE(money_of_json_number("null").has_value());
    EXPECT_FALSE(money_of_json_number("\"1\"").has_value());
    EXPECT_FALSE(money_of_json_number("1e").has_value());
    EXPECT_FALSE(money_of_json_number("1e99").has_value());
    EXPECT_FALSE(money_of_json_number("1e9999999999").has_value());
    EXPECT_FALSE(money_of_json_number("100000000000000000000000000").has_value());
}

}  // namespace
}  // namespace pulse::llm::detail
