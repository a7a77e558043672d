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

/// What a request took, or the calls drawn from an allotment together.
struct Taken {
    Uuid id;  ///< the request's, or the allotment's
    Money cost;
    std::int64_t tokens = 0;
    std::int64_t requests = 0;
};

/// Of each of these allotments from which calls were drawn. An allotment's id is made when it
/// begins, and calls are drawn from it for ten minutes at most. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<Taken>> drawn_from(
    sql::Session& session, std::span<const Uuid> allotments);
/// Of each of these requests that has a row. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<Taken>> taken_by(
    sql::Session& session, std::span<const Uuid> requests);

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
