#include "llm/openai/detail/governed_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm::detail {
namespace {

TEST(GovernedKeys, KnowsEachByItsName) {
    for (int index = 0; index < static_cast<int>(GovernedKey::none); ++index) {
        const auto key = static_cast<GovernedKey>(index);
        const KeyMatch match = match_governed_key(to_string(key));

        EXPECT_EQ(match.key, key);
        EXPECT_TRUE(match.is_plain);
    }
}

struct Disguise {
    std::string raw;
    GovernedKey key;
};

class GovernedKeyDisguise : public testing::TestWithParam<Disguise> {};

TEST_P(GovernedKeyDisguise, IsSeenThrough) {
    const KeyMatch match = match_governed_key(GetParam().raw);

    EXPECT_EQ(match.key, GetParam().key);
    EXPECT_FALSE(match.is_plain);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    GovernedKeyDisguise,
    testing::Values(
        Disguise{"Model", GovernedKey::model},
        Disguise{"MODEL", GovernedKey::model},
        Disguise{R"(mod\u0065l)", GovernedKey::model},
        Disguise{R"(\u006dodel)", GovernedKey::model},
        Disguise{R"(\u004DODEL)", GovernedKey::model},
        Disguise{R"(model\u0000)", GovernedKey::model},
        Disguise{R"(model\u0000x)", GovernedKey::model},
        Disguise{"\xC5\xBFtream", GovernedKey::stream},
        Disguise{R"(\u017ftream)", GovernedKey::stream},
        Disguise{
            "max_to\xE2\x84\xAA"
            "ens",
            GovernedKey::max_tokens},
        Disguise{R"(max_to\u212Aens)", GovernedKey::max_tokens},
        Disguise{"maxTokens", GovernedKey::max_tokens},
        Disguise{"streamOptions", GovernedKey::stream_options},
        Disguise{R"(stream\u005foptions)", GovernedKey::stream_options},
        Disguise{"_n", GovernedKey::n},
        Disguise{"N", GovernedKey::n}));

class UngovernedKey : public testing::TestWithParam<std::string> {};

TEST_P(UngovernedKey, Passes) {
    EXPECT_EQ(match_governed_key(GetParam()).key, GovernedKey::none);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    UngovernedKey,
    testing::Values(
        "",
        "_",
        "temperature",
        "modelz",
        "mode",
        "model2",
        " model",
        "model ",
        R"(model\n)",
        R"(mod\"el)",
        R"(\u0100odel)",
        R"(m\)",
        R"(m\u00)",
        "modèl",
        "nn"));

TEST(GovernedKeys, SeesThroughOtherNamesToo) {
    EXPECT_FALSE(is_disguise_of("include_usage", "include_usage"));
    EXPECT_TRUE(is_disguise_of("Include_Usage", "include_usage"));
    EXPECT_TRUE(is_disguise_of(R"(include\u005Fusage)", "include_usage"));
    EXPECT_FALSE(is_disguise_of("include_usages", "include_usage"));
}

}  // namespace
}  // namespace pulse::llm::detail
