#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "storage/database.h"
#include "storage/sqlite/connection.h"

#include <memory>
#include <optional>
#include <vector>

/// Reads what the ledger wrote.
namespace pulse::storage::sqlite {

/// Null when there is no such request. Errors: storage_unavailable.
[[nodiscard]] Result<std::unique_ptr<StoredRequest>> select_request(
    Connection& connection, const Uuid& id);

/// The exact sum of cost of each key that spent something. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<SpentRow>> select_spent(
    Connection& connection, std::optional<TimePoint> begin);

}  // namespace pulse::storage::sqlite
