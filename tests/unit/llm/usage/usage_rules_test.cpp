#include "llm/usage/usage_rules.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace pulse::llm {
namespace {

using Rules = UsageRules;

StatedUsage stated(std::initializer_list<std::pair<UsageField, std::int64_t>> counts) {
    StatedUsage usage;
    for (const auto& [field, count] : counts) {
        usage.set(field, count);
    }
    return usage;
}

TEST(StatedUsage, AnAbsentCountIsNotAZero) {
    const StatedUsage usage = stated({{UsageField::output, 0}});

    EXPECT_FALSE(usage.has(UsageField::input));
    EXPECT_EQ(usage.get(UsageField::input), std::nullopt);
    EXPECT_EQ(usage.get(UsageField::output), 0);
    EXPECT_FALSE(usage.empty());
}

TEST(StatedUsage, MergesKeyByKey) {
    StatedUsage usage = stated({{UsageField::input, 2'479}, {UsageField::cache_write_5m, 7}});

    usage.merge(stated({{UsageField::input, 404'500}, {UsageField::output, 12}}));

    EXPECT_EQ(
        usage,
        stated(
            {{UsageField::input, 404'500},
             {UsageField::cache_write_5m, 7},
             {UsageField::output, 12}}));
}

TEST(StatedUsage, EveryFieldHasAnotherName) {
    for (std::size_t one = 0; one < kUsageFields; ++one) {
        for (std::size_t other = 0; other < one; ++other) {
            EXPECT_NE(
                to_string(static_cast<UsageField>(one)), to_string(static_cast<UsageField>(other)));
        }
    }
}

TEST(BillableUsage, OpenAiHasEverythingInsideItsTotals) {
    const BillableUsage billable = billable_usage(
        stated(
            {{UsageField::input, 4'020},
             {UsageField::cache_write, 4'012},
             {UsageField::output, 100},
             {UsageField::reasoning, 40}}),
        {});

    EXPECT_TRUE(billable.is_known);
    EXPECT_FALSE(billable.is_inconsistent);
    EXPECT_EQ(
        billable.usage,
        (Usage{
            .input_uncached = 8,
            .cache_write_unsplit = 4'012,
            .output_total = 100,
            .of_which_reasoning = 40}));
}

TEST(BillableUsage, AnthropicsCacheStandsBesideItsInput) {
    const BillableUsage billable = billable_usage(
        stated(
            {{UsageField::input, 17},
             {UsageField::cached_read, 5},
             {UsageField::cache_write, 2'070},
             {UsageField::cache_write_5m, 14},
             {UsageField::cache_write_1h, 2'056},
             {UsageField::output, 100}}),
        {.cache = Rules::Cache::beside_input});

    EXPECT_EQ(
        billable.usage,
        (Usage{
            .input_uncached = 17,
            .cached_read = 5,
            .cache_write_5m = 14,
            .cache_write_1h = 2'056,
            .output_total = 100}));
    EXPECT_EQ(billable.usage.input_total(), 17 + 5 + 2'070);
}

TEST(BillableUsage, AWriteWithoutItsLifetimeIsUnsplit) {
    EXPECT_EQ(
        billable_usage(
            stated({{UsageField::input, 21}, {UsageField::cache_write, 1'733}}),
            {.cache = Rules::Cache::beside_input})
            .usage,
        (Usage{.input_uncached = 21, .cache_write_unsplit = 1'733}));
}

TEST(BillableUsage, ReasoningBesideTheOutputIsOutput) {
    const BillableUsage billable = billable_usage(
        stated({{UsageField::input, 61}, {UsageField::output, 10}, {UsageField::reasoning, 96}}),
        {.reasoning = Rules::Reasoning::beside_output});

    EXPECT_EQ(billable.usage.output_total, 106);
    EXPECT_EQ(billable.usage.of_which_reasoning, 96);
    EXPECT_FALSE(billable.is_inconsistent);
}

TEST(BillableUsage, HiddenReasoningIsTheRestOfTheTotal) {
    const Rules rules{.reasoning = Rules::Reasoning::hidden_in_total};

    EXPECT_EQ(
        billable_usage(
            stated({{UsageField::input, 35}, {UsageField::output, 12}, {UsageField::total, 109}}),
            rules)
            .usage.output_total,
        74);
    EXPECT_EQ(
        billable_usage(stated({{UsageField::input, 35}, {UsageField::output, 12}}), rules)
            .usage.output_total,
        12);
}

TEST(BillableUsage, GeminisToolPromptsAreInput) {
    EXPECT_EQ(
        billable_usage(
            stated({{UsageField::input, 32}, {UsageField::tool_use_prompt, 619}}),
            {.reasoning = Rules::Reasoning::beside_output})
            .usage.input_uncached,
        651);
}

TEST(BillableUsage, MistralsAudioComesOnTop) {
    const StatedUsage audio =
        stated({{UsageField::input, 3}, {UsageField::audio_in, 375}, {UsageField::output, 11}});

    EXPECT_EQ(
        billable_usage(audio, {.audio = Rules::Audio::beside_input}).usage,
        (Usage{.input_uncached = 3, .output_total = 11, .input_audio_extra = 375}));
    EXPECT_EQ(billable_usage(audio, {}).usage.of_input_audio, 3);
    EXPECT_TRUE(billable_usage(audio, {}).is_inconsistent);
}

TEST(BillableUsage, CoheresInvoiceIsItsBilledUnits) {
    const BillableUsage billable = billable_usage(
        stated(
            {{UsageField::input, 1'563},
             {UsageField::output, 55},
             {UsageField::cached_read, 1'360},
             {UsageField::billed_input, 47},
             {UsageField::billed_output, 50},
             {UsageField::search_units, 1}}),
        {.billed = Rules::Billed::billed_units});

    EXPECT_EQ(billable.usage, (Usage{.input_uncached = 47, .output_total = 50, .search_units = 1}));
}

TEST(BillableUsage, ATotalAloneIsNotKnownToBeAnything) {
    const StatedUsage total = stated({{UsageField::total, 57}});

    EXPECT_FALSE(billable_usage(total, {}).is_known);
    EXPECT_EQ(billable_usage(total, {}).usage, Usage{});
    const BillableUsage input = billable_usage(total, {.billed = Rules::Billed::total_is_input});
    EXPECT_FALSE(input.is_known);
    EXPECT_EQ(input.usage, (Usage{.input_uncached = 57}));
}

TEST(BillableUsage, NobodyKnowsWhatMoreCacheThanInputMeans) {
    const BillableUsage billable = billable_usage(
        stated({{UsageField::input, 7}, {UsageField::cached_read, 161}, {UsageField::output, 1}}),
        {});

    EXPECT_TRUE(billable.is_inconsistent);
    EXPECT_FALSE(billable.is_known);
    EXPECT_EQ(billable.usage, (Usage{.cached_read = 7, .output_total = 1}));
}

/// Whatever is stated and whatever the rules: no count is negative and the parts of the input sum
/// up.
TEST(BillableUsage, IsNeverNegative) {
    constexpr std::int64_t kCounts[] = {-7, 0, 1, 5, kTokensMax + 1};
    for (const std::int64_t input : kCounts) {
        for (const std::int64_t part : kCounts) {
            for (const Rules rules :
                 {Rules{},
                  Rules{.cache = Rules::Cache::beside_input},
                  Rules{.reasoning = Rules::Reasoning::hidden_in_total},
                  Rules{.audio = Rules::Audio::beside_input},
                  Rules{.billed = Rules::Billed::billed_units}}) {
                StatedUsage usage;
                for (std::size_t field = 0; field < kUsageFields; ++field) {
                    usage.set(static_cast<UsageField>(field), part);
                }
                usage.set(UsageField::input, input);
                usage.set(UsageField::output, input);

                const BillableUsage billable = billable_usage(usage, rules);

                for (const std::int64_t count :
                     {billable.usage.input_uncached,
                      billable.usage.cached_read,
                      billable.usage.cache_write_5m,
                      billable.usage.cache_write_1h,
                      billable.usage.cache_write_unsplit,
                      billable.usage.output_total,
                      billable.usage.of_which_reasoning,
                      billable.usage.of_input_audio,
                      billable.usage.of_cached_audio,
                      billable.usage.input_audio_extra}) {
                    ASSERT_GE(count, 0);
                }
            }
        }
    }
}

}  // namespace
}  // namespace pulse::llm
