#pragma once

#include "base/error.h"
#include "storage/rollup/rollup.h"
#include "storage/sql/session.h"

namespace pulse::storage {

/// Adds them, within the transaction of the rows that they sum, a statement each: for changes of a
/// few rows. Errors: storage_unavailable, invalid_request.
[[nodiscard]] Result<void> add_rollups(sql::Session& session, const Rollups& rollups);

}  // namespace pulse::storage
