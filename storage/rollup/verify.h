#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/rollup/stretch.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <string>
#include <vector>

namespace pulse::storage {

/// Where a rollup does not say what its rows do: for people and for tests.
struct RollupDifference {
    std::string table;
    TimePoint begins_at;
    std::string what;  ///< whose sums, and both
};

/// Compares all rollups with their rows over whole days (UTC) that meet the stretch, each sum by
/// itself; where retention took rows, the totals with what it noted. Empty: they agree; at most
/// `limit` of each table. Reads as many rows as there are. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<RollupDifference>> verify_rollups(
    sql::Session& session, const Stretch& stretch, std::size_t limit = 100);

/// Makes the rollups of whole days (UTC) that meet the stretch anew from their rows, a day in a
/// transaction, beside ledgers that write. Errors: invalid_request where retention took rows, whose
/// sums only the rollups have; storage_unavailable.
[[nodiscard]] Result<void> rebuild_rollups(sql::Session& session, const Stretch& stretch);

}  // namespace pulse::storage
