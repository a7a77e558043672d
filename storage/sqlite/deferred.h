#pragma once

#include "base/error.h"
#include "storage/deferred.h"
#include "storage/records.h"
#include "storage/sqlite/connection.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage::sqlite {

/// Its row comes with the row of the request that began it.
inline constexpr std::string_view kInsertDeferred =
    "INSERT INTO deferred_work (provider, object_id, api, request_id, state, created_at, next_at,"
    " tries) VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, ?6, 0) ON CONFLICT DO NOTHING";
/// And ends with the row that bills it.
inline constexpr std::string_view kEndDeferred =
    "UPDATE deferred_work SET state = ?3, billed_id = ?4"
    " WHERE provider = ?1 AND object_id = ?2 AND state = 'waiting'";

/// Runs what a record means for deferred work, within the transaction of its row. Returns
/// SQLITE_DONE or SQLite's code.
[[nodiscard]] int write_deferred(Statement& insert, Statement& end, const RequestRecord& record);

/// As Database::due_deferred() and the like.
[[nodiscard]] Result<std::vector<DeferredWork>> select_due_deferred(
    Connection& connection, TimePoint now, std::size_t limit);
[[nodiscard]] Result<bool> claim_deferred(
    Connection& connection, const DeferredWork& work, TimePoint until);
[[nodiscard]] Result<void> postpone_deferred(
    Connection& connection, const DeferredWork& work, TimePoint next_at);
[[nodiscard]] Result<Uuid> name_deferred_bill(
    Connection& connection, const DeferredWork& work, const Uuid& proposed);
[[nodiscard]] Result<std::int64_t> hurry_deferred(
    Connection& connection, std::string_view provider, std::span<const std::string> objects);
[[nodiscard]] Result<std::int64_t> count_open_deferred(Connection& connection);

}  // namespace pulse::storage::sqlite
