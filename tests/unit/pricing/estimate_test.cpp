#include "pricing/tokens/estimate.h"

#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

Model gpt() {
    return {
        .provider = "openai",
        .id = "gpt-4o",
        .mode = "chat",
        .context_tokens = 128'000,
        .output_tokens_max = 16'384};
}

RequestFacts facts_of(Api api, std::string_view model, std::int64_t bytes) {
    RequestFacts facts;
    facts.api = api;
    facts.model = model;
    facts.text_bytes = bytes;
    return facts;
}

RequestFacts chat(std::int64_t bytes) {
    return facts_of(Api::chat_completions, "gpt-4o", bytes);
}

TEST(Estimate, GuessesAQuarterAndBoundsByTheBytes) {
    const auto model = gpt();

    const auto estimate = estimate_tokens(chat(4'000), {.model = &model, .match = Match::exact});

    EXPECT_EQ(estimate.input, 1'008);
    EXPECT_EQ(estimate.input_max, 4'064);
    EXPECT_EQ(estimate.output, 512);
    EXPECT_EQ(estimate.output_max, 16'384);
}

TEST(Estimate, TakesTheCallersLimitThenTheModelsThenTheDefault) {
    const auto model = gpt();
    auto facts = chat(100);
    EXPECT_EQ(estimate_tokens(facts, {}).output_max, kOutputTokensMaxDefault);

    facts.max_output_tokens = 20;
    facts.answers = 3;
    const auto estimate = estimate_tokens(facts, {.model = &model, .match = Match::exact});

    EXPECT_EQ(estimate.output_max, 20);
    EXPECT_EQ(estimate.output, 60);
}

TEST(Estimate, NeverGoesBeyondTheWindowOfAKnownModel) {
    const auto model = gpt();
    auto facts = chat(5'000'000);

    EXPECT_EQ(estimate_tokens(facts, {.model = &model, .match = Match::exact}).input_max, 128'000);
    EXPECT_GT(estimate_tokens(facts, {.reference = &model}).input_max, 5'000'000);
    facts.builtin_tools = true;
    EXPECT_GT(
        estimate_tokens(facts, {.model = &model, .match = Match::exact}).input_max, 5'000'000);
}

TEST(Estimate, AddsTheMostThatPartsAndHiddenTokensMayCost) {
    const auto text = estimate_tokens(chat(100), {}).input_max;
    auto facts = chat(100);
    facts.images = 2;
    const auto images = estimate_tokens(facts, {}).input_max;
    facts.tools = 1;
    const auto tools = estimate_tokens(facts, {}).input_max;
    facts.file_parts = 1;
    const auto files = estimate_tokens(facts, {}).input_max;
    facts.audio_parts = 1;
    const auto audio = estimate_tokens(facts, {}).input_max;

    EXPECT_EQ(text, 164);
    EXPECT_EQ(images - text, 2 * 4'096);
    EXPECT_EQ(tools - images, 64);
    EXPECT_EQ(files - tools, 200'000);
    EXPECT_EQ(audio - files, 36'000);
}

TEST(Estimate, KnowsHiddenTokensByFamily) {
    auto facts = chat(100);
    facts.tools = 1;
    const auto bound_of = [&facts](std::string_view model) {
        facts.model = model;
        return estimate_tokens(facts, {}).input_max - facts.text_bytes;
    };

    EXPECT_GE(bound_of("gpt-5-mini"), 90);
    EXPECT_GE(bound_of("openai/gpt-oss-120b"), 78);
    EXPECT_GE(bound_of("GROK-4"), 684);
    EXPECT_GE(bound_of("some-model"), bound_of("grok-4"));
}

TEST(Estimate, ExpectsNoOutputOfEmbeddings) {
    auto facts = facts_of(Api::embeddings, "text-embedding-3-small", 400);
    facts.prompts = 4;

    const auto estimate = estimate_tokens(facts, {});

    EXPECT_EQ(estimate.output, 0);
    EXPECT_EQ(estimate.output_max, 0);
    EXPECT_EQ(estimate.input_max, 432);
}

TEST(Estimate, ReservesAnAnswerForEachLegacyPrompt) {
    auto facts = facts_of(Api::completions, "gpt-3.5-turbo-instruct", 100);
    facts.max_output_tokens = 10;
    facts.prompts = 4;

    EXPECT_EQ(estimate_tokens(facts, {}).output_max, 40);
}

TEST(Estimate, BearsAbsurdNumbers) {
    const auto max = std::numeric_limits<std::int64_t>::max();
    auto facts = facts_of(Api::completions, "m", max);
    facts.max_output_tokens = max;
    facts.answers = max;
    facts.prompts = max;
    facts.images = max;
    facts.audio_parts = max;
    facts.file_parts = max;
    facts.tools = max;

    const auto estimate = estimate_tokens(facts, {});

    EXPECT_GT(estimate.input_max, 0);
    EXPECT_GT(estimate.output_max, 0);
    facts.max_output_tokens = -1;
    EXPECT_EQ(estimate_tokens(facts, {}).output_max, 0);
}

}  // namespace
}  // namespace pulse::pricing
