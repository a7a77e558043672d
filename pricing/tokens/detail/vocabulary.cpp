#include "pricing/tokens/detail/vocabulary.h"

#include "base/assert.h"

#include <vector>

namespace pulse::pricing::detail {
namespace {

/// Walks over the sections of the tables.
class Sections {
public:
    explicit Sections(const char* tables) : at_(tables) {}

    template <class T>
    [[nodiscard]] const T* next(std::size_t count) {
        const auto* section = reinterpret_cast<const T*>(at_);
        const auto size = count * sizeof(T);
        at_ += (size + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
        return section;
    }

    template <class Slot>
    [[nodiscard]] Table<Slot> next_table(TableSize size) {
        const auto* buckets = next<std::uint16_t>(size.buckets);
        return {size, buckets, next<Slot>(size.slots)};
    }

private:
    const char* at_;
};

}  // namespace

Vocabulary::Vocabulary(const char* tables) {
    Sections sections{tables};
    const auto& header = *sections.next<VocabularyHeader>(1);
    PULSE_ASSERT(header.magic == kVocabularyMagic);
    bytes_ = header.bytes;
    trie_root_ = header.trie_root;
    tokens_ = header.tokens;
    short_keys_ = sections.next_table<std::uint64_t>(header.short_keys);
    medium_keys_ = sections.next_table<PieceKey>(header.medium_keys);
    pairs_ = sections.next_table<std::uint64_t>(header.pairs);
    trie_ = sections.next<TrieUnit>(header.trie_units);
    byte_pairs_ = sections.next<TokenId>(kByteTokens * kByteTokens);
    splits_ = sections.next<Split>(header.tokens);
    prefixes_ = sections.next<Prefix>(header.tokens);
}

inline TokenId Vocabulary::merged(TokenId left, TokenId right) const {
    const auto key = pair_key(left, right);
    const auto slot = pairs_.slot(hash_of(key));
    return slot >> kPairIdBits == key ? static_cast<TokenId>(slot & kPairIdMask) : kNoToken;
}

// The border between two tokens holds unless some merge across it would have come first. Such a
// merge joins a token on the right edge of `left`, as that was being put together, with one on the
// left edge of `right`. Both are taken apart, the one that was merged later first; a pair that
// merges before that breaks the border. Of equal ranks the leftmost merges first, hence the 1 on
// the right.
bool Vocabulary::may_follow(TokenId left, TokenId right) const {
    TokenId before = kNoToken;
    while (left >= kByteTokens || right >= kByteTokens) {
        if (merged(left, right) < before) {
            return false;
        }
        // No branch: which of the two is the later one cannot be predicted.
        const bool is_left_later = left > right;
        const auto left_part = splits_[left].right;
        const auto right_part = splits_[right].left;
        before = is_left_later ? left : right + 1;
        left = is_left_later ? left_part : left;
        right = is_left_later ? right : right_part;
    }
    return byte_pairs_[left * kByteTokens + right] >= before;
}

void Vocabulary::append_bytes(TokenId token, std::string& out) const {
    PULSE_ASSERT(token < tokens_);
    for (std::vector<TokenId> parts{token}; !parts.empty();) {
        const auto part = parts.back();
        parts.pop_back();
        if (part < kByteTokens) {
            out.push_back(static_cast<char>(bytes_[part]));
        } else if (splits_[part].left != part) {  // not a hole
            parts.push_back(splits_[part].right);
            parts.push_back(splits_[part].left);
        }
    }
}

}  // namespace pulse::pricing::detail
