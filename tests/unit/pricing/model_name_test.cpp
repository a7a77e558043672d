#include "pricing/catalog/detail/model_name.h"

#include "pricing/catalog/detail/name_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pulse::pricing::detail {
namespace {

std::vector<std::string> prefixes_of(std::string_view name) {
    std::vector<std::string> found;
    ReleasePrefixes prefixes{name};
    while (const auto prefix = prefixes.next()) {
        found.emplace_back(*prefix);
    }
    return found;
}

TEST(ModelName, KnowsTheFormsOfARelease) {
    for (const auto* words :
         {"-20250929",
          "-2025-09-29",
          "-2025-09",
          "-06-05",
          "-09-2025",
          "-0613",
          "-2411",
          "-001",
          "-250528",
          "-latest",
          ":latest",
          "@20250929",
          "@latest",
          "@default",
          "-preview",
          "-exp",
          "-preview-06-05",
          "-0125-preview",
          "-Preview-2025-09-29"}) {
        EXPECT_TRUE(is_release(words)) << words;
    }
}

TEST(ModelName, TakesNoVariantOrVersionForARelease) {
    for (const auto* words :
         {"-mini",
          "-pro",
          "-nano",
          ".6",
          "-6",
          "-32k",
          "-4-5",
          "-13-32",
          "-fast",
          "-audio-preview",
          "-preview-tts",
          "-",
          "--latest",
          "",
          "latest",
          "-2024-13-45",
          "-latest-",
          "-20b",
          "-v2"}) {
        EXPECT_FALSE(is_release(words)) << words;
    }
}

TEST(ModelName, GivesPrefixesLongestFirst) {
    EXPECT_EQ(
        prefixes_of("gemini-2.5-pro-preview-06-05"),
        (std::vector<std::string>{"gemini-2.5-pro-preview", "gemini-2.5-pro"}));
    EXPECT_EQ(prefixes_of("claude-opus-4-20250514"), (std::vector<std::string>{"claude-opus-4"}));
    EXPECT_TRUE(prefixes_of("gpt-4o-mini").empty());
    EXPECT_TRUE(prefixes_of("-latest").empty());
}

TEST(ModelName, LooksAtTheEndOfALongNameOnly) {
    std::string name = "m";
    for (int i = 0; i < 100; ++i) {
        name += "-latest";
    }
    EXPECT_EQ(prefixes_of(name).size(), 6U);
}

TEST(ModelName, ReadsTheBaseOfAFineTune) {
    EXPECT_EQ(fine_tune_base("ft:gpt-4o-2024-08-06:acme::abc"), "ft:gpt-4o-2024-08-06");
    EXPECT_EQ(fine_tune_base("FT:gpt-4o"), "FT:gpt-4o");
    EXPECT_EQ(fine_tune_base("ft:"), "");
    EXPECT_EQ(fine_tune_base("gpt-4o"), "");
}

TEST(NameTable, FindsByNameAndSpaceWithoutRegardToCase) {
    NameTable table;
    EXPECT_FALSE(table.find(0, "a"));

    EXPECT_TRUE(table.insert(1, "GPT-4o", 7));
    EXPECT_FALSE(table.insert(1, "gpt-4O", 8));
    EXPECT_TRUE(table.insert(2, "gpt-4o", 9));

    EXPECT_EQ(table.find(1, "gpt-4o"), 7U);
    EXPECT_EQ(table.find(2, "GPT-4O"), 9U);
    EXPECT_FALSE(table.find(3, "gpt-4o"));
    EXPECT_FALSE(table.find(1, "gpt-4"));
}

TEST(NameTable, KeepsEveryNameWhileItGrows) {
    NameTable table;
    for (std::uint32_t i = 0; i < 5'000; ++i) {
        ASSERT_TRUE(table.insert(i % 3, "model-" + std::to_string(i), i));
    }
    table.replace(0, "MODEL-0", 42);

    EXPECT_EQ(table.find(0, "model-0"), 42U);
    for (std::uint32_t i = 1; i < 5'000; ++i) {
        ASSERT_EQ(table.find(i % 3, "model-" + std::to_string(i)), i);
        ASSERT_FALSE(table.find((i + 1) % 3, "model-" + std::to_string(i)));
    }
}

}  // namespace
}  // namespace pulse::pricing::detail
