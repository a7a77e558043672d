#pragma once

#include "base/error.h"
#include "storage/rerating.h"
#include "storage/sqlite/connection.h"

#include <cstddef>
#include <cstdint>
#include <vector>

/// Costs that change after the fact.
namespace pulse::storage::sqlite {

/// As Database::billed_attempts().
[[nodiscard]] Result<std::vector<BilledAttempt>> select_billed_attempts(
    Connection& connection,
    BilledKind kind,
    const AttemptPlace& after,
    const Uuid& end,
    std::size_t limit);

/// As Database::unpriced_models().
[[nodiscard]] Result<std::vector<UnpricedModel>> select_unpriced_models(
    Connection& connection, TimePoint begin, std::size_t limit);

/// As Database::apply_rerating().
[[nodiscard]] Result<std::uint64_t> apply_rerating(
    Connection& connection, const ReratingBatch& batch);

}  // namespace pulse::storage::sqlite
