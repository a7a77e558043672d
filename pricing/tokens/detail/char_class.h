#pragma once

#include <cstddef>
#include <cstdint>

namespace pulse::pricing::detail {

/// What the patterns of the encodings ask of a character: a set of the bits below.
/// Unicode 16.0, as docs/formats/tokens.md says why.
using CharClass = std::uint8_t;

inline constexpr CharClass kUpper = 1;     ///< Lu, Lt
inline constexpr CharClass kLower = 2;     ///< Ll
inline constexpr CharClass kUncased = 4;   ///< Lm, Lo
inline constexpr CharClass kMark = 8;      ///< M
inline constexpr CharClass kNumber = 16;   ///< N
inline constexpr CharClass kSpace = 32;    ///< White_Space: `\s`
inline constexpr CharClass kNewline = 64;  ///< CR, LF
inline constexpr CharClass kLetter = kUpper | kLower | kUncased;

inline constexpr std::size_t kCharBlock = 128;

// Blocks of kCharBlock characters, each kind once: which kind a block is of, and the kinds. Block 0
// is ASCII and of kind 0.
extern const std::uint8_t kKindOfBlock[];
extern const CharClass kBlockKinds[];

[[nodiscard]] inline CharClass class_of(std::uint32_t code_point) {
    return kBlockKinds
        [kKindOfBlock[code_point / kCharBlock] * kCharBlock + code_point % kCharBlock];
}

struct Char {
    CharClass bits;
    std::uint8_t size;  ///< bytes
};

/// The character at `at`, where valid UTF-8 stands.
[[nodiscard]] inline Char char_at(const char* at) {
    const auto byte = [at](int i) {
        return std::uint32_t{static_cast<std::uint8_t>(at[i])};
    };
    const auto first = byte(0);
    if (first < 0x80) {
        return {kBlockKinds[first], 1};
    }
    if (first < 0xe0) {
        return {class_of((first & 0x1f) << 6 | (byte(1) & 0x3f)), 2};
    }
    const auto middle = (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    if (first < 0xf0) {
        return {class_of((first & 0x0f) << 12 | middle), 3};
    }
    return {class_of((first & 0x07) << 18 | middle << 6 | (byte(3) & 0x3f)), 4};
}

}  // namespace pulse::pricing::detail
