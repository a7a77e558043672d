#pragma once

#include "base/error.h"
#include "base/uuid.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <span>

namespace pulse::storage {

/// Takes away the rows of those of these requests that were written as lost (kGatewayDied), and
/// what they added to the rollups: their own rows were found after all and are written next. How
/// many there were. One transaction each; ids in any order. Errors: storage_unavailable.
[[nodiscard]] Result<std::uint64_t> take_back_lost(
    sql::Session& session, std::span<const Uuid> ids);

}  // namespace pulse::storage
