#pragma once

#include "base/error.h"
#include "storage/sqlite/connection.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage::sqlite {

/// As Database::object_owners().
[[nodiscard]] Result<std::vector<std::string>> select_object_owners(
    Connection& connection, std::string_view provider, std::span<const std::string> objects);

}  // namespace pulse::storage::sqlite
