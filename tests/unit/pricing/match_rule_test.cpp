#include "pricing/catalog/match_rule.h"

#include "pricing/catalog/detail/folded_text.h"
#include "pricing/catalog/detail/json_tree.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace pulse::pricing {
namespace {

Result<MatchRule> rule(std::string_view json) {
    const auto tree = detail::JsonTree::parse(json, 100'000);
    EXPECT_TRUE(tree.has_value()) << json;
    return MatchRule::parse(tree->root());
}

bool matches(std::string_view json, std::string_view name) {
    const auto read = rule(json);
    EXPECT_TRUE(read.has_value()) << json;
    return read->matches(name, detail::folded(name));
}

TEST(MatchRule, MatchesWithoutRegardToCase) {
    EXPECT_TRUE(matches(R"({"equals": "GPT-4o"})", "gpt-4O"));
    EXPECT_FALSE(matches(R"({"equals": "gpt-4o"})", "gpt-4o-mini"));
    EXPECT_TRUE(matches(R"({"starts_with": "claude-"})", "Claude-3"));
    EXPECT_TRUE(matches(R"({"ends_with": ":FREE"})", "x:free"));
    EXPECT_TRUE(matches(R"({"contains": "us.anthropic"})", "arn/us.anthropic.claude"));
    EXPECT_FALSE(matches(R"({"contains": "us.anthropic"})", "eu.anthropic.claude"));
}

TEST(MatchRule, TakesRegularExpressionsAsTheyAre) {
    const auto* dated = R"x({"regex": "^gpt-5\\.4-\\d{4}-\\d{2}-\\d{2}$"})x";
    EXPECT_TRUE(matches(dated, "gpt-5.4-2026-03-05"));
    EXPECT_FALSE(matches(dated, "GPT-5.4-2026-03-05"));
    const auto* no_speech = R"x({"regex": "^(?!.*-[tT][tT][sS](?:$|-))"})x";
    EXPECT_FALSE(matches(no_speech, "gemini-2.5-pro-TTS"));
    EXPECT_TRUE(matches(no_speech, "gemini-2.5-pro"));
    EXPECT_TRUE(matches(R"({"regex": "o[134]"})", "xo1")) << "unanchored, as upstream searches";
}

TEST(MatchRule, CombinesRules) {
    const auto* either =
        R"({"or": [{"equals": "a"}, {"and": [{"starts_with": "b"}, {"ends_with": "c"}]}]})";
    EXPECT_TRUE(matches(either, "a"));
    EXPECT_TRUE(matches(either, "bxc"));
    EXPECT_FALSE(matches(either, "bx"));
}

TEST(MatchRule, RefusesWhatIsNoRule) {
    for (const char* text :
         {"[]",
          "{}",
          R"({"like": "a"})",
          R"({"equals": 1})",
          R"({"equals": ""})",
          R"({"or": []})",
          R"({"or": [1]})",
          R"({"regex": "("})",
          R"({"equals": "a", "contains": "b"})"}) {
        EXPECT_FALSE(rule(text).has_value()) << text;
    }
    std::string deep = R"({"equals": "a"})";
    for (int i = 0; i < 10; ++i) {
        deep = R"({"or": [)" + deep + "]}";
    }
    EXPECT_FALSE(rule(deep).has_value());
}

TEST(MatchRule, GivesUpOnAnExpressionThatExplodes) {
    const auto begin = std::chrono::steady_clock::now();

    EXPECT_FALSE(matches(R"({"regex": "^(a+)+$"})", std::string(200, 'a') + "!"));

    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

TEST(MatchRule, WritesWhatItReads) {
    const std::string text =
        R"({"or": [{"equals": "a\"b"}, {"and": [{"starts_with": "b"}, {"regex": "^x\\d$"}]}]})";
    std::string out;

    rule(text)->append_json(out);

    EXPECT_EQ(out, text);
}

TEST(MatchRule, TellsTheNamesThatItStatesFromTheRest) {
    const auto stated = stated_names(
        *rule(R"({"or": [{"equals": "A"}, {"starts_with": "b"}, {"or": [{"equals": "c"}]}]})"));

    EXPECT_EQ(stated.names, (std::vector<std::string>{"a", "c"}));
    ASSERT_NE(stated.open, nullptr);
    EXPECT_TRUE(stated.open->matches("bx", "bx"));
    EXPECT_FALSE(stated.open->matches("a", "a"));
    EXPECT_EQ(stated_names(*rule(R"({"equals": "a"})")).open, nullptr);
}

}  // namespace
}  // namespace pulse::pricing
