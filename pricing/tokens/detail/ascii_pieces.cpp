#include "pricing/tokens/detail/ascii_pieces.h"

#include "pricing/tokens/detail/ascii_block.h"

#include <algorithm>
#include <bit>

// The rules of pieces.cpp for 64 ASCII characters at once, as operations on sets of places: x << 1
// is the places behind those in x, x >> 1 the places before them.
namespace pulse::pricing::detail {
namespace {

using Places = std::uint64_t;

Places below(int place) {
    return place >= 64 ? ~Places{0} : (Places{1} << std::max(place, 0)) - 1;
}

Places run_starts(Places set) {
    return set & ~(set << 1);
}

/// `from`, and what follows it place by place in `through`.
Places reach_forward(Places from, Places through) {
    for (int distance = 1; distance < 64; distance *= 2) {
        from |= through & from << distance;
        through &= through << distance;
    }
    return from;
}

Places reach_backward(Places from, Places through) {
    for (int distance = 1; distance < 64; distance *= 2) {
        from |= through & from >> distance;
        through &= through >> distance;
    }
    return from;
}

/// \p{N}{1,3}: every third place of a run.
Places digit_starts(Places digit) {
    const auto fourth = digit & digit << 1 & digit << 2 & digit << 3;
    auto starts = run_starts(digit);
    for (auto next = starts << 3 & fourth; next != 0; next = next << 3 & fourth) {
        starts |= next;
    }
    return starts;
}

/// \s*[\r\n]+ | \s+(?!\S) | \s+: up to the last newline of a run; then the blanks that follow but
/// for the last one, which goes with what is behind it or stands alone.
Places white_starts(Places white, Places newline) {
    const auto blank = white & ~newline;
    const auto last_blank = blank & ~(white >> 1);
    return run_starts(white) | run_starts(reach_backward(last_blank, blank)) | last_blank;
}

/// The size of the contraction whose apostrophe is at `at`, or 0.
int contraction_size(const char* at) {
    const auto first = at[1] | 0x20;
    const auto second = at[2] | 0x20;
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
        return 2;
    }
    const bool is_long =
        ((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l');
    return is_long ? 3 : 0;
}

/// `starts` with the contractions at `apostrophes`: part of the word before them in o200k, pieces
/// of their own in cl100k.
template <PieceRule kRule>
Places with_contractions(Places starts, Places apostrophes, Places letter, const char* at) {
    int last_end = 0;
    for (; apostrophes != 0; apostrophes &= apostrophes - 1) {
        const int place = std::countr_zero(apostrophes);
        const int size = contraction_size(at + place);
        // A word of o200k has one contraction; the next is a word again.
        if (size == 0 || (kRule == PieceRule::o200k && place == last_end && last_end != 0)) {
            continue;
        }
        last_end = place + size;
        if (kRule == PieceRule::o200k) {
            starts &= below(place) | ~below(last_end);
        }
        starts |= letter & below(last_end + 1) & ~below(last_end);
    }
    return starts;
}

}  // namespace

template <PieceRule kRule>
AsciiPieces ascii_pieces(const char* at) {
    const auto block = read_ascii_block(at);
    const auto all_symbols = ~(block.letter | block.digit | block.white | block.beyond);

    // [^\s\p{L}\p{N}]+[\r\n/]*, without the slash in cl100k.
    const auto taken_by_symbols = reach_forward(
        block.newline & all_symbols << 1,
        kRule == PieceRule::o200k ? block.newline | block.slash : block.newline);
    const auto symbol = all_symbols & ~taken_by_symbols;
    const auto white = block.white & ~taken_by_symbols;
    const auto newline = block.newline & ~taken_by_symbols;

    // A space before symbols is theirs; else a single symbol or the last blank before a word is the
    // word's.
    const auto symbol_starts = run_starts(symbol) & ~(block.space << 1);
    const auto before_word = symbol_starts & ~(symbol >> 1) & block.letter >> 1;
    const auto word_starts = run_starts(block.letter) & ~((before_word | (white & ~newline)) << 1);
    auto starts =
        symbol_starts | word_starts | digit_starts(block.digit) | white_starts(white, newline);
    if (kRule == PieceRule::o200k) {
        starts |= block.upper & (block.letter & ~block.upper) << 1;
    }

    // What is behind the last known place may go on with a run of white space there, which decides
    // where it is cut, or with a contraction of three characters.
    const int known = std::countr_zero(block.beyond);
    const int white_end = 64 - std::countl_zero(below(known) & ~block.white);
    const auto certain = below(std::min(white_end, known - 3) + 1) & ~Places{1};
    const auto before_contraction =
        kRule == PieceRule::o200k ? block.letter << 1 : symbol_starts | Places{1};
    const auto apostrophes = block.apostrophe & before_contraction & block.letter >> 1;
    starts = with_contractions<kRule>(starts, apostrophes & below(known - 2), block.letter, at);
    return {starts & certain, known};
}

template AsciiPieces ascii_pieces<PieceRule::o200k>(const char* at);
template AsciiPieces ascii_pieces<PieceRule::cl100k>(const char* at);

}  // namespace pulse::pricing::detail
