#include "storage/spool/crc32c.h"

#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace pulse::storage {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78U;  // reflected

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Slicing by eight: table[n][b] is the effect of byte b followed by n zero bytes.
[[nodiscard]] constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
        }
        tables[0][byte] = crc;
    }
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        for (std::size_t n = 1; n < tables.size(); ++n) {
            const std::uint32_t before = tables[n - 1][byte];
            tables[n][byte] = (before >> 8U) ^ tables[0][before & 0xffU];
        }
    }
    return tables;
}

constexpr Tables kTables = make_tables();

[[nodiscard]] std::uint64_t load64(const unsigned char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(
    const void* bytes, std::size_t size, std::uint32_t crc) {
    const auto* at = static_cast<const unsigned char*>(bytes);
    std::uint64_t state = ~crc;
    for (; size >= 8; size -= 8, at += 8) {
        state = _mm_crc32_u64(state, load64(at));
    }
    auto narrow = static_cast<std::uint32_t>(state);
    for (; size > 0; --size, ++at) {
        narrow = _mm_crc32_u8(narrow, *at);
    }
    return ~narrow;
}
#endif

}  // namespace

namespace detail {

std::uint32_t crc32c_portable(const void* bytes, std::size_t size, std::uint32_t crc) {
    const auto* at = static_cast<const unsigned char*>(bytes);
    std::uint32_t state = ~crc;
    for (; size >= 8; size -= 8, at += 8) {
        const std::uint64_t word = load64(at) ^ state;
        state = 0;
        for (std::size_t n = 0; n < 8; ++n) {
            state ^= kTables[7 - n][(word >> (8 * n)) & 0xffU];
        }
    }
    for (; size > 0; --size, ++at) {
        state = (state >> 8U) ^ kTables[0][(state ^ *at) & 0xffU];
    }
    return ~state;
}

}  // namespace detail

std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t crc) {
#if defined(__x86_64__)
    static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
    if (has_instruction) {
        return crc32c_sse42(bytes, size, crc);
    }
#endif
    return detail::crc32c_portable(bytes, size, crc);
}

}  // namespace pulse::storage
