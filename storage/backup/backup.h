#pragma once

#include "base/error.h"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace pulse::storage {

/// What was copied.
struct BackupReport {
    std::uint64_t bytes = 0;          ///< of the backup's file
    std::int64_t schema_version = 0;  ///< of the database in it
};

/// Copies the database that `url` names into `file`, as of one moment, while gateways go on
/// writing. The file appears under its name when it is whole, checked and on the disk, with mode
/// 0600; one that is there is replaced. SQLite: its online backup. PostgreSQL: `pg_dump` in its
/// custom format, which must be installed. Errors: storage_unavailable, configuration.
[[nodiscard]] Result<BackupReport> back_up(std::string_view url, const std::filesystem::path& file);

enum class Replace : std::uint8_t { no, yes };

/// Makes the database that `url` names what the backup holds. Nothing else may use it meanwhile.
/// Where it has keys or requests, only with Replace::yes. Errors: configuration, where the file is
/// no backup for this engine or is of a newer schema, or the database is in use or not empty;
/// storage_unavailable, with a SQLite database unchanged and a PostgreSQL one empty.
[[nodiscard]] Result<BackupReport> restore(
    std::string_view url, const std::filesystem::path& file, Replace replace);

/// Whether backups of this database end in ".db" (SQLite) or ".pgdump" (PostgreSQL).
[[nodiscard]] std::string_view backup_suffix(std::string_view url);

}  // namespace pulse::storage
