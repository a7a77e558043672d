#include "pricing/tokens/encoding.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing {
namespace {

namespace json = boost::json;
using namespace std::string_literals;

class EveryEncoding : public testing::TestWithParam<EncodingName> {
protected:
    const Encoding& encoding_ = encoding(GetParam());
};
INSTANTIATE_TEST_SUITE_P(
    All,
    EveryEncoding,
    testing::Values(EncodingName::o200k_base, EncodingName::cl100k_base, EncodingName::p50k_base),
    [](const auto& tested) { return std::string{to_string(tested.param)}; });

/// Made by encode_ordinary of npm tiktoken 1.0.22; tests/e2e/tokens.test.mjs compares far more.
TEST_P(EveryEncoding, GivesTheRecordedTokens) {
    std::ifstream file{PULSE_SOURCE_DIR "/tests/golden/tokens/encode_ordinary.jsonl"};
    std::size_t cases = 0;
    for (std::string line; std::getline(file, line); ++cases) {
        const auto recorded = json::parse(line).as_object();
        const std::string text{recorded.at("text").as_string()};
        std::vector<TokenId> expected;
        for (const auto& id : recorded.at(to_string(GetParam())).as_array()) {
            expected.push_back(id.to_number<TokenId>());
        }
        EXPECT_EQ(encoding_.encode(text), expected) << text;
        EXPECT_EQ(encoding_.count(text), expected.size()) << text;
        EXPECT_EQ(encoding_.decode(expected), text);
    }
    EXPECT_GT(cases, 20U);
}

TEST_P(EveryEncoding, TakesSpecialTokensForText) {
    const auto tokens = encoding_.encode("<|endoftext|><|fim_prefix|>");

    EXPECT_GT(tokens.size(), 6U);
    EXPECT_EQ(encoding_.decode(tokens), "<|endoftext|><|fim_prefix|>");
}

TEST_P(EveryEncoding, CountsWhatIsNotUtf8AsReplacementCharacters) {
    const std::string broken = "ab\xff\xc3 \xe4\xb8!\xf0\x9f"s;
    const std::string replaced = "ab\uFFFD\uFFFD \uFFFD!\uFFFD";

    EXPECT_EQ(encoding_.encode(broken), encoding_.encode(replaced));
    EXPECT_EQ(encoding_.count(broken), encoding_.count(replaced));
}

TEST_P(EveryEncoding, OfNothingIsNothing) {
    EXPECT_EQ(encoding_.count(""), 0U);
    EXPECT_EQ(encoding_.count_until("", 0), 0U);
    EXPECT_TRUE(encoding_.encode({}).empty());
}

TEST_P(EveryEncoding, CountUntilGivesTheCountUpToTheLimitAndNoneAbove) {
    const auto text = "The quick brown fox jumps over the lazy dog. Über 9000 naïve 世界 -----\n"s;
    const auto count = encoding_.count(text);

    EXPECT_EQ(encoding_.count_until(text, count), count);
    EXPECT_EQ(encoding_.count_until(text, count + 1), count);
    EXPECT_EQ(encoding_.count_until(text, count - 1), std::nullopt);
    EXPECT_EQ(encoding_.count_until(text, 0), std::nullopt);
}

TEST_P(EveryEncoding, CountUntilKnowsFromTheSizeThatATextIsTooLong) {
    // As many bytes as the longest token, times the limit, and some: no need to look at them.
    const std::string spaces(1000 * 128 + 127, ' ');

    EXPECT_EQ(encoding_.count_until(spaces, 999), std::nullopt);
    EXPECT_GT(encoding_.count(spaces), 999U);
}

TEST_P(EveryEncoding, CountsAsManyAsItEncodesInLongTexts) {
    std::string text;
    for (int i = 0; i < 400; ++i) {
        text += "    const auto value" + std::to_string(i * 7919) + " = näıve(\"\t☃ " +
                std::string(static_cast<std::size_t>(i), '-') + "\"); // Łódź isn't 日本語\n\n";
    }
    const auto tokens = encoding_.encode(text);

    EXPECT_EQ(encoding_.count(text), tokens.size());
    EXPECT_EQ(encoding_.decode(tokens), text);
}

TEST(Encoding, OfHarmonyIsThatOfO200k) {
    EXPECT_EQ(&encoding(EncodingName::o200k_harmony), &encoding(EncodingName::o200k_base));
}

TEST(Encoding, DecodesIdsThatAreNoTokenToNothing) {
    const std::vector<TokenId> ids{15'339, 1'000'000, 0xffff'ffff, 1917};

    EXPECT_EQ(encoding(EncodingName::cl100k_base).decode(ids), "hello world");
    EXPECT_EQ(encoding(EncodingName::p50k_base).decode(std::vector<TokenId>{50'256}), "");
}

}  // namespace
}  // namespace pulse::pricing
