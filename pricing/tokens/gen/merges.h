#pragma once

#include "pricing/tokens/detail/vocabulary_format.h"
#include "pricing/tokens/gen/rank_file.h"

#include <vector>

namespace pulse::pricing::gen {

/// The last merge of each token when byte-pair encoding runs on its own bytes. Ends the process
/// when the vocabulary is not of the kind that the encoder relies on: the 256 bytes are ids 0 to
/// 255, every token comes out of its own bytes, and from tokens of lower rank.
[[nodiscard]] std::vector<detail::Split> last_merges(const Tokens& tokens);

}  // namespace pulse::pricing::gen
