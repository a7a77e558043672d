#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/database.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/session.h"

#include <functional>

namespace pulse::storage::sqlite {

/// As Database::retain(). Takes rows in transactions of about 20 ms and lets others write in
/// between.
[[nodiscard]] Result<RetentionCounts> retain(
    Connection& connection,
    SqliteSession& session,
    const RetentionCutoffs& cutoffs,
    TimePoint now,
    const std::function<bool()>& stop);

}  // namespace pulse::storage::sqlite
