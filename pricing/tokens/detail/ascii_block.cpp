#include "pricing/tokens/detail/ascii_block.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pulse::pricing::detail {

#if defined(__SSE2__)

namespace {

/// The same byte in every place.
__m128i all(char byte) {
    return _mm_set1_epi8(byte);
}

std::uint64_t bits(__m128i is_in_set) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(is_in_set));
}

__m128i in_range(__m128i bytes, char from, char to) {
    const auto above = _mm_sub_epi8(bytes, all(from));
    return _mm_cmpeq_epi8(_mm_min_epu8(above, all(static_cast<char>(to - from))), above);
}

}  // namespace

AsciiBlock read_ascii_block(const char* at) {
    AsciiBlock block{};
    for (unsigned offset = 0; offset < AsciiBlock::kBytes; offset += sizeof(__m128i)) {
        const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + offset));
        const auto space = _mm_cmpeq_epi8(bytes, all(' '));
        const auto newline =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, all('\n')), _mm_cmpeq_epi8(bytes, all('\r')));
        block.upper |= bits(in_range(bytes, 'A', 'Z')) << offset;
        block.letter |= bits(in_range(_mm_or_si128(bytes, all(0x20)), 'a', 'z')) << offset;
        block.digit |= bits(in_range(bytes, '0', '9')) << offset;
        block.white |= bits(_mm_or_si128(space, in_range(bytes, '\t', '\r'))) << offset;
        block.newline |= bits(newline) << offset;
        block.space |= bits(space) << offset;
        block.slash |= bits(_mm_cmpeq_epi8(bytes, all('/'))) << offset;
        block.apostrophe |= bits(_mm_cmpeq_epi8(bytes, all('\''))) << offset;
        block.beyond |= bits(bytes) << offset;
    }
    return block;
}

#else

AsciiBlock read_ascii_block(const char* at) {
    AsciiBlock block{};
    for (unsigned i = 0; i < AsciiBlock::kBytes; ++i) {
        const auto byte = static_cast<std::uint8_t>(at[i]);
        const auto set = [i](bool is_in) {
            return std::uint64_t{is_in} << i;
        };
        const auto in_range = [byte](char from, char to) {
            return byte >= from && byte <= to;
        };
        const bool is_upper = in_range('A', 'Z');
        block.upper |= set(is_upper);
        block.letter |= set(is_upper || in_range('a', 'z'));
        block.digit |= set(in_range('0', '9'));
        block.white |= set(byte == ' ' || in_range('\t', '\r'));
        block.newline |= set(byte == '\n' || byte == '\r');
        block.space |= set(byte == ' ');
        block.slash |= set(byte == '/');
        block.apostrophe |= set(byte == '\'');
        block.beyond |= set(byte >= 0x80);
    }
    return block;
}

#endif

}  // namespace pulse::pricing::detail
