#pragma once

#include "pricing/catalog/catalog.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/catalog/import/report.h"

#include <string>

namespace pulse::pricing::detail {

/// One entry of LiteLLM's catalogue: mode, limits and prices. Names are the caller's. What cannot
/// be held is in the report under `where`.
[[nodiscard]] Model read_litellm_model(
    const JsonNode& entry, const std::string& where, ImportReport& report);

}  // namespace pulse::pricing::detail
