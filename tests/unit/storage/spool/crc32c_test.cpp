#include "storage/spool/crc32c.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::storage {
namespace {

[[nodiscard]] std::uint32_t crc_of(std::string_view text) {
    return crc32c(text.data(), text.size());
}

// Source: RFC 3720 §B.4, and the check value of CRC-32/ISCSI.
TEST(Crc32c, MatchesTheStandardsVectors) {
    EXPECT_EQ(crc_of("123456789"), 0xe3069283U);
    EXPECT_EQ(crc_of(std::string(32, '\0')), 0x8a9136aaU);
    EXPECT_EQ(crc_of(std::string(32, '\xff')), 0x62a8ab43U);
    EXPECT_EQ(crc_of(""), 0U);
}

TEST(Crc32c, IsTheSameWithAndWithoutTheInstruction) {
    std::string text;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(crc_of(text), detail::crc32c_portable(text.data(), text.size(), 0)) << i;
        text.push_back(static_cast<char>(i * 37));
    }
}

TEST(Crc32c, ContinuesWhereItWasLeft) {
    const std::string_view text = "a record in two pieces";

    const std::uint32_t first = crc32c(text.data(), 5);

    EXPECT_EQ(crc32c(text.data() + 5, text.size() - 5, first), crc_of(text));
}

}  // namespace
}  // namespace pulse::storage
