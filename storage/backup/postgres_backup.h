#pragma once

#include "base/error.h"
#include "storage/backup/backup.h"

#include <filesystem>
#include <string_view>

namespace pulse::storage::postgres {

/// As storage::back_up(), into a file that is not there yet.
[[nodiscard]] Result<BackupReport> back_up(std::string_view url, const std::filesystem::path& file);
/// As storage::restore(). What the database holds is dropped before; the restoring itself is one
/// transaction.
[[nodiscard]] Result<BackupReport> restore(std::string_view url, const std::filesystem::path& file);

}  // namespace pulse::storage::postgres
