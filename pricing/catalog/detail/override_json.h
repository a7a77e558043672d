#pragma once

#include "base/error.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/catalog/price_override.h"

namespace pulse::pricing::detail {

/// One entry of a catalogue's `overrides`. Errors: corrupt_input "KEY: what is wrong".
[[nodiscard]] Result<PriceOverride> read_override(const JsonNode& node);

}  // namespace pulse::pricing::detail
