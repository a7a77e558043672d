#pragma once

#include "base/time_zone.h"
#include "console/api/call.h"
#include "console/api/fields.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/calendar.h"
#include "storage/queries/cost_filter.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::console {

/// Whose costs and requests the caller sees: all, those of their teams, their own. Errors:
/// storage_unavailable.
[[nodiscard]] Result<storage::AccessScope> scope_of(const Call& call);

/// The calendar of the caller's organisation.
struct OrgCalendar {
    std::string name;
    TimeZone zone;
};
/// Errors: configuration (a zone that the system lacks), storage_unavailable.
[[nodiscard]] Result<OrgCalendar> calendar_of(const Call& call, const std::string& otherwise);

/// `from` (inclusive) and `to` (exclusive); a date is its midnight in the calendar. Without `from`
/// this month's first day, without `to` the next moment.
[[nodiscard]] storage::Stretch read_stretch(
    QueryFields& query, const TimeZone& zone, TimePoint now);

/// Each dimension's parameter (several values by comma, or the parameter again; empty: "not said")
/// and `tag.NAME`.
[[nodiscard]] storage::CostFilter read_filter(QueryFields& query);

/// `cost_type`.
[[nodiscard]] storage::CostType read_cost_type(QueryFields& query);

/// What is shown where nothing was spent.
inline constexpr std::string_view kFallbackCurrency = "USD";

/// Amounts stand in their own currency: to ask for one says that all are in it, as no exchange
/// rates are kept. Errors: invalid_request.
[[nodiscard]] Result<void> check_currency(
    const std::vector<std::string>& found, const std::string& wanted);

/// A parameter's values: by comma, or the parameter again.
[[nodiscard]] std::vector<std::string> read_values(QueryFields& query, std::string_view name);

}  // namespace pulse::console
