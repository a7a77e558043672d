#include "pricing/tokens/detail/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace pulse::pricing::detail {
namespace {

using namespace std::string_view_literals;

std::string repaired(std::string_view text) {
    return std::string{Utf8Text{text}.text()};
}

#define FFFD "\xef\xbf\xbd"

TEST(Utf8Text, IsTheTextItselfWhereThatIsValid) {
    const auto text = "a\0é中😀"sv;

    const Utf8Text valid{text};

    EXPECT_EQ(valid.text(), text);
    EXPECT_EQ(valid.text().data(), text.data());
}

/// The examples of the Unicode standard, tables 3-8 to 3-11.
TEST(Utf8Text, ReplacesEachMaximalPart) {
    EXPECT_EQ(
        repaired("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"),
        FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
    EXPECT_EQ(
        repaired("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"),
        FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
    EXPECT_EQ(
        repaired("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"),
        FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B");
    EXPECT_EQ(repaired("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), FFFD FFFD FFFD FFFD "A");
}

TEST(Utf8Text, ReplacesACharacterThatIsCutOffOnce) {
    EXPECT_EQ(repaired("a\xc3"), "a" FFFD);
    EXPECT_EQ(repaired("a\xe4\xb8"), "a" FFFD);
    EXPECT_EQ(repaired("a\xf0\x9f\x98"), "a" FFFD);
}

}  // namespace
}  // namespace pulse::pricing::detail
