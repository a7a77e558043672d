#include "storage/tables/spent.h"

#include "storage/sql/dialect.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <tuple>

namespace pulse::storage {
namespace {

constexpr std::string_view kOrganisation = "organisation";
constexpr std::string_view kModel = "model";
constexpr std::string_view kTagPrefix = "tag.";

struct ScopeColumn {
    std::string_view scope;
    std::string_view column;  ///< of rows and rollups alike
};
constexpr std::array kScopeColumns{
    ScopeColumn{"team", "team"},
    ScopeColumn{"project", "project"},
    ScopeColumn{"user", "\"user\""},
    ScopeColumn{"app", "app"},
    ScopeColumn{"client", "client"},
    ScopeColumn{"key", "key_id"}};

/// Where the days, the hours in front of the first of them, and what is in front of the first hour
/// begin.
struct Begins {
    TimePoint day;
    TimePoint hour;
    TimePoint row;
};
[[nodiscard]] Begins begins_of(std::optional<TimePoint> begin) {
    const TimePoint from = begin.value_or(TimePoint{});
    return {
        std::chrono::ceil<std::chrono::days>(from),
        std::chrono::ceil<std::chrono::hours>(from),
        from};
}

/// Sums by scope, organisation and id.
class Spent {
public:
    void add(
        std::string_view scope,
        std::string_view org,
        std::string id,
        const sql::Row& row,
        int column) {
        const std::optional<Money> spent = row.money(column);
        is_sound_ = is_sound_ && spent.has_value();
        if (spent && (!id.empty() || scope == kOrganisation)) {
            sums_[{std::string{scope}, std::string{org}, std::move(id)}] += *spent;
        }
    }
    [[nodiscard]] Result<std::vector<ScopeSpentRow>> rows() const {
        if (!is_sound_) {
            return Error{Errc::storage_unavailable, "spent: a stored amount is not a number"};
        }
        std::vector<ScopeSpentRow> rows;
        for (const auto& [of, spent] : sums_) {
            if (!spent.is_zero()) {
                rows.push_back({std::get<1>(of), std::get<0>(of), std::get<2>(of), spent});
            }
        }
        return rows;
    }

private:
    std::map<std::tuple<std::string, std::string, std::string>, Money> sums_;
    bool is_sound_ = true;
};

/// Of everything that the rollups of requests know, in one walk: its rows are few, and each scope
/// is folded from them.
[[nodiscard]] Result<void> add_requests(
    sql::Session& session,
    const Begins& begins,
    const std::vector<ScopeColumn>& columns,
    bool has_organisation,
    Spent& spent) {
    std::string summed;
    std::string of_rows;  // NULL is '' in the rollups
    for (const ScopeColumn& column : columns) {
        summed.append(", ").append(column.column);
        of_rows.append(", coalesce(").append(column.column).append(", '')");
    }
    const std::string statement =
        "SELECT org" + summed + ", " + sql::sum_of(session.engine(), "cost") + " FROM (SELECT org" +
        summed + ", cost FROM request_rollup_day WHERE day >= $1 UNION ALL SELECT org" + summed +
        ", cost FROM request_rollup_hour WHERE hour >= $2 AND hour < $1 UNION ALL"
        " SELECT coalesce(org, '')" +
        of_rows + ", cost FROM ai_request_log WHERE ts >= $3 AND ts < $2) AS parts GROUP BY org" +
        summed;
    const int cost = static_cast<int>(columns.size()) + 1;
    return session.each(statement, {begins.day, begins.hour, begins.row}, [&](const sql::Row& row) {
        const std::string org = row.owned(0);
        if (has_organisation) {
            spent.add(kOrganisation, org, {}, row, cost);
        }
        for (int i = 1; i < cost; ++i) {
            spent.add(columns[static_cast<std::size_t>(i) - 1].scope, org, row.owned(i), row, cost);
        }
    });
}

/// The rollups of requests know the served model; those of costs the one that was asked for.
[[nodiscard]] Result<void> add_models(sql::Session& session, const Begins& begins, Spent& spent) {
    const std::string statement =
        "SELECT org_id, provider, model, " + sql::sum_of(session.engine(), "amount") +
        " FROM (SELECT org_id, provider, model, amount FROM cost_rollup_day"
        " WHERE day >= $1 AND source = 'AI'"
        " UNION ALL SELECT org_id, provider, model, amount FROM cost_rollup_hour"
        " WHERE hour >= $2 AND hour < $1 AND source = 'AI'"
        " UNION ALL SELECT coalesce(org_id, ''), coalesce(provider, ''), coalesce(model, ''),"
        " amount FROM cost_event WHERE occurred_at >= $3 AND occurred_at < $2 AND source = 'AI')"
        " AS parts GROUP BY org_id, provider, model";
    return session.each(statement, {begins.day, begins.hour, begins.row}, [&](const sql::Row& row) {
        if (!row.text(2).empty()) {
            spent.add(kModel, row.text(0), row.owned(1) + "/" + row.owned(2), row, 3);
        }
    });
}

[[nodiscard]] Result<void> add_tag(
    sql::Session& session, const Begins& begins, std::string_view name, Spent& spent) {
    const std::string statement = "SELECT coalesce(org, ''), tags ->> CAST($2 AS text), " +
                                  sql::sum_of(session.engine(), "cost") +
                                  " FROM ai_request_log WHERE ts >= $1 AND tags IS NOT NULL"
                                  " AND tags ->> CAST($2 AS text) IS NOT NULL GROUP BY 1, 2";
    return session.each(statement, {begins.row, name}, [&](const sql::Row& row) {
        spent.add("tag", row.text(0), std::string{name} + "=" + row.owned(1), row, 2);
    });
}

}  // namespace

Result<std::vector<ScopeSpentRow>> spent_by_scope(
    sql::Session& session,
    std::optional<TimePoint> begin,
    std::span<const std::string_view> scopes) {
    const Begins begins = begins_of(begin);
    const auto is_asked = [&](std::string_view scope) {
        return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
    };
    std::vector<ScopeColumn> columns;
    std::copy_if(
        kScopeColumns.begin(),
        kScopeColumns.end(),
        std::back_inserter(columns),
        [&](const ScopeColumn& column) { return is_asked(column.scope); });
    Spent spent;
    for (const std::string_view scope : scopes) {
        const bool is_tag = scope.starts_with(kTagPrefix) && scope.size() > kTagPrefix.size();
        const bool is_known =
            is_tag || scope == kOrganisation || scope == kModel ||
            std::any_of(columns.begin(), columns.end(), [&](const ScopeColumn& column) {
                return column.scope == scope;
            });
        if (!is_known) {
            return Error{Errc::invalid_request, "no scope: " + std::string{scope}};
        }
        if (is_tag) {
            if (auto added = add_tag(session, begins, scope.substr(kTagPrefix.size()), spent);
                !added) {
                return added.error();
            }
        }
    }
    if (is_asked(kOrganisation) || !columns.empty()) {
        if (auto added = add_requests(session, begins, columns, is_asked(kOrganisation), spent);
            !added) {
            return added.error();
        }
    }
    if (is_asked(kModel)) {
        if (auto added = add_models(session, begins, spent); !added) {
            return added.error();
        }
    }
    return spent.rows();
}

}  // namespace pulse::storage
