#pragma once

#include "pricing/tokens/detail/vocabulary_format.h"

#include <string>
#include <string_view>

namespace pulse::pricing::detail {

/// A hash table of the format. Views the tables.
template <class Slot>
struct Table {
    TableSize size;
    const std::uint16_t* buckets;
    const Slot* slots;

    /// The only slot where a key of this hash can be.
    [[nodiscard]] const Slot& slot(std::uint64_t hash) const {
        return slots[slot_of(hash, buckets[bucket_of(hash, size)], size)];
    }
};

/// The tables of one encoding, used where they lie in the program. Immutable.
class Vocabulary {
public:
    /// `tables` is what make_vocabulary wrote, aligned to kSectionAlignment, and outlives this.
    explicit Vocabulary(const char* tables);

    /// Whether there is a token with this key.
    [[nodiscard]] bool has(PieceKey key) const {
        if (key.high == 0) {
            return key.low != 0 && short_keys_.slot(hash_of(key.low)) == key.low;
        }
        return medium_keys_.slot(hash_of(key)) == key;
    }

    struct Match {
        TokenId token = kNoToken;
        std::uint32_t size = 0;  ///< in bytes; 0: none
    };

    /// How far a look into the trie came.
    struct Walk {
        std::uint32_t link;
        std::uint32_t bytes = 0;
        Match longest;
    };
    [[nodiscard]] Walk begin_walk() const { return {trie_root_, 0, {}}; }

    /// Whether some token goes on with `c`; if so, goes there.
    [[nodiscard]] bool step(Walk& walk, char c) const {
        const auto byte = static_cast<std::uint8_t>(c);
        const auto& unit = trie_[walk.link ^ byte];
        if ((unit.link_and_label & kTrieLabelMask) != (kTrieTaken | byte)) {
            return false;
        }
        ++walk.bytes;
        walk.longest.size = unit.token == kNoToken ? walk.longest.size : walk.bytes;
        walk.longest.token = unit.token == kNoToken ? walk.longest.token : unit.token;
        walk.link = unit.link_and_label >> kTrieLinkShift;
        return true;
    }

    /// The longest token that `text` begins with, when `walk` has seen its first bytes; none for an
    /// empty text only.
    [[nodiscard]] Match longest_at(std::string_view text, Walk walk) const {
        while (walk.bytes < text.size() && step(walk, text[walk.bytes])) {
        }
        return walk.longest;
    }
    [[nodiscard]] Match longest_at(std::string_view text) const {
        return longest_at(text, begin_walk());
    }

    [[nodiscard]] std::uint32_t size_of(TokenId token) const {
        return prefixes_[token] >> kPrefixIdBits;
    }

    /// The longest token that is a proper prefix of `token`; none, of size 0, for a single byte.
    [[nodiscard]] Match longest_prefix_of(TokenId token) const {
        const auto prefix = prefixes_[token] & kNoPrefix;
        return prefix == kNoPrefix ? Match{} : Match{prefix, size_of(prefix)};
    }

    /// Whether byte-pair encoding of the bytes of `left` and `right` together gives these two.
    [[nodiscard]] bool may_follow(TokenId left, TokenId right) const;

    /// Appends the bytes of `token`, which is below tokens().
    void append_bytes(TokenId token, std::string& out) const;

    [[nodiscard]] TokenId tokens() const { return tokens_; }

private:
    /// The token that `left` and `right` merge into, or kNoToken.
    [[nodiscard]] TokenId merged(TokenId left, TokenId right) const;

    Table<std::uint64_t> short_keys_;
    Table<PieceKey> medium_keys_;
    Table<std::uint64_t> pairs_;
    const TrieUnit* trie_;
    const TokenId* byte_pairs_;
    const Split* splits_;
    const Prefix* prefixes_;
    const std::uint8_t* bytes_;
    std::uint32_t trie_root_;
    TokenId tokens_;
};

}  // namespace pulse::pricing::detail
