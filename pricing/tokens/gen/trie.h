#pragma once

#include "pricing/tokens/detail/vocabulary_format.h"
#include "pricing/tokens/gen/rank_file.h"

#include <cstdint>
#include <vector>

namespace pulse::pricing::gen {

/// The double-array trie of all tokens (detail/vocabulary_format.h has its rules).
struct Trie {
    std::vector<detail::TrieUnit> units;
    std::uint32_t root = 0;  ///< link of the root
};
[[nodiscard]] Trie make_trie(const Tokens& tokens);

/// Length and longest proper prefix of each token.
[[nodiscard]] std::vector<detail::Prefix> prefixes_of(const Tokens& tokens, const Trie& trie);

}  // namespace pulse::pricing::gen
