#pragma once

#include "base/error.h"
#include "base/usage.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/cost/cost.h"

#include <vector>

namespace pulse::pricing::detail {

/// A usage object of a price case: either inclusive, as providers count (`input_tokens` holds
/// `cache_read`, `input_audio`, …), or disjoint, as docs/formats/usage.md names it
/// (`input_uncached`, `cached_read`, …), and quantities that are no tokens beside either. Errors:
/// corrupt_input "usage.MEMBER: what is wrong".
[[nodiscard]] Result<void> read_usage(
    const JsonNode& node, Usage& usage, std::vector<Quantity>& extra);

}  // namespace pulse::pricing::detail
