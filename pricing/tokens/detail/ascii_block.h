#pragma once

#include <cstddef>
#include <cstdint>

namespace pulse::pricing::detail {

/// What 64 bytes are, one bit for each, the first lowest. Bytes that are not ASCII are in no set
/// but `beyond`.
struct AsciiBlock {
    static constexpr std::size_t kBytes = 64;

    std::uint64_t upper;       ///< A to Z
    std::uint64_t letter;      ///< with a to z
    std::uint64_t digit;       ///< 0 to 9
    std::uint64_t white;       ///< HT, LF, VT, FF, CR, space
    std::uint64_t newline;     ///< LF, CR
    std::uint64_t space;       ///< space
    std::uint64_t slash;       ///< /
    std::uint64_t apostrophe;  ///< '
    std::uint64_t beyond;      ///< 0x80 and above
};

/// Of the kBytes bytes at `at`.
[[nodiscard]] AsciiBlock read_ascii_block(const char* at);

}  // namespace pulse::pricing::detail
