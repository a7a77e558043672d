#include "gateway/exchange/caller_address.h"

#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

class CallerAddress : public testing::Test {
protected:
    const std::vector<policy::Cidr> trusted_ = *parse_trusted_proxies({"10.0.0.0/8", "::1"});
};

TEST_F(CallerAddress, IsThePeersWhenItIsAStranger) {
    EXPECT_EQ(caller_address("203.0.113.9", "198.51.100.1", trusted_), "203.0.113.9");
    EXPECT_EQ(caller_address("203.0.113.9", "198.51.100.1", {}), "203.0.113.9");
}

TEST_F(CallerAddress, IsTheLastStrangerBehindTrustedProxies) {
    EXPECT_EQ(caller_address("10.0.0.1", "198.51.100.1", trusted_), "198.51.100.1");
    EXPECT_EQ(caller_address("10.0.0.1", "192.0.2.66, 198.51.100.1 , 10.2.3.4", trusted_), "198.51.100.1");
    EXPECT_EQ(caller_address("::1", "2001:db8::7", trusted_), "2001:db8::7");
}

TEST_F(CallerAddress, StaysAtTheProxyWhenItSaysNothingUsable) {
    EXPECT_EQ(caller_address("10.0.0.1", "", trusted_), "10.0.0.1");
    EXPECT_EQ(caller_address("10.0.0.1", "198.51.100.1, unknown", trusted_), "10.0.0.1");
}

TEST(ParseTrustedProxies, NamesTheEntryThatIsWrong) {
    const auto parsed = parse_trusted_proxies({"10.0.0.0/8", "10.0.0.0/99"});

    ASSERT_FALSE(parsed.has_value());
    EXPECT_NE(parsed.error().detail().find("10.0.0.0/99"), std::string::npos);
}

}  // namespace
}  // namespace pulse::gateway
