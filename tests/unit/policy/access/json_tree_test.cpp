#include "policy/access/detail/json_tree.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::policy::detail {
namespace {

TEST(JsonTree, KeepsNumbersAsTheyAreWritten) {
    const JsonNode root =
        read_json_tree(R"( {"a":[1,-0.10,123456789012345678901234567890,1e-7],"b":"x\u00e9"} )")
            .value();

    ASSERT_EQ(root.kind, JsonNode::Kind::object);
    ASSERT_EQ(root.names, (std::vector<std::string>{"a", "b"}));
    const std::vector<JsonNode>& numbers = root.items[0].items;
    ASSERT_EQ(numbers.size(), 4U);
    EXPECT_EQ(numbers[0].text, "1");
    EXPECT_EQ(numbers[1].text, "-0.10");
    EXPECT_EQ(numbers[2].text, "123456789012345678901234567890");
    EXPECT_EQ(numbers[3].text, "1e-7");
    EXPECT_EQ(root.items[1].text, "x\u00e9");
}

TEST(JsonTree, KeepsNestedObjectsApart) {
    const JsonNode root = read_json_tree(R"([{"a":{"b":true}},{"a":null},[],{}])").value();

    ASSERT_EQ(root.items.size(), 4U);
    EXPECT_TRUE(root.items[0].items[0].items[0].truth);
    EXPECT_EQ(root.items[1].items[0].kind, JsonNode::Kind::null);
    EXPECT_EQ(root.items[2].kind, JsonNode::Kind::array);
    EXPECT_EQ(root.items[3].kind, JsonNode::Kind::object);
}

TEST(JsonTree, RefusesWhatIsNotStrictJson) {
    for (const std::string_view text :
         {"",
          "{",
          "{}{}",
          "{} x",
          "[1,]",
          "{\"a\":01}",
          "{a:1}",
          "// c\n{}",
          "[1 2]",
          "NaN",
          "\"\x01\"",
          "\"\xff\"",
          "[.5]",
          "[+1]",
          "nul"}) {
        EXPECT_FALSE(read_json_tree(text)) << text;
    }
}

TEST(JsonTree, RefusesANameThatStandsTwice) {
    const Result<JsonNode> root = read_json_tree(R"({"a":1,"\u0061":2})");

    ASSERT_FALSE(root);
    EXPECT_EQ(root.error().detail(), "\"a\" stands twice in one object");
}

TEST(JsonTree, BoundsDepthAndSize) {
    EXPECT_TRUE(read_json_tree("[[[[[[[1]]]]]]]"));
    EXPECT_FALSE(read_json_tree("[[[[[[[[[[1]]]]]]]]]]"));
    EXPECT_FALSE(read_json_tree(std::string(70'000, ' ') + "1"));
}

}  // namespace
}  // namespace pulse::policy::detail
