#include "gateway/exchange/cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kAllowed{"https://app.example.com", "http://localhost:3000"};

[[nodiscard]] std::string fields_for(
    const std::vector<std::string>& allowed, std::string_view origin) {
    std::string out;
    append_cors_fields(out, allowed, origin);
    return out;
}

TEST(Cors, AllowsTheOriginsThatAreListedAndNoOthers) {
    EXPECT_TRUE(allows_origin(kAllowed, "https://app.example.com"));
    EXPECT_TRUE(allows_origin(kAllowed, "http://localhost:3000"));
    EXPECT_FALSE(allows_origin(kAllowed, "http://app.example.com"));
    EXPECT_FALSE(allows_origin(kAllowed, "https://app.example.com:8443"));
    EXPECT_FALSE(allows_origin(kAllowed, "https://app.example.com.evil.net"));
    EXPECT_FALSE(allows_origin(kAllowed, "https://evil.net/https://app.example.com"));
    EXPECT_FALSE(allows_origin(kAllowed, "null"));
    EXPECT_FALSE(allows_origin(kAllowed, ""));
}

TEST(Cors, AllowsEveryPageWithAStarButNoCallWithoutAnOrigin) {
    EXPECT_TRUE(allows_origin({"*"}, "https://any.example.com"));
    EXPECT_TRUE(allows_origin({"*"}, "null"));
    EXPECT_FALSE(allows_origin({"*"}, ""));
}

TEST(Cors, ShowsAnAllowedPageEveryHeader) {
    const std::string out = fields_for(kAllowed, "http://localhost:3000");

    EXPECT_THAT(out, HasSubstr("access-control-allow-origin: http://localhost:3000\r\n"));
    EXPECT_THAT(out, HasSubstr("access-control-expose-headers: *, x-pulse-request-id, "));
    EXPECT_THAT(out, Not(HasSubstr("credentials")));
}

TEST(Cors, TellsCachesThatTheAnswerDependsOnTheOriginAlsoWhereItIsNotAllowed) {
    EXPECT_EQ(fields_for(kAllowed, "https://evil.net"), "vary: origin\r\n");
    EXPECT_EQ(fields_for(kAllowed, ""), "vary: origin\r\n");
    EXPECT_THAT(fields_for({"*"}, "https://any.example.com"), HasSubstr("vary: origin\r\n"));
}

TEST(Cors, AllowsInAPreflightTheHeadersThatWereAskedFor) {
    std::string out;
    append_preflight_fields(out, "authorization,x-stainless-lang");

    EXPECT_THAT(out, HasSubstr("access-control-allow-headers: authorization,x-stainless-lang\r\n"));
    EXPECT_THAT(out, HasSubstr("PATCH"));
    std::string nothing_asked;
    append_preflight_fields(nothing_asked, "");
    EXPECT_THAT(nothing_asked, Not(HasSubstr("access-control-allow-headers")));
}

}  // namespace
}  // namespace pulse::gateway
