#pragma once

#include "base/error.h"
#include "storage/database.h"
#include "storage/sqlite/connection.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// The virtual keys' table. Changes bump `keys_version` in the same transaction, and make the
/// organisation, team, project and user that a key names where they are missing. A key without an
/// organisation belongs to `default`.
namespace pulse::storage::sqlite {

[[nodiscard]] Result<std::int64_t> keys_version(Connection& connection, Statement& cached);
[[nodiscard]] Result<std::vector<KeyRow>> select_keys(Connection& connection);
[[nodiscard]] Result<std::optional<KeyRow>> select_key(Connection& connection, std::string_view id);
/// Errors: invalid_request when a key with that hash or id exists, unless `row.bootstrap`.
[[nodiscard]] Result<void> insert_key(Connection& connection, const KeyRow& row);
/// Errors: not_found; invalid_request when another key has that hash.
[[nodiscard]] Result<void> update_key(Connection& connection, const KeyRow& row);

}  // namespace pulse::storage::sqlite
