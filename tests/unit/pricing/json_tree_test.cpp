#include "pricing/catalog/detail/json_tree.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::pricing::detail {
namespace {

TEST(JsonTree, KeepsTheTextOfNumbers) {
    const auto tree =
        JsonTree::parse(R"({"a": 1.5e-07, "b": [0.10, -3 , true], "c": {"d": null}})", 1'000);

    ASSERT_TRUE(tree.has_value()) << tree.error().detail();
    const auto& root = tree->root();
    EXPECT_EQ(root.find("a")->text, "1.5e-07");
    const auto* list = root.find("b");
    EXPECT_EQ(list->children, 3U);
    EXPECT_EQ(list->child->text, "0.10");
    EXPECT_EQ(list->child->next->text, "-3");
    EXPECT_EQ(list->child->next->next->text, "true");
    EXPECT_TRUE(root.find("c")->find("d")->is(JsonNode::Kind::null));
    EXPECT_EQ(root.find("e"), nullptr);
}

TEST(JsonTree, UnescapesTextsAndKeys) {
    const auto tree = JsonTree::parse(R"({"\u0061\n": "\"\u00e9\""})", 1'000);

    ASSERT_TRUE(tree.has_value());
    EXPECT_EQ(tree->root().find("a\n")->text, "\"é\"");
}

TEST(JsonTree, RefusesWhatIsNoJson) {
    for (const char* text :
         {"",
          "[1",
          "{\"a\":}",
          "[1] 2",
          "[01]",
          "[1.]",
          "[.5]",
          "[1e]",
          "[+1]",
          "[nul]",
          "[tru]",
          "1",
          "[1,]",
          "{\"a\" 1}",
          "\"\xff\"",
          "[\"\xff\"]",
          "[NaN]",
          "[--1]"}) {
        const auto tree = JsonTree::parse(text, 1'000);
        ASSERT_FALSE(tree.has_value()) << text;
        EXPECT_EQ(tree.error().code(), Errc::corrupt_input) << text;
    }
}

TEST(JsonTree, IsBounded) {
    const std::string deep = std::string(100, '[') + std::string(100, ']');

    EXPECT_FALSE(JsonTree::parse(deep, 1'000).has_value());
    EXPECT_EQ(JsonTree::parse("[1, 2, 3]", 4).error().code(), Errc::limit_exceeded);
}

}  // namespace
}  // namespace pulse::pricing::detail
