#include "net/auth/percent.h"

#include <gtest/gtest.h>

namespace pulse::net {
namespace {

[[nodiscard]] std::string encoded(std::string_view text, std::string_view kept = {}) {
    std::string out;
    append_percent_encoded(out, text, kept);
    return out;
}
[[nodiscard]] std::string decoded(std::string_view text) {
    std::string out;
    append_percent_decoded(out, text);
    return out;
}

TEST(PercentEncoding, LeavesOnlyUnreservedOctets) {
    EXPECT_EQ(encoded("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(encoded("a b+c/d:e=\xc3\xa9%"), "a%20b%2Bc%2Fd%3Ae%3D%C3%A9%25");
    EXPECT_EQ(encoded("/a/b:c", "/"), "/a/b%3Ac");
}

TEST(PercentEncoding, DecodesWhatIsAnEscapeAndNothingElse) {
    EXPECT_EQ(decoded("a%3ab%2Fc"), "a:b/c");
    EXPECT_EQ(decoded("100%"), "100%");
    EXPECT_EQ(decoded("%4"), "%4");
    EXPECT_EQ(decoded("%zz%4g+"), "%zz%4g+");
}

}  // namespace
}  // namespace pulse::net
