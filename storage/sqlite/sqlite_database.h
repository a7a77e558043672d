#pragma once

#include <filesystem>
#include <memory>

#include "base/error.h"
#include "storage/database.h"

namespace pulse::storage::sqlite {

/// Errors: storage_unavailable.
[[nodiscard]] Result<std::unique_ptr<Database>> open_sqlite(const std::filesystem::path& path);

}  // namespace pulse::storage::sqlite
