#pragma once

#include "base/error.h"
#include "base/money.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/calendar.h"
#include "storage/queries/cost_filter.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pulse::storage {

struct Consumer {
    std::optional<std::string> value;  ///< of the dimension; none: not said
    Money cost;
    std::optional<std::string> share;  ///< of the currency's total, as percent_of()
    std::int64_t events = 0;           ///< what costs: billed attempts, lines of a bill
    /// Requests to the gateway with that value, free and refused ones too, in any currency; none
    /// where the dimension is not one of requests.
    std::optional<std::int64_t> requests;
};

/// Those who cost most in one currency.
struct TopConsumers {
    std::string currency;
    Money total;                      ///< of all, also of those that are not among the top
    std::vector<Consumer> consumers;  ///< the most expensive first; by name where alike
    std::size_t others = 0;           ///< how many are not among them
};

inline constexpr std::size_t kTopConsumersMax = 100;

/// The `count` values of a dimension that cost most, for each currency. The filter counts for
/// costs; requests are those of the same scope and time. Errors: invalid_request for a time, count
/// or filter that is none, storage_unavailable.
[[nodiscard]] Result<std::vector<TopConsumers>> top_consumers(
    sql::Session& session,
    const AccessScope& scope,
    const CostFilter& filter,
    Dimension dimension,
    const Stretch& time,
    std::size_t count,
    CostType type = CostType::unblended);

}  // namespace pulse::storage
