#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace pulse::net::detail {

/// Sixteen bytes of a head, asked about at once. Answers are masks with bit i for byte i. Every
/// x86-64 has the instructions; elsewhere the compiler makes what it can of the loops. Value.
class ByteBlock {
public:
    static constexpr std::size_t kSize = 16;
    static constexpr unsigned kAll = 0xffff;

#ifdef __SSE2__
    /// From kSize readable bytes.
    explicit ByteBlock(const char* at)
        : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}

    [[nodiscard]] unsigned equal_to(char c) const {
        return mask(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c)));
    }
    /// Below 0x20, and 0x7f.
    [[nodiscard]] unsigned controls() const {
        const __m128i below = _mm_cmpeq_epi8(_mm_min_epu8(bytes_, _mm_set1_epi8(0x1f)), bytes_);
        return mask(_mm_or_si128(below, _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(0x7f))));
    }
    /// Letters, digits and '-': what names of fields are made of.
    [[nodiscard]] unsigned name_characters() const {
        const __m128i folded = _mm_or_si128(bytes_, _mm_set1_epi8(0x20));
        const __m128i letters = is_within(folded, 'a', 26);
        const __m128i digits = is_within(bytes_, '0', 10);
        return mask(_mm_or_si128(
            _mm_or_si128(letters, digits), _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('-'))));
    }

private:
    [[nodiscard]] static unsigned mask(__m128i bytes) {
        return static_cast<unsigned>(_mm_movemask_epi8(bytes));
    }
    [[nodiscard]] static __m128i is_within(__m128i bytes, char first, char count) {
        const __m128i offset = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
        return _mm_cmpeq_epi8(
            _mm_min_epu8(offset, _mm_set1_epi8(static_cast<char>(count - 1))), offset);
    }
    __m128i bytes_;
#else
    explicit ByteBlock(const char* at) : bytes_(at) {}

    [[nodiscard]] unsigned equal_to(char c) const {
        return mask([c](char each) { return each == c; });
    }
    [[nodiscard]] unsigned controls() const {
        return mask([](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    }
    [[nodiscard]] unsigned name_characters() const {
        return mask([](char c) {
            const char folded = static_cast<char>(c | 0x20);
            return (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || c == '-';
        });
    }

private:
    template <class Is>
    [[nodiscard]] unsigned mask(Is is) const {
        unsigned bits = 0;
        for (unsigned i = 0; i < kSize; ++i) {
            bits |= static_cast<unsigned>(is(bytes_[i])) << i;
        }
        return bits;
    }
    const char* bytes_;
#endif
};

}  // namespace pulse::net::detail
