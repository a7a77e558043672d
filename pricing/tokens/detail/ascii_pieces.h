#pragma once

#include "pricing/tokens/detail/pieces.h"

#include <cstdint>

namespace pulse::pricing::detail {

struct AsciiPieces {
    /// Where pieces begin, a bit for each place, except at the first, where one begins anyway. Only
    /// those that nothing behind the block can change: 0 means that it is not known where the first
    /// piece ends.
    std::uint64_t starts;
    /// How many characters there are before the first that is not ASCII; the pieces are of these.
    int size;
};

/// The pieces of the AsciiBlock::kBytes bytes at `at`. For PieceRule::o200k and cl100k.
template <PieceRule kRule>
[[nodiscard]] AsciiPieces ascii_pieces(const char* at);

}  // namespace pulse::pricing::detail
