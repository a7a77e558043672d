#include "pricing/tokens/encoding.h"

#include <gtest/gtest.h>

#include <optional>

namespace pulse::pricing {
namespace {

TEST(EncodingName, IsReadBackFromItsText) {
    for (const auto name :
         {EncodingName::o200k_base,
          EncodingName::o200k_harmony,
          EncodingName::cl100k_base,
          EncodingName::p50k_base}) {
        EXPECT_EQ(parse_encoding_name(to_string(name)), name);
    }
    EXPECT_EQ(parse_encoding_name("O200K_BASE"), std::nullopt);
    EXPECT_EQ(parse_encoding_name(""), std::nullopt);
}

TEST(EncodingOf, KnowsTheFamiliesOfOpenAi) {
    for (const auto* model :
         {"gpt-4o",
          "gpt-4o-mini-2024-07-18",
          "chatgpt-4o-latest",
          "gpt-4.1-nano",
          "gpt-5",
          "gpt-5.1-codex",
          "gpt-5-mini",
          "o1",
          "o1-pro",
          "o3-mini",
          "o4-mini",
          "ft:gpt-4o-mini-2024-07-18:org::id",
          "openai/gpt-4o",
          "GPT-4o"}) {
        EXPECT_EQ(encoding_of(model), EncodingName::o200k_base) << model;
    }
    for (const auto* model :
         {"gpt-4",
          "gpt-4-turbo-2024-04-09",
          "gpt-4-32k",
          "gpt-3.5-turbo",
          "gpt-35-turbo-16k",
          "ft:gpt-3.5-turbo:org::id",
          "text-embedding-ada-002",
          "text-embedding-3-large",
          "davinci-002"}) {
        EXPECT_EQ(encoding_of(model), EncodingName::cl100k_base) << model;
    }
    for (const auto* model : {"text-davinci-003", "text-davinci-002", "code-davinci-002"}) {
        EXPECT_EQ(encoding_of(model), EncodingName::p50k_base) << model;
    }
    EXPECT_EQ(encoding_of("openai/gpt-oss-120b"), EncodingName::o200k_harmony);
}

TEST(EncodingOf, DoesNotGuess) {
    for (const auto* model :
         {"claude-sonnet-4-5",
          "gemini-2.5-pro",
          "mistral-large-latest",
          "o1x",
          "o30",
          "gpt-40",
          "gpt-50",
          "text-davinci-001",
          "davinci",
          "gpt2",
          "",
          "/",
          "ft:"}) {
        EXPECT_EQ(encoding_of(model), std::nullopt) << model;
    }
}

}  // namespace
}  // namespace pulse::pricing
