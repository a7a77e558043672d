#pragma once

#include "pricing/tokens/detail/followers.h"
#include "pricing/tokens/detail/vocabulary.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pulse::pricing::detail {

/// Byte-pair encoding of pieces, in time that grows with their length and not faster, whatever they
/// hold. Instead of merging it looks for the one row of tokens in which every two neighbours may
/// follow each other (Vocabulary::may_follow): it takes the longest token at each place, goes back
/// where none fits, and comes to each place once.
/// Keeps its memory from piece to piece: about 4 bytes a token of the longest one. Value; not
/// thread-safe.
class BpeEncoder {
public:
    explicit BpeEncoder(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

    /// The tokens of `piece`, until the next call.
    [[nodiscard]] std::span<const TokenId> encode(std::string_view piece);

    /// How many tokens were tried so far.
    [[nodiscard]] std::uint64_t tries() const { return tries_; }

private:
    using Match = Vocabulary::Match;

    [[nodiscard]] Match first_fitting(Match candidate);
    void go_on(Match token);
    [[nodiscard]] Match go_back();
    void encode_rest(std::string_view piece, std::uint32_t size_max);

    const Vocabulary& vocabulary_;
    std::optional<Followers> followers_;  // once needed
    std::vector<TokenId> tokens_;         // of the piece up to at_
    std::size_t at_ = 0;
    DeadEnds dead_ends_;
    std::uint64_t tries_ = 0;
};

}  // namespace pulse::pricing::detail
