#pragma once

#include "storage/sole_gateway.h"

#include <filesystem>
#include <memory>

namespace pulse::storage::sqlite {

/// A lock on the file `<database>-gateway`. Not on the database itself: closing any descriptor of
/// that file would drop SQLite's own locks. **Source**: https://www.sqlite.org/howtocorrupt.html
/// §2.2. Errors: storage_unavailable.
[[nodiscard]] Result<std::unique_ptr<SoleGateway>> open_sole_gateway(
    const std::filesystem::path& database);

}  // namespace pulse::storage::sqlite
