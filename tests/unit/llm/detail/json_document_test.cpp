#include "llm/detail/json_document.h"

#include "tests/unit/llm/padded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace pulse::llm::detail {
namespace {

using testing::ElementsAre;

std::vector<std::string> keys_of(JsonDocument& document) {
    std::vector<std::string> keys;
    const auto error =
        for_each_field(document.object(), [&keys](std::string_view key, ondemand::value&) {
            keys.emplace_back(key);
            return simdjson::SUCCESS;
        });
    EXPECT_EQ(error, simdjson::SUCCESS);
    return keys;
}

TEST(JsonDocument, WalksKeysAsTheyAreWritten) {
    const Padded json{R"({"a":1,"b\"c":[{"d":2}],"\\":{},"a_rather_long_key":null,"":0})"};
    JsonDocument document;
    ASSERT_EQ(document.open(json.view()), simdjson::SUCCESS);

    EXPECT_THAT(keys_of(document), ElementsAre("a", R"(b\"c)", R"(\\)", "a_rather_long_key", ""));
    EXPECT_TRUE(document.is_whole());
}

TEST(JsonDocument, SeesWhatStandsBehindTheObject) {
    const Padded json{R"({"a":1} {"b":2})"};
    JsonDocument document;
    ASSERT_EQ(document.open(json.view()), simdjson::SUCCESS);

    EXPECT_THAT(keys_of(document), ElementsAre("a"));
    EXPECT_FALSE(document.is_whole());
}

TEST(JsonDocument, OpensTextsAboveTheSharedSize) {
    const Padded json{
        R"({"a":")" + std::string(JsonDocument::kSharedBytesMax, 'x') + R"(","b":1})"};
    JsonDocument document;
    ASSERT_EQ(document.open(json.view()), simdjson::SUCCESS);

    EXPECT_THAT(keys_of(document), ElementsAre("a", "b"));
}

TEST(JsonDocument, EachThreadHasItsOwn) {
    const Padded json{R"({"a":1,"b":2})"};
    JsonDocument document;
    ASSERT_EQ(document.open(json.view()), simdjson::SUCCESS);

    std::thread{[] {
        const Padded other{R"({"x":[1,2,3],"y":{"z":4}})"};
        JsonDocument theirs;
        ASSERT_EQ(theirs.open(other.view()), simdjson::SUCCESS);
        EXPECT_THAT(keys_of(theirs), ElementsAre("x", "y"));
    }}.join();

    EXPECT_THAT(keys_of(document), ElementsAre("a", "b"));
}

TEST(JsonDocument, PaddedCopyHoldsTheTextWhateverCameBefore) {
    EXPECT_EQ(padded_copy("short"), "short");
    EXPECT_EQ(padded_copy(std::string(400'000, 'x')), std::string(400'000, 'x'));
    EXPECT_EQ(padded_copy(""), "");
    EXPECT_EQ(padded_copy(std::string(5'000, 'y')), std::string(5'000, 'y'));
}

struct Escaped {
    std::string raw;
    std::size_t size;
};

class UnescapedSize : public testing::TestWithParam<Escaped> {};

TEST_P(UnescapedSize, CountsBytesOfUtf8) {
    EXPECT_EQ(unescaped_size(GetParam().raw), GetParam().size);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    UnescapedSize,
    testing::Values(
        Escaped{"", 0},
        Escaped{"plain", 5},
        Escaped{R"(a\nb)", 3},
        Escaped{R"(\\\")", 2},
        Escaped{R"(\u0041)", 1},
        Escaped{R"(\u00e9)", 2},
        Escaped{R"(\u07FF)", 2},
        Escaped{R"(\u0800)", 3},
        Escaped{R"(\u20ac!)", 4},
        Escaped{R"(\ud7ff)", 3},
        Escaped{R"(\ud83d\ude00)", 4},
        Escaped{R"(\uD83D\uDE00\\)", 5},
        Escaped{"é\\u00e9", 4}));

}  // namespace
}  // namespace pulse::llm::detail
