#pragma once

#include "pricing/tokens/detail/char_class.h"

// Parts of the regular expressions that pieces.h lists, for text of any characters. Functions named
// `…_end` give the end of what matches at `at`, or `at` when nothing does. The text is valid UTF-8.
namespace pulse::pricing::detail {

template <CharClass kAccepted>
const char* run_end(const char* at, const char* end) {
    while (at != end) {
        const auto next = char_at(at);
        if ((next.bits & kAccepted) == 0) {
            break;
        }
        at += next.size;
    }
    return at;
}

/// [^\s\p{L}\p{N}]+
inline const char* symbols_end(const char* at, const char* end) {
    while (at != end) {
        const auto next = char_at(at);
        if ((next.bits & (kSpace | kLetter | kNumber)) != 0) {
            break;
        }
        at += next.size;
    }
    return at;
}

/// \p{N}{1,3}
inline const char* three_digits_end(const char* at, const char* end) {
    for (int left = 3; left > 0 && at != end; --left) {
        const auto next = char_at(at);
        if ((next.bits & kNumber) == 0) {
            break;
        }
        at += next.size;
    }
    return at;
}

enum class Newlines { apart, as_space };

/// \s*[\r\n]+ (with Newlines::apart) | \s+(?!\S) | \s+
template <Newlines kNewlines>
const char* white_space_end(const char* at, const char* end) {
    const char* run = at;
    const char* last = at;
    const char* newline_end = nullptr;
    while (run != end) {
        const auto next = char_at(run);
        if ((next.bits & kSpace) == 0) {
            break;
        }
        last = run;
        run += next.size;
        if (kNewlines == Newlines::apart && (next.bits & kNewline) != 0) {
            newline_end = run;
        }
    }
    if (newline_end != nullptr) {
        return newline_end;
    }
    // Text behind the run takes its last character, unless that is all there is.
    return run == end || last == at ? run : last;
}

inline const char* skip_newlines(const char* at, const char* end, char also) {
    while (at != end && (*at == '\n' || *at == '\r' || *at == also)) {
        ++at;
    }
    return at;
}

/// ` ?[^\s\p{L}\p{N}]+`, or `at`.
inline const char* spaced_symbols_end(const char* at, const char* end) {
    const char* begin = at + (*at == ' ' ? 1 : 0);
    const char* symbols = symbols_end(begin, end);
    return symbols == begin ? at : symbols;
}

}  // namespace pulse::pricing::detail
