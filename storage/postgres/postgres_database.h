#pragma once

#include "base/error.h"
#include "storage/database.h"

#include <memory>
#include <string_view>

namespace pulse::storage::postgres {

/// Of a PostgreSQL address (address.h); connects when it is first needed. Errors: configuration.
[[nodiscard]] Result<std::unique_ptr<Database>> open_postgres(std::string_view url);

}  // namespace pulse::storage::postgres
