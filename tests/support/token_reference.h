#pragma once

#include "pricing/tokens/detail/pieces.h"
#include "pricing/tokens/detail/vocabulary.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pulse::test {

/// What the tokenizer is held against: the regular expressions as they are written, matched by
/// backtracking, and byte-pair encoding as it is defined. Slow and short.

/// The pieces of `text`, which is valid UTF-8.
[[nodiscard]] std::vector<std::string> reference_pieces(
    pricing::detail::PieceRule rule, std::string_view text);

/// Merges the neighbours of lowest rank, the leftmost first, until none are a token.
class ReferenceBpe {
public:
    explicit ReferenceBpe(const pricing::detail::Vocabulary& vocabulary);
    [[nodiscard]] std::vector<pricing::detail::TokenId> encode(const std::string& piece) const;

private:
    std::unordered_map<std::string, pricing::detail::TokenId> ids_;
};

}  // namespace pulse::test
