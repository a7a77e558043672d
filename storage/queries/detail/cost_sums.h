#pragma once

#include "base/error.h"
#include "base/money.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/cost_filter.h"
#include "storage/queries/detail/pieces.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pulse::storage::detail {

/// What sums are grouped by, in the order of the result: the stretch, a dimension, or a tag (by its
/// name).
struct ByStretch {};
using SumKey = std::variant<ByStretch, Dimension, std::string>;

/// A question for sums of cost events. References live as long as the call.
struct CostSums {
    const AccessScope& scope;
    const CostFilter& filter;
    std::span<const Stretch> stretches;
    std::span<const SumKey> keys;
    CostType type = CostType::unblended;
    std::size_t limit = 0;  ///< of rows
};

/// One row: the sum of what shares its keys and its currency. Views live until the next row.
struct CostSum {
    std::size_t stretch = 0;               ///< where the keys hold ByStretch
    std::vector<std::string_view> values;  ///< of the other keys, in order; empty: not said
    std::string_view currency;
    std::int64_t events = 0;
    Money amount;
};

/// Needs at least one stretch. Rows come in the order of keys and currency.
[[nodiscard]] Statement cost_sums_statement(sql::Engine engine, const CostSums& question);

/// ` AND …` for each part of the filter, on rows of cost_event as `t`.
void append_event_filter(Statement& statement, const CostFilter& filter);

/// Hands each sum to `take`. Errors: storage_unavailable.
[[nodiscard]] Result<void> each_cost_sum(
    sql::Session& session,
    const CostSums& question,
    const std::function<void(const CostSum&)>& take);

}  // namespace pulse::storage::detail
