#pragma once

#include "base/error.h"
#include "storage/migrations/migrations.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pulse::storage {

/// The migrations of the session's engine.
[[nodiscard]] std::span<const Migration> migrations_of(sql::Engine engine);

/// Brings the schema up to the last migration of this program, each in a transaction of its own;
/// ten processes may do so at once. Errors: configuration when the schema is newer than this
/// program; storage_unavailable.
[[nodiscard]] Result<void> migrate_up(sql::Session& session);
/// Undoes the last migration, or all. Errors: as above.
[[nodiscard]] Result<void> migrate_down(sql::Session& session, bool all);
/// A migration that this program has.
struct MigrationStatus {
    std::int64_t version = 0;
    std::string name;
    bool applied = false;
};
/// All of the session's engine, ascending. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<MigrationStatus>> migration_status(sql::Session& session);
/// The version of the last migration that was applied, 0 for none. Errors: storage_unavailable.
[[nodiscard]] Result<std::int64_t> schema_version(sql::Session& session);

}  // namespace pulse::storage
