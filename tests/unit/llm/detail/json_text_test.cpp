#include "llm/detail/json_text.h"

#include <gtest/gtest.h>

namespace pulse::llm::detail {
namespace {

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(text, out);
    return out;
}

TEST(JsonText, QuotesPlainText) {
    EXPECT_EQ(json_string("gpt-4o é 漢"), "\"gpt-4o é 漢\"");
}

TEST(JsonText, EscapesWhatJsonForbids) {
    EXPECT_EQ(
        json_string(std::string_view{"a\"b\\c\n\r\t\x01\x1f\x7f\0", 12}),
        R"("a\"b\\c\n\r\t\u0001\u001f\u007f\u0000")");
}

TEST(JsonText, ReplacesBytesThatAreNoUtf8) {
    EXPECT_EQ(json_string("a\xFF\xC3"), "\"a??\"");
}

}  // namespace
}  // namespace pulse::llm::detail
