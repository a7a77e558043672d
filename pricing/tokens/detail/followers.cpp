#include "pricing/tokens/detail/followers.h"

#include <bit>
#include <cstring>

namespace pulse::pricing::detail {
namespace {

constexpr unsigned kRememberedBits = 10;
constexpr TokenId kNothing = kPairIdMask;  // in a key: the beginning; no token has this id

/// Rows of at least as many equal characters are worth more than a plain walk.
constexpr std::size_t kRowMin = 8;

/// How many equal characters `text` begins with, at most kTokenBytesMax.
std::size_t row_at(std::string_view text) {
    constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
    const auto same = kOnes * static_cast<std::uint8_t>(text.front());
    const auto most = text.substr(0, kTokenBytesMax);
    std::size_t row = 0;
    for (; row + sizeof same <= most.size(); row += sizeof same) {
        std::uint64_t word = 0;
        std::memcpy(&word, most.data() + row, sizeof word);
        if (word != same) {
            return row + static_cast<std::size_t>(std::countr_zero(word ^ same)) / 8;
        }
    }
    while (row < most.size() && most[row] == most.front()) {
        ++row;
    }
    return row;
}

std::uint32_t largest(Sizes sizes) {
    const auto upper = static_cast<std::uint64_t>(sizes >> 64);
    const auto lower = static_cast<std::uint64_t>(sizes);
    return static_cast<std::uint32_t>(
        upper != 0 ? 64 + std::bit_width(upper) : std::bit_width(lower));
}

}  // namespace

Followers::Followers(const Vocabulary& vocabulary)
    : vocabulary_(vocabulary), remembered_(std::size_t{1} << kRememberedBits) {}

Vocabulary::Match Followers::longest(
    std::optional<TokenId> left, std::string_view rest, Sizes sizes) {
    auto match = longest_at(rest);
    sizes &= sizes_behind(left, match);
    if (sizes == 0) {
        return {};
    }
    for (const auto size = largest(sizes); match.size != size;) {
        match = vocabulary_.longest_prefix_of(match.token);
    }
    return match;
}

/// Vocabulary::longest_at, but not a step for each of a row of equal characters.
Vocabulary::Match Followers::longest_at(std::string_view rest) {
    const auto row = row_at(rest);
    if (row < kRowMin) {
        return vocabulary_.longest_at(rest);
    }
    walk_row_of(rest.front());
    return row < row_size_ ? vocabulary_.longest_at(rest, row_[row]) : row_[row_size_ - 1].longest;
}

void Followers::walk_row_of(char c) {
    if (row_of_ == c) {
        return;
    }
    row_of_ = c;
    row_size_ = 0;
    auto walk = vocabulary_.begin_walk();
    do {
        row_[row_size_++] = walk;
    } while (row_size_ < row_.size() && vocabulary_.step(walk, c));
}

/// The sizes of `longest` and its prefixes that may follow `left`.
Sizes Followers::sizes_behind(std::optional<TokenId> left, Vocabulary::Match longest) {
    const auto key = pair_key(left.value_or(kNothing), longest.token);
    auto& [known_key, sizes] = remembered_[hash_of(key) >> (64 - kRememberedBits)];
    if (known_key != key) {
        known_key = key;
        sizes = 0;
        for (auto token = longest; token.size != 0;
             token = vocabulary_.longest_prefix_of(token.token)) {
            if (!left || vocabulary_.may_follow(*left, token.token)) {
                sizes |= Sizes{1} << (token.size - 1);
            }
        }
    }
    return sizes;
}

}  // namespace pulse::pricing::detail
