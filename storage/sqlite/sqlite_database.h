#pragma once

#include "base/error.h"
#include "storage/database.h"

#include <filesystem>
#include <memory>

namespace pulse::storage::sqlite {

/// Errors: storage_unavailable.
[[nodiscard]] Result<std::unique_ptr<Database>> open_sqlite(const std::filesystem::path& path);

}  // namespace pulse::storage::sqlite
