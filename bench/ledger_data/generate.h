#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"

#include <cstdint>

namespace pulse::bench {

/// A made-up ledger: 200 keys (a few of them busy) of 20 teams, 60 projects, 150 users, 30 models,
/// in twelve months; with each twenty requests a line of an AWS bill, with each fifty one of OVH's
/// (EUR). All of it follows from the row's number, alike in both engines.
struct LedgerData {
    std::int64_t requests = 1'000'000;
    TimePoint begin;
    TimePoint end;
};

/// Fills an empty, migrated database: rows, then the rollups from them. Errors:
/// storage_unavailable.
[[nodiscard]] Result<void> generate(storage::sql::Session& session, const LedgerData& data);

}  // namespace pulse::bench
