#pragma once

#include "storage/queries/detail/statement.h"
#include "storage/queries/dimension.h"

namespace pulse::storage::detail {

/// The column of `t` in cost_rollup_hour, cost_rollup_day and request_rollup_*.
[[nodiscard]] SqlText rollup_column(Dimension dimension);
/// The same of cost_event: '' where the column is NULL.
[[nodiscard]] SqlText event_column(Dimension dimension);
/// The same of ai_request_log; needs is_of_requests().
[[nodiscard]] SqlText request_column(Dimension dimension);

}  // namespace pulse::storage::detail
