#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "storage/rerating.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pulse::storage {

/// Attempts that their provider bills, behind `after` and of requests with a smaller id than `end`,
/// in order, at most `limit`. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<BilledAttempt>> billed_attempts(
    sql::Session& session,
    BilledKind kind,
    const AttemptPlace& after,
    const Uuid& end,
    std::size_t limit);

/// What attempts without a known price there are since `begin`, those with the latest first, at
/// most `limit` models. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<UnpricedModel>> unpriced_models(
    sql::Session& session, TimePoint begin, std::size_t limit);

/// Gives attempts, their cost events, their requests and the rollups the new costs and keeps the
/// old ones, in one transaction; the number of attempts that were changed. An attempt that is gone,
/// or whose cost or status is another one than `before` says, is passed over. Errors:
/// storage_unavailable, invalid_request for what is no cost; with nothing written.
[[nodiscard]] Result<std::uint64_t> apply_rerating(
    sql::Session& session, const ReratingBatch& batch);

}  // namespace pulse::storage
