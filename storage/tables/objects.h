#pragma once

#include "base/error.h"
#include "storage/sql/session.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// The ids of the keys that made a provider's objects, one for each in order; empty for one that
/// nobody made here. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<std::string>> object_owners(
    sql::Session& session, std::string_view provider, std::span<const std::string> objects);

}  // namespace pulse::storage
