#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// The binary tables of one vocabulary, made at build time by pricing/tokens/gen/make_vocabulary.cpp
// and used in place by detail/vocabulary.h. In the byte order of the machine that builds, which is
// the one that runs. Sections stand in the order of the header's fields, each aligned to
// kSectionAlignment.
namespace pulse::pricing::detail {

using TokenId = std::uint32_t;

inline constexpr std::uint32_t kTokenBytesMax = 128;
inline constexpr TokenId kNoToken = 0xffff'ffff;
inline constexpr std::size_t kSectionAlignment = 64;
inline constexpr std::uint64_t kVocabularyMagic = 0x0001'6b6f'745f'7370;  // "ps_tok", version 1

/// A hash table whose keys are known when it is made, so that each has a slot of its own and a
/// look-up reads one (hash, displace and compress): which slot hangs on a number that the keys of a
/// bucket share. Free slots are 0.
struct TableSize {
    std::uint32_t buckets = 0;  ///< std::uint16_t, the number of each bucket
    std::uint32_t slots = 0;
};

struct VocabularyHeader {
    std::uint64_t magic = kVocabularyMagic;
    std::uint32_t tokens = 0;  ///< ids are below this; there may be holes
    std::uint32_t reserved = 0;
    TableSize short_keys;          ///< std::uint64_t, keys of tokens of up to 8 bytes
    TableSize medium_keys;         ///< PieceKey, keys of tokens of 9 to 16 bytes
    TableSize pairs;               ///< std::uint64_t, pairs of tokens and what they merge into
    std::uint32_t trie_units = 0;  ///< TrieUnit, all tokens
    std::uint32_t trie_root = 0;   ///< link of the root
    // Then TokenId[kByteTokens][kByteTokens], what two bytes merge into, Split[tokens],
    // Prefix[tokens].
    std::uint8_t bytes[256] = {};  ///< of the tokens 0 to 255, which are the single bytes
};
inline constexpr TokenId kByteTokens = 256;

/// The two tokens that merge into this one last; a single byte is both of its own, and so is a
/// hole. Byte-pair encoding forms a token from these two and no others, whatever stands around it.
struct Split {
    TokenId left;
    TokenId right;
};

/// Length of a token in the upper 8 bits, below them the longest token that is a proper prefix of
/// it, or kNoPrefix.
using Prefix = std::uint32_t;
inline constexpr unsigned kPrefixIdBits = 24;
inline constexpr Prefix kNoPrefix = (1U << kPrefixIdBits) - 1;

/// A node of a double-array trie. The child of a node with link b along byte c is the unit at
/// b ^ c, provided that the unit's label is c and it is taken. Links are unique, so no other test
/// of the parent is needed. Units of the first 256 places are never taken: 0 is the link of leaves.
struct TrieUnit {
    std::uint32_t link_and_label;  ///< link in the upper 23 bits, 1 bit taken, label in the lower 8
    TokenId token;                 ///< the token that ends here, or kNoToken
};
inline constexpr unsigned kTrieLinkShift = 9;
inline constexpr std::uint32_t kTrieTaken = 0x100;
inline constexpr std::uint32_t kTrieLabelMask = 0x1ff;

/// Up to 8 bytes as one word: the bytes from the low end up, their number in the top byte when that
/// is free. 0 for those 8 bytes whose last could be such a number.
inline constexpr std::size_t kKeyWordBytes = 8;
[[nodiscard]] constexpr std::uint64_t key_of_word(std::uint64_t word, std::size_t bytes) {
    const auto unused = static_cast<unsigned>(8 * (kKeyWordBytes - bytes));
    if (unused != 0) {
        return (word << unused) >> unused | std::uint64_t{bytes} << 56;
    }
    return (word >> 56) < kKeyWordBytes ? 0 : word;
}

/// 1 to 16 bytes as two words: their key when they are at most 8, and 0; else the first 8 and the
/// key of the others. Both 0 for what has no key: longer pieces, and those that key_of_word says.
/// Tokens without a key are found in the trie only.
struct PieceKey {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend constexpr bool operator==(const PieceKey&, const PieceKey&) = default;
};
inline constexpr std::size_t kKeyBytesMax = 2 * kKeyWordBytes;

/// The key of the `size` bytes at `from`, behind which memory may be read up to `readable` bytes
/// from `from` on: it takes two plain loads when that is kKeyBytesMax.
[[nodiscard]] inline PieceKey key_of_piece(
    const char* from, std::size_t size, std::size_t readable) {
    char copy[kKeyBytesMax] = {};
    if (size > kKeyBytesMax) {
        return {};
    }
    if (readable < kKeyBytesMax) {
        std::memcpy(copy, from, size);
        from = copy;
    }
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::memcpy(&low, from, kKeyWordBytes);
    std::memcpy(&high, from + kKeyWordBytes, kKeyWordBytes);
    if (size <= kKeyWordBytes) {
        return {key_of_word(low, size), 0};
    }
    high = key_of_word(high, size - kKeyWordBytes);
    return {high == 0 ? 0 : low, high};
}

inline constexpr std::uint64_t kHashMultiplier = 0x9e37'79b9'7f4a'7c15;

[[nodiscard]] constexpr std::uint64_t hash_of(std::uint64_t key) {
    return key * kHashMultiplier;
}
[[nodiscard]] constexpr std::uint64_t hash_of(PieceKey key) {
    return hash_of(key.low * kHashMultiplier ^ key.high);
}

/// A number below `count`, evenly from the upper half of `hash`.
[[nodiscard]] constexpr std::uint32_t scale(std::uint64_t hash, std::uint32_t count) {
    return static_cast<std::uint32_t>(((hash >> 32) * count) >> 32);
}
[[nodiscard]] constexpr std::uint32_t bucket_of(std::uint64_t hash, TableSize size) {
    return scale(hash, size.buckets);
}
[[nodiscard]] constexpr std::uint32_t slot_of(
    std::uint64_t hash, std::uint16_t bucket_number, TableSize size) {
    return scale((hash ^ bucket_number) * kHashMultiplier, size.slots);
}

/// A slot of the pairs: the left token, the right one, and what they merge into, which is never 0.
inline constexpr unsigned kPairIdBits = 18;
inline constexpr std::uint64_t kPairIdMask = (1U << kPairIdBits) - 1;
[[nodiscard]] constexpr std::uint64_t pair_key(TokenId left, TokenId right) {
    return std::uint64_t{left} << kPairIdBits | right;
}

}  // namespace pulse::pricing::detail
