#include "policy/access/cidr.h"

#include <gtest/gtest.h>

namespace pulse::policy {
namespace {

[[nodiscard]] bool contains(std::string_view block, std::string_view address) {
    return parse_cidr(block).value().contains(parse_address(address).value());
}

TEST(Cidr, HoldsTheAddressesOfItsPrefix) {
    EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.128"));
    EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.255"));
    EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
    EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
    EXPECT_TRUE(contains("2001:db8:8000::/33", "2001:db8:ffff::1"));
    EXPECT_FALSE(contains("2001:db8:8000::/33", "2001:db8:7fff::1"));
    EXPECT_TRUE(contains("::/0", "2001:db8::1"));
}

TEST(Cidr, IsOneAddressWithoutAPrefixLength) {
    EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(contains("192.0.2.1", "192.0.2.2"));
    EXPECT_TRUE(contains("::1", "::1"));
    EXPECT_FALSE(contains("::1", "::2"));
}

TEST(Cidr, KeepsTheFamiliesApartExceptForMappedAddresses) {
    EXPECT_FALSE(contains("::/0", "192.0.2.1"));
    EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    EXPECT_FALSE(contains("::/0", "::ffff:192.0.2.1"));
    EXPECT_TRUE(contains("192.0.2.0/24", "::ffff:192.0.2.1"));
    EXPECT_TRUE(contains("::ffff:192.0.2.0/120", "192.0.2.1"));
    EXPECT_FALSE(contains("::ffff:192.0.2.0/120", "192.0.3.1"));
}

TEST(Cidr, RefusesWhatIsNoBlock) {
    for (const std::string_view text :
         {"",
          "/8",
          "10.0.0.0/",
          "10.0.0.0/33",
          "10.0.0.0/-1",
          "10.0.0.0/8x",
          "10.0.0/8",
          "10.0.0.0/8/8",
          "010.0.0.0/8",
          "::/129",
          "fe80::1%eth0/64",
          "localhost",
          "1.2.3.4 "}) {
        EXPECT_FALSE(parse_cidr(text)) << text;
    }
}

TEST(Cidr, RefusesBitsBehindThePrefixAsAMistake) {
    const Result<Cidr> block = parse_cidr("10.0.0.1/8");

    ASSERT_FALSE(block);
    EXPECT_EQ(block.error().code(), Errc::invalid_request);
    EXPECT_NE(block.error().detail().find("bits are set behind the prefix"), std::string::npos);
}

TEST(ParseAddress, DropsAZone) {
    EXPECT_EQ(parse_address("fe80::1%eth0"), parse_address("fe80::1"));
    EXPECT_FALSE(parse_address("10.0.0.1%eth0").has_value());
    EXPECT_FALSE(parse_address(std::string_view{"10.0.0.1\0", 9}).has_value());
}

}  // namespace
}  // namespace pulse::policy
