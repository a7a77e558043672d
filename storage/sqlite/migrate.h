#pragma once

#include "base/error.h"
#include "storage/database.h"
#include "storage/sqlite/connection.h"

#include <vector>

namespace pulse::storage::sqlite {

/// Brings the schema up to the last migration of this program, each in a transaction of its own;
/// ten processes may do so at once. Errors: configuration when the schema is newer than this
/// program; storage_unavailable.
[[nodiscard]] Result<void> migrate_up(Connection& connection);
/// Undoes the last migration, or all. Errors: as above.
[[nodiscard]] Result<void> migrate_down(Connection& connection, bool all);
[[nodiscard]] Result<std::vector<Database::MigrationStatus>> migration_status(
    Connection& connection);

}  // namespace pulse::storage::sqlite
