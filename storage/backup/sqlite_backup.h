#pragma once

#include "base/error.h"
#include "storage/backup/backup.h"

#include <filesystem>

namespace pulse::storage::sqlite {

/// As storage::back_up(), into a file that is not there yet.
[[nodiscard]] Result<BackupReport> back_up(
    const std::filesystem::path& database, const std::filesystem::path& file);
/// As storage::restore(). The database changes in one transaction.
[[nodiscard]] Result<BackupReport> restore(
    const std::filesystem::path& database, const std::filesystem::path& file);

}  // namespace pulse::storage::sqlite
