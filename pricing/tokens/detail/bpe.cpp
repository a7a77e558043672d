#include "pricing/tokens/detail/bpe.h"

#include "base/assert.h"

namespace pulse::pricing::detail {
namespace {

/// From this many tries per byte on a piece is one for Followers. Ordinary text takes 0.3, random
/// letters 1; but of '-' there are tokens of 28 lengths up to 112, and a row of it has the encoder
/// try all of them at almost every place.
constexpr std::uint64_t kTriesPerByteMax = 2;
constexpr std::uint64_t kTriesMin = 64;

}  // namespace

std::span<const TokenId> BpeEncoder::encode(std::string_view piece) {
    tokens_.clear();
    at_ = 0;
    dead_ends_.begin(piece.size());
    const auto tries_before = tries_;
    auto candidate = vocabulary_.longest_at(piece);
    while (at_ < piece.size()) {
        const auto token = first_fitting(candidate);
        if (token.size != 0) {
            go_on(token);
            candidate = vocabulary_.longest_at(piece.substr(at_));
            continue;
        }
        candidate = go_back();
        if (tries_ - tries_before > kTriesMin + kTriesPerByteMax * at_) {
            encode_rest(piece, candidate.size);
        }
    }
    return tokens_;
}

/// The longest of `candidate` and its prefixes that fits at at_.
inline BpeEncoder::Match BpeEncoder::first_fitting(Match candidate) {
    for (; candidate.size != 0; candidate = vocabulary_.longest_prefix_of(candidate.token)) {
        ++tries_;
        if (!dead_ends_.has(at_ + candidate.size) &&
            (tokens_.empty() || vocabulary_.may_follow(tokens_.back(), candidate.token))) {
            break;
        }
    }
    return candidate;
}

inline void BpeEncoder::go_on(Match token) {
    tokens_.push_back(token.token);
    at_ += token.size;
}

/// No token goes on from here, so what led here was wrong. Gives its next shorter choice. The first
/// token of a piece is never wrong down to its first byte: a row of tokens exists.
inline BpeEncoder::Match BpeEncoder::go_back() {
    PULSE_ASSERT(!tokens_.empty());
    dead_ends_.add(at_);
    const auto wrong = tokens_.back();
    tokens_.pop_back();
    at_ -= vocabulary_.size_of(wrong);
    return vocabulary_.longest_prefix_of(wrong);
}

/// The same from at_ on, where a token of at most `size_max` bytes is due.
void BpeEncoder::encode_rest(std::string_view piece, std::uint32_t size_max) {
    if (!followers_) {
        followers_.emplace(vocabulary_);
    }
    while (at_ < piece.size()) {
        ++tries_;
        const auto left = tokens_.empty() ? std::nullopt : std::optional{tokens_.back()};
        const auto token = followers_->longest(
            left, piece.substr(at_), ~dead_ends_.sizes_from(at_) & sizes_up_to(size_max));
        if (token.size != 0) {
            go_on(token);
            size_max = kTokenBytesMax;
        } else {
            size_max = go_back().size;
        }
    }
}

}  // namespace pulse::pricing::detail
