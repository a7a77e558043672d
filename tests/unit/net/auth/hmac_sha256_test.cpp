#include "net/auth/hmac_sha256.h"

#include "base/hex.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::net {
namespace {

// RFC 4231 §4.3, §4.7 (a key longer than a block), read 2026-11-21.
TEST(HmacSha256, AgreesWithTheRfc) {
    EXPECT_EQ(
        to_hex(HmacSha256("Jefe").of("what do ya want for nothing?")),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(
        to_hex(HmacSha256(std::string(131, '\xaa'))
                   .of("Test Using Larger Than Block-Size Key - Hash Key First")),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, KeepsItsKeyFromMessageToMessage) {
    HmacSha256 hmac("Jefe");
    const Sha256 first = hmac.of("what do ya want for nothing?");

    (void)hmac.of("something else");

    EXPECT_EQ(hmac.of("what do ya want for nothing?"), first);
}

TEST(HmacSha256, TakesAnEmptyKey) {
    EXPECT_EQ(
        to_hex(HmacSha256("").of("")),
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Sha256Hasher, HashesPiecesAsOneText) {
    Sha256Hasher hasher;
    const std::array<std::string_view, 3> pieces{"a", "", "bc"};

    EXPECT_EQ(
        to_hex(hasher.of(pieces)),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hasher.of("abc"), hasher.of(pieces));
}

}  // namespace
}  // namespace pulse::net
