#pragma once

#include "base/error.h"
#include "base/money.h"
#include "base/time_zone.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/calendar.h"
#include "storage/queries/cost_filter.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// One thing that costs are grouped by. Value.
struct GroupKey {
    enum class Kind : std::uint8_t { day, month, dimension, tag };
    Kind kind = Kind::dimension;
    Dimension dimension = Dimension::source;  ///< of a dimension
    std::string tag;                          ///< of a tag: its name

    friend bool operator==(const GroupKey&, const GroupKey&) = default;
};

/// "day", "team", "tag.env". Errors: invalid_request, naming what there is.
[[nodiscard]] Result<GroupKey> parse_group_key(std::string_view word);
[[nodiscard]] std::string to_string(const GroupKey& key);

/// A question for `GET /api/costs/query`; docs/formats/cost_queries.md says what each part means.
struct CostQuery {
    Stretch time;  ///< from inclusive, to exclusive
    CostFilter filter;
    std::vector<GroupKey> group_by;
    /// `day` and `month` stand for that group key in front of the others, unless it is there;
    /// `hour` is refused.
    Granularity granularity = Granularity::total;
    CostType cost_type = CostType::unblended;
    std::size_t limit = kRowsDefault;  ///< 1 to kRowsMax

    static constexpr std::size_t kRowsDefault = 10'000;
    static constexpr std::size_t kRowsMax = 100'000;
    static constexpr std::size_t kGroupKeysMax = 8;
};

struct CostRow {
    std::vector<std::optional<std::string>> values;  ///< of CostAnswer::keys; none: not said
    std::string currency;
    Money amount;
    std::int64_t events = 0;
};

struct CurrencyTotal {
    std::string currency;
    Money amount;
    std::int64_t events = 0;
};

struct CostAnswer {
    std::vector<GroupKey> keys;
    std::vector<CostRow> rows;          ///< in the order of their values, then by currency
    std::vector<CurrencyTotal> totals;  ///< of all rows, those that were left out too
    bool is_truncated = false;          ///< there are more rows than the limit
};

/// Exact sums of the costs that the scope lets see, in the calendar of `zone`. Errors:
/// invalid_request for a question that is none, storage_unavailable.
[[nodiscard]] Result<CostAnswer> query_costs(
    sql::Session& session, const AccessScope& scope, const CostQuery& query, const TimeZone& zone);

}  // namespace pulse::storage
