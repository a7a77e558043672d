#pragma once

#include "base/error.h"
#include "base/money.h"
#include "base/time_zone.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/change.h"
#include "storage/queries/cost_filter.h"
#include "storage/sql/session.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pulse::storage {

/// The figures of the dashboard's first row in one currency; docs/formats/cost_queries.md defines
/// them.
struct CurrencyKpis {
    std::string currency;
    Money today;                 ///< so far
    Money month_to_date;         ///< today with it
    Money last_month_same_days;  ///< as many days of last month, or all of a shorter one
    Money last_month;
    Change against_same_days;   ///< month to date against last_month_same_days
    Change against_last_month;  ///< month to date against last_month
    Money forecast;             ///< of this month
    Change forecast_against_last_month;
};

struct Kpis {
    std::chrono::sys_days today;
    std::int64_t days_of_month = 0;
    std::vector<CurrencyKpis> currencies;  ///< by currency; never empty
    /// The same of each source that has costs in these two months.
    std::map<std::string, std::vector<CurrencyKpis>, std::less<>> sources;
};

/// The figures at `now` in the calendar of `zone`. Where there are no costs: zeros, in the filter's
/// currency or in `fallback_currency`. Errors: invalid_request for a filter that is none,
/// storage_unavailable.
[[nodiscard]] Result<Kpis> cost_kpis(
    sql::Session& session,
    const AccessScope& scope,
    const CostFilter& filter,
    CostType type,
    const TimeZone& zone,
    TimePoint now,
    const std::string& fallback_currency = "USD");

}  // namespace pulse::storage
