#pragma once

#include "storage/queries/cost_query.h"

#include <string>

namespace pulse::console {

/// The rows of a cost query as CSV (RFC 4180, UTF-8): the group keys, amount, currency. A text that
/// a spreadsheet would take for a formula gets an apostrophe in front.
[[nodiscard]] std::string to_csv(const storage::CostAnswer& answer);

/// The same as a table in Markdown, with its totals below.
[[nodiscard]] std::string to_markdown(const storage::CostAnswer& answer);

}  // namespace pulse::console
