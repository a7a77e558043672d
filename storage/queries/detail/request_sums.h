#pragma once

#include "base/error.h"
#include "base/money.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/detail/pieces.h"
#include "storage/queries/dimension.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage::detail {

/// A question for sums of requests, by stretch and, where one is named, by a dimension that
/// requests are counted by. References live as long as the call.
struct RequestSums {
    const AccessScope& scope;
    std::span<const Stretch> stretches;
    std::optional<Dimension> by;
    /// Only requests with one of these values of a dimension. Needs at least one.
    std::optional<Dimension> only;
    std::span<const std::string> values;
};

struct RequestSum {
    std::size_t stretch = 0;
    std::string_view value;     ///< of the dimension; lives until the next row
    std::string_view currency;  ///< lives until the next row
    std::int64_t requests = 0;
    std::int64_t refused = 0;  ///< by Pulse
    std::int64_t failed = 0;   ///< neither answered nor refused
    std::int64_t input_tokens = 0;
    std::int64_t cached_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t latency_us = 0;
    Money cost;
};

/// Needs at least one stretch. Rows come in the order of stretch, value and currency.
[[nodiscard]] Statement request_sums_statement(sql::Engine engine, const RequestSums& question);

/// Hands each sum to `take`. Errors: storage_unavailable.
[[nodiscard]] Result<void> each_request_sum(
    sql::Session& session,
    const RequestSums& question,
    const std::function<void(const RequestSum&)>& take);

}  // namespace pulse::storage::detail
