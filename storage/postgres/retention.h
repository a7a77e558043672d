#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/database.h"
#include "storage/sql/session.h"

#include <functional>

namespace pulse::storage::postgres {

/// As Database::retain(): partition by partition, each in a transaction that compares it with the
/// rollups, notes it in retention_drop, detaches and drops it. Rows of the default partition stay.
[[nodiscard]] Result<RetentionCounts> retain(
    sql::Session& session,
    const RetentionCutoffs& cutoffs,
    TimePoint now,
    const std::function<bool()>& stop);

}  // namespace pulse::storage::postgres
