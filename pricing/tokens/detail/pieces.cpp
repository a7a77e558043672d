#include "pricing/tokens/detail/pieces.h"

#include "pricing/tokens/detail/ascii_block.h"
#include "pricing/tokens/detail/ascii_pieces.h"
#include "pricing/tokens/detail/char_class.h"
#include "pricing/tokens/detail/piece_ends.h"
#include "pricing/tokens/detail/word_ends.h"

#include <bit>

namespace pulse::pricing::detail {
namespace {

// ---- one piece ----------------------------------------------------------------------------------

struct O200k {
    static constexpr auto kRule = PieceRule::o200k;
    static constexpr bool kHasBlocks = true;

    static const char* piece_end(const char* at, const char* end) {
        const auto first = char_at(at);
        if ((first.bits & kNumber) != 0) {
            return three_digits_end(at, end);
        }
        if (const char* word = o200k_word_end(at, end, first); word != at) {
            return word;
        }
        if (const char* symbols = spaced_symbols_end(at, end); symbols != at) {
            return skip_newlines(symbols, end, '/');
        }
        return white_space_end<Newlines::apart>(at, end);
    }
};

struct Cl100k {
    static constexpr auto kRule = PieceRule::cl100k;
    static constexpr bool kHasBlocks = true;

    static const char* piece_end(const char* at, const char* end) {
        const auto first = char_at(at);
        if ((first.bits & kNumber) != 0) {
            return three_digits_end(at, end);
        }
        if ((first.bits & kLetter) != 0) {
            return letters_end(at, end);
        }
        if (const char* contraction = contraction_end<Case::ignored>(at, end); contraction != at) {
            return contraction;
        }
        if ((first.bits & kNewline) == 0) {
            const char* begin = at + first.size;
            if (const char* letters = letters_end(begin, end); letters != begin) {
                return letters;
            }
        }
        if (const char* symbols = spaced_symbols_end(at, end); symbols != at) {
            return skip_newlines(symbols, end, '\n');
        }
        return white_space_end<Newlines::apart>(at, end);
    }
};

struct P50k {
    static constexpr bool kHasBlocks = false;

    static const char* piece_end(const char* at, const char* end) {
        if (const char* contraction = contraction_end<Case::exact>(at, end); contraction != at) {
            return contraction;
        }
        const char* begin = at + (*at == ' ' ? 1 : 0);
        if (begin != end) {
            const auto first = char_at(begin);
            if ((first.bits & kLetter) != 0) {
                return letters_end(begin, end);
            }
            if ((first.bits & kNumber) != 0) {
                return run_end<kNumber>(begin, end);
            }
            if ((first.bits & kSpace) == 0) {
                return symbols_end(begin, end);
            }
        }
        return white_space_end<Newlines::as_space>(at, end);
    }
};

// ---- all pieces ---------------------------------------------------------------------------------

/// The ends of pieces, as many as there is room for.
class Ends {
public:
    explicit Ends(std::span<const char*> room) : room_(room) {}

    void add(const char* end) { room_[count_++] = end; }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::size_t left() const { return room_.size() - count_; }

private:
    std::span<const char*> room_;
    std::size_t count_ = 0;
};

/// One by one, until a piece ends behind `until`.
template <class Rules>
const char* cut_singly(const char* at, const char* until, const char* end, Ends& ends) {
    while (at < until && ends.left() != 0) {
        at = Rules::piece_end(at, end);
        ends.add(at);
    }
    return at;
}

/// A block at a time where at least the next word is ASCII.
template <class Rules>
const char* cut_blocks(const char* at, const char* end, Ends& ends) {
    constexpr auto kBlock = AsciiBlock::kBytes;
    while (ends.left() >= kBlock && end - at >= static_cast<std::ptrdiff_t>(kBlock)) {
        if ((load_word(at) & 0x80 * kOnes) != 0) {
            at = cut_singly<Rules>(at, at + 1, end, ends);
            continue;
        }
        const auto [starts, size] = ascii_pieces<Rules::kRule>(at);
        for (auto left = starts; left != 0; left &= left - 1) {
            ends.add(at + std::countr_zero(left));
        }
        const char* block = at;
        at += starts == 0 ? 0 : 63 - std::countl_zero(starts);
        // What is left of a block that ends at another character is too little to look at again.
        const bool is_cut_short = size < static_cast<int>(kBlock);
        if (is_cut_short || starts == 0) {
            at = cut_singly<Rules>(at, is_cut_short ? block + size : at + 1, end, ends);
        }
    }
    return at;
}

template <class Rules>
std::size_t cut(const char* at, const char* end, std::span<const char*> room) {
    Ends ends{room};
    if constexpr (Rules::kHasBlocks) {
        at = cut_blocks<Rules>(at, end, ends);
    }
    if (ends.count() == 0 || !Rules::kHasBlocks) {
        cut_singly<Rules>(at, end, end, ends);
    }
    return ends.count();
}

}  // namespace

CutPieces cutter_of(PieceRule rule) {
    switch (rule) {
        case PieceRule::o200k:
            return &cut<O200k>;
        case PieceRule::cl100k:
            return &cut<Cl100k>;
        case PieceRule::p50k:
            break;
    }
    return &cut<P50k>;
}

}  // namespace pulse::pricing::detail
