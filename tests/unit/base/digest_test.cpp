#include "base/digest.h"

#include "base/hex.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

namespace pulse {
namespace {

// Source: FIPS 180-4 examples of SHA-256.
TEST(Sha256, AgreesWithThePublishedExamples) {
    EXPECT_EQ(
        to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(
        to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(
        to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(ConstantTimeEqual, ComparesContentAndSize) {
    EXPECT_TRUE(constant_time_equal(std::string_view{"secret"}, std::string_view{"secret"}));
    EXPECT_FALSE(constant_time_equal(std::string_view{"secret"}, std::string_view{"secreT"}));
    EXPECT_FALSE(constant_time_equal(std::string_view{"secret"}, std::string_view{"secre"}));
    EXPECT_TRUE(constant_time_equal(std::string_view{}, std::string_view{""}));

    const auto a = sha256("a");
    auto b = a;
    EXPECT_TRUE(constant_time_equal(a, b));
    b.back() ^= 1U;
    EXPECT_FALSE(constant_time_equal(a, b));
}

TEST(Hex, WritesAndReadsEveryByte) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes.push_back(static_cast<char>(i));
    }

    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    EXPECT_EQ(to_hex(std::string_view{"\x00\xff\x0a", 3}), "00ff0a");
    EXPECT_EQ(from_hex("00FF0a"), std::string("\x00\xff\x0a", 3));
}

TEST(Hex, RefusesOddCountsAndOtherCharacters) {
    EXPECT_EQ(from_hex("0"), std::nullopt);
    EXPECT_EQ(from_hex("0g"), std::nullopt);
    EXPECT_EQ(from_hex("g0"), std::nullopt);
    EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, ReadsExactlyTheSizeThatIsAskedFor) {
    EXPECT_EQ(array_from_hex<2>("01ff"), (std::array<std::uint8_t, 2>{0x01, 0xff}));
    EXPECT_FALSE(array_from_hex<2>("01"));
    EXPECT_FALSE(array_from_hex<2>("01ff00"));
    EXPECT_FALSE(array_from_hex<2>("01fx"));
}

}  // namespace
}  // namespace pulse
