#include "llm/provider_quirks.h"

#include "llm/openai/answer_reader.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

using Rules = UsageRules;

TEST(ProviderQuirks, AnyCompatibleServerIsReadAsOpenAi) {
    const ProviderQuirks own = quirks_of("openai", Api::chat_completions);
    const ProviderQuirks other = quirks_of("somebody", Api::chat_completions);

    EXPECT_EQ(own.reader, &read_openai_event);
    EXPECT_EQ(other.reader, own.reader);
    EXPECT_EQ(other.rules, own.rules);
    EXPECT_EQ(other.end, StreamEnd::done_marker);
}

TEST(ProviderQuirks, XaisChatAndResponsesDiffer) {
    EXPECT_EQ(
        quirks_of("xai", Api::chat_completions).rules.reasoning, Rules::Reasoning::beside_output);
    EXPECT_EQ(quirks_of("xai", Api::responses).rules.reasoning, Rules::Reasoning::inside_output);
}

TEST(ProviderQuirks, KnowsOtherNamesOfAKind) {
    EXPECT_EQ(canonical_provider_kind("vercel-gateway"), "vercel");
    EXPECT_EQ(canonical_provider_kind("openai"), "openai");
    EXPECT_EQ(
        quirks_of("vercel-gateway", Api::chat_completions).rules.reasoning,
        Rules::Reasoning::beside_output);
}

TEST(ProviderQuirks, TheModelsMakerDecidesWhatRawPredictIs) {
    EXPECT_EQ(
        quirks_of("vertex", Api::raw_predict, "claude-sonnet-4@20250514").rules.cache,
        Rules::Cache::beside_input);
    EXPECT_EQ(
        quirks_of("vertex", Api::raw_predict, "mistral-large-2411").reader, &read_openai_event);
}

TEST(ProviderQuirks, WhatCountsOrListsIsNotBilled) {
    EXPECT_FALSE(quirks_of("openai", Api::input_tokens).is_billed);
    EXPECT_FALSE(quirks_of("anthropic", Api::token_counting).is_billed);
    EXPECT_FALSE(quirks_of("openai", Api::models).is_billed);
    EXPECT_EQ(quirks_of("openai", Api::files).reader, nullptr);
    EXPECT_TRUE(quirks_of("openai", Api::responses_compact).is_billed);
}

}  // namespace
}  // namespace pulse::llm
