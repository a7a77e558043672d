#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pulse::pricing::detail {

// Model and provider names are compared without regard to ASCII case, eight bytes at a time: a
// look-up is on the path of every request. Inline, because the calls cost as much as the work (884
// instructions a look-up against 600).

constexpr std::size_t kWordBytes = 8;

/// Eight bytes with 0x20 set in each that is 'A' to 'Z'.
[[nodiscard]] constexpr std::uint64_t fold_word(std::uint64_t word) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const auto low = word & (0x7f * kOnes);
    const auto from_a = low + (0x80 - 'A') * kOnes;
    const auto above_z = low + (0x7f - 'Z') * kOnes;
    const auto upper = (from_a ^ above_z) & ~word & (0x80 * kOnes);
    return word | (upper >> 2);
}

template <class Word>
[[nodiscard]] inline std::uint64_t load(const char* from) {
    Word word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// The last 1 to 7 bytes of a text as a word. By overlapping loads: a memcpy of unknown size is a
/// call.
[[nodiscard]] inline std::uint64_t load_tail(const char* from, std::size_t size) {
    if (size >= 4) {
        return load<std::uint32_t>(from) | load<std::uint32_t>(from + size - 4) << (8 * (size - 4));
    }
    return load<std::uint8_t>(from) | load<std::uint8_t>(from + size / 2) << (8 * (size / 2)) |
           load<std::uint8_t>(from + size - 1) << (8 * (size - 1));
}

/// A hash of the folded bytes; `space` keeps the names of one provider apart from the next's. Not
/// for storing: it depends on the byte order.
[[nodiscard]] inline std::uint64_t hash_folded(std::uint32_t space, std::string_view text) {
    constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
    std::uint64_t hash = (std::uint64_t{space} << 32) + text.size();
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ fold_word(word)) * kMultiplier;
        hash ^= hash >> 32;
    };
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= kWordBytes; at += kWordBytes, left -= kWordBytes) {
        mix(load<std::uint64_t>(at));
    }
    mix(left == 0 ? 0 : load_tail(at, left));
    return hash;
}

/// Whether `text` folds to `folded`, which holds no capital letter and is as long.
[[nodiscard]] inline bool folds_to(std::string_view text, const char* folded) {
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= kWordBytes; at += kWordBytes, folded += kWordBytes, left -= kWordBytes) {
        if (fold_word(load<std::uint64_t>(at)) != load<std::uint64_t>(folded)) {
            return false;
        }
    }
    return left == 0 || fold_word(load_tail(at, left)) == load_tail(folded, left);
}

/// Whether `text` starts with `folded`, which holds no capital letter.
[[nodiscard]] inline bool starts_folded(std::string_view text, std::string_view folded) {
    return text.size() >= folded.size() && folds_to(text.substr(0, folded.size()), folded.data());
}

[[nodiscard]] inline std::string folded(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return out;
}

}  // namespace pulse::pricing::detail
