#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "base/uuid.h"
#include "storage/records.h"
#include "storage/sql/session.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pulse::storage {

/// A request read back, owning its text.
struct StoredRequest {
    std::string bytes;  ///< what `decoded` points into
    DecodedRecord decoded;
};

/// Null where there is none. Errors: storage_unavailable.
[[nodiscard]] Result<std::unique_ptr<StoredRequest>> request(sql::Session& session, const Uuid& id);

/// What was taken under a hold of the policy store.
struct Taken {
    Uuid hold;
    Money cost;
    std::int64_t tokens = 0;
    std::int64_t requests = 0;  ///< rows
};

/// Of each of these holds for which there are rows: those that name it, and the one whose own id it
/// is unless that names another. A hold's id is made when it begins, and its rows come later, but
/// for a minute. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<Taken>> taken_under(
    sql::Session& session, std::span<const Uuid> holds);

/// What a key spent since `begin`.
struct SpentRow {
    std::string key_id;
    Money spent;
};

/// Of each key that spent something since `begin` (unset: ever), by their ids, whatever retention
/// took of the rows since: whole hours come from the rollups. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<SpentRow>> spent_since(
    sql::Session& session, std::optional<TimePoint> begin);

}  // namespace pulse::storage
