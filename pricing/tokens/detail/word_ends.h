#pragma once

#include "pricing/tokens/detail/char_class.h"
#include "pricing/tokens/detail/piece_ends.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Words of the patterns, as piece_ends.h has the rest.
namespace pulse::pricing::detail {

// ---- ASCII letters, eight at a time -------------------------------------------------------------

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr std::size_t kWord = 8;

/// The high bit of each byte that is 'from' to 'to'; bytes beyond ASCII are in no such range.
template <char kFrom, char kTo>
std::uint64_t bytes_in_range(std::uint64_t word) {
    const auto low = word & (0x7f * kOnes);
    return ((low + (0x80 - kFrom) * kOnes) ^ (low + (0x7f - kTo) * kOnes)) & ~word & (0x80 * kOnes);
}

/// How many bytes from the low end on are set in `marks` of bytes_in_range.
inline unsigned leading_run(std::uint64_t marks) {
    return static_cast<unsigned>(std::countr_one(marks | (0x7f * kOnes))) / 8;
}

inline std::uint64_t load_word(const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// \p{L}+ as in cl100k and p50k.
inline const char* letters_end(const char* at, const char* end) {
    while (end - at >= static_cast<std::ptrdiff_t>(kWord)) {
        const auto run = leading_run(bytes_in_range<'a', 'z'>(load_word(at) | 0x20 * kOnes));
        at += run;
        if (run < kWord) {
            break;
        }
    }
    return run_end<kLetter>(at, end);
}

// ---- contractions -------------------------------------------------------------------------------

enum class Case { exact, ignored };

/// 's|'t|'re|'ve|'m|'ll|'d
template <Case kCase>
const char* contraction_end(const char* at, const char* end) {
    if (end - at < 2 || *at != '\'') {
        return at;
    }
    const auto letter = [at](int i) {
        return kCase == Case::ignored ? static_cast<char>(at[i] | 0x20) : at[i];
    };
    const char first = letter(1);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
        return at + 2;
    }
    if (end - at < 3) {
        return at;
    }
    const char second = letter(2);
    if (((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l')) {
        return at + 3;
    }
    // The long s, U+017F, is an s to a Unicode-aware match that ignores case.
    return kCase == Case::ignored && at[1] == '\xc5' && at[2] == '\xbf' ? at + 3 : at;
}

// ---- words of o200k -----------------------------------------------------------------------------

constexpr CharClass kHead = kUpper | kUncased | kMark;  // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
constexpr CharClass kTail = kLower | kUncased | kMark;  // [\p{Ll}\p{Lm}\p{Lo}\p{M}]

struct CasedWord {
    const char* end;  ///< without a contraction; the beginning when there is no word
    bool has_tail;    ///< matched as [head]*[tail]+, which is tried before [head]+[tail]*
};

/// The greedy run of heads either meets a lower-case letter, and the tail goes on from there, or
/// gives back down to the last character that can be a tail too; if there is none it is all heads.
inline CasedWord cased_word(const char* at, const char* end) {
    const char* last_tail_end = nullptr;
    while (at != end) {
        const auto next = char_at(at);
        if ((next.bits & kHead) == 0) {
            if ((next.bits & kLower) != 0) {
                return {run_end<kTail>(at + next.size, end), true};
            }
            break;
        }
        at += next.size;
        if ((next.bits & kTail) != 0) {
            last_tail_end = at;
        }
    }
    return last_tail_end != nullptr ? CasedWord{last_tail_end, true} : CasedWord{at, false};
}

/// The same, quickly where it is at most seven ASCII letters.
inline CasedWord cased_word_quickly(const char* at, const char* end) {
    if (end - at < static_cast<std::ptrdiff_t>(kWord)) {
        return cased_word(at, end);
    }
    const auto word = load_word(at);
    const auto heads = leading_run(bytes_in_range<'A', 'Z'>(word));
    const auto tails =
        heads == kWord ? 0 : leading_run(bytes_in_range<'a', 'z'>(word) >> (8 * heads));
    const auto* word_end = at + heads + tails;
    if (tails == 0) {
        const bool is_ascii = heads < kWord && static_cast<signed char>(*word_end) >= 0;
        return is_ascii ? CasedWord{word_end, false} : cased_word(at, end);
    }
    const bool is_whole = heads + tails < kWord && static_cast<signed char>(*word_end) >= 0;
    return {is_whole ? word_end : run_end<kTail>(word_end, end), true};
}

/// With the optional character before it and the optional contraction behind it.
inline const char* o200k_word_end(const char* at, const char* end, Char first) {
    auto word = CasedWord{at, false};
    if ((first.bits & kLetter) != 0) {
        word = cased_word_quickly(at, end);
    } else if ((first.bits & (kNumber | kNewline)) == 0) {
        const char* begin = at + first.size;
        word = cased_word_quickly(begin, end);
        if ((first.bits & kMark) != 0 && !word.has_tail) {
            word = cased_word(at, end);  // a mark is a word of its own before it begins one
        } else if (word.end == begin) {
            return at;
        }
    }
    return word.end == at ? at : contraction_end<Case::ignored>(word.end, end);
}

}  // namespace pulse::pricing::detail
