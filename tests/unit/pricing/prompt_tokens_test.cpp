#include "pricing/tokens/prompt_tokens.h"

#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

Prompt::Message message(std::string role, std::string text) {
    Prompt::Message message;
    message.role = std::move(role);
    message.texts.push_back(std::move(text));
    return message;
}

Prompt chat(std::string text) {
    Prompt prompt;
    prompt.messages.push_back(message("user", std::move(text)));
    return prompt;
}

// OpenAI's own example: "Say this is a test" is 5 tokens in a message of 12 with its framing.
TEST(CountPrompt, FramesMessagesAsOpenAiDoes) {
    EXPECT_EQ(count_prompt(chat("Say this is a test"), "gpt-4o").tokens, 3 + 1 + 5 + 3);
    EXPECT_EQ(count_prompt(chat("Say this is a test"), "openai/gpt-4o-2024-08-06").tokens, 12);
    EXPECT_EQ(count_prompt(chat("Say this is a test"), "o3-mini").tokens, 11);
    EXPECT_EQ(count_prompt(chat("Say this is a test"), "gpt-3.5-turbo-0301").tokens, 13);
    EXPECT_EQ(count_prompt(chat("Say this is a test"), "gpt-4o").basis, CountBasis::counted);
}

TEST(CountPrompt, AddsNothingToPlainTexts) {
    Prompt prompt;
    prompt.layout = Prompt::Layout::plain;
    prompt.token_ids = 7;
    prompt.messages.push_back(message("", "Say this is a test"));

    EXPECT_EQ(count_prompt(prompt, "text-embedding-3-small").tokens, 12);
}

TEST(CountPrompt, TakesSpecialTokensForText) {
    EXPECT_GT(count_prompt(chat("<|endoftext|>"), "gpt-4o").tokens, 3 + 1 + 1 + 3);
}

TEST(CountPrompt, ScalesForFamiliesWhoseTokenizerIsNotPublic) {
    const std::int64_t own = count_prompt(chat(std::string(4000, 'x')), "gpt-4o").tokens;
    const PromptTokens claude =
        count_prompt(chat(std::string(4000, 'x')), "anthropic/claude-sonnet-4-5");
    EXPECT_EQ(claude.tokens, (own * 120 + 99) / 100 + 2);
    EXPECT_EQ(claude.basis, CountBasis::approximated);
    EXPECT_GT(count_prompt(chat("x"), "us.anthropic.claude-opus-4-7").tokens, 9);
}

TEST(CountPrompt, SaysWhatItCannotKnow) {
    Prompt prompt = chat("x");
    prompt.has_builtin_tools = true;
    EXPECT_EQ(count_prompt(prompt, "gpt-4o").basis, CountBasis::incomplete);
    Prompt picture = chat("x");
    picture.images.emplace_back();
    EXPECT_EQ(count_prompt(picture, "gpt-4o").basis, CountBasis::incomplete);
    picture.images.front().width = picture.images.front().height = 64;
    EXPECT_EQ(count_prompt(picture, "gpt-4o").basis, CountBasis::approximated);
}

TEST(CountDelivered, IsExactForTextAndAGuessWithoutIt) {
    EXPECT_EQ(count_delivered("Say this is a test", 18, "gpt-4o"), 5);
    EXPECT_EQ(count_delivered("Say this is a test", 36, "gpt-4o"), 10);
    EXPECT_EQ(count_delivered("Say this is a test", 18, "claude-3-5-haiku"), 6);
    EXPECT_EQ(count_delivered("", 0, "gpt-4o"), 0);
    EXPECT_EQ(count_delivered("", 8, "gpt-4o"), 2);
    EXPECT_EQ(count_delivered("", 9, "gpt-4o"), 3);
    EXPECT_EQ(count_delivered("", -8, "gpt-4o"), 0);
}

}  // namespace
}  // namespace pulse::pricing
