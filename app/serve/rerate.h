#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "gateway/routing/routes.h"
#include "storage/database.h"
#include "storage/rerating.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace pulse::app {

/// [from, to).
struct RatedPeriod {
    TimePoint from;
    TimePoint to;
};

struct RerateChanges {
    std::uint64_t rows = 0;
    Money before;
    Money after;

    void add(const storage::Rerating& change);
};

/// What a re-rating found and did; rows are billed attempts. Value; not thread-safe.
struct RerateReport {
    RatedPeriod period;
    std::string price_version;
    bool is_dry_run = false;
    std::uint64_t rows = 0;         ///< looked at
    std::uint64_t passed_over = 0;  ///< changed by somebody else between reading and writing
    std::uint64_t unknown = 0;      ///< left as they are: nobody knows the provider any more
    Money before{};                 ///< of all rows
    Money after{};
    std::uint64_t changed = 0;
    /// What changed, by provider and model; bounded, the rest stands under ("other", "other").
    std::map<std::pair<std::string, std::string>, RerateChanges> models{};
    std::set<std::string> unknown_providers{};  ///< bounded

    void add(const storage::Rerating& change);
    void add_unknown(const std::string& provider);
};

struct RerateAsk {
    RatedPeriod period;
    storage::BilledKind kind = storage::BilledKind::all;
    bool is_dry_run = false;
};

/// Gives the ledger's billed attempts of a time what they cost by `routes`, page by page, each in a
/// transaction of its own: whatever ends it, every row has either both its old cost or both its new
/// one and the old one kept. Of attempts with a missing price only those change whose price is
/// known now. `stopping` ends it between two pages, with the report so far. Errors:
/// storage_unavailable.
[[nodiscard]] Result<RerateReport> rerate(
    storage::Database& database,
    const gateway::Routes& routes,
    const RerateAsk& ask,
    const std::atomic<bool>& stopping);

}  // namespace pulse::app
