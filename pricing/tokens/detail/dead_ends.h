#pragma once

#include "pricing/tokens/detail/vocabulary_format.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pulse::pricing::detail {

/// A set of sizes of tokens, the bit of each one below its number.
__extension__ using Sizes = unsigned __int128;

[[nodiscard]] constexpr Sizes sizes_up_to(std::uint32_t size_max) {
    return size_max >= kTokenBytesMax ? ~Sizes{0} : (Sizes{1} << size_max) - 1;
}

/// The places of a piece from which no row of tokens goes on. Value; not thread-safe.
class DeadEnds {
public:
    /// Of a new piece: none yet.
    void begin(std::size_t piece_bytes) {
        const auto words = piece_bytes / 64 + 1 + kTokenBytesMax / 64 + 1;
        if (places_.size() < words) {
            places_.resize(words);
        }
        std::fill_n(places_.begin(), words_used_, 0);
        words_used_ = 0;
    }

    void add(std::size_t place) {
        places_[place / 64] |= std::uint64_t{1} << place % 64;
        words_used_ = std::max(words_used_, place / 64 + 1);
    }

    [[nodiscard]] bool has(std::size_t place) const {
        return (places_[place / 64] >> place % 64 & 1) != 0;
    }

    /// The sizes of tokens at `place` that end in one.
    [[nodiscard]] Sizes sizes_from(std::size_t place) const {
        const auto first = (place + 1) / 64;
        const auto shift = (place + 1) % 64;
        const auto sizes = Sizes{places_[first + 1]} << 64 | places_[first];
        return shift == 0 ? sizes : sizes >> shift | Sizes{places_[first + 2]} << (128 - shift);
    }

private:
    std::vector<std::uint64_t> places_;  // a bit for each
    std::size_t words_used_ = 0;         // the others are 0
};

}  // namespace pulse::pricing::detail
