#pragma once

#include "base/error.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/catalog/import/report.h"
#include "pricing/catalog/price.h"

#include <string>
#include <vector>

namespace pulse::pricing::detail {

/// The prices of one model of genai's: an object of units, or a list of such objects with the time
/// that each is for, of which the last that holds counts. What cannot be held is in the report
/// under `where`. Errors: corrupt_input with the place when they have not that form.
[[nodiscard]] Result<std::vector<Price>> read_genai_prices(
    const JsonNode& prices, const std::string& where, ImportReport& report);

}  // namespace pulse::pricing::detail
