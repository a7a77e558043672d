#include "storage/rollup/stretch.h"

#include "base/rfc3339.h"
#include "storage/sql/dialect.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>

namespace pulse::storage {
namespace {

/// `{"USD":"12.5"}`; none where it is no such object.
[[nodiscard]] std::optional<StretchTotals> read_totals(std::string_view json, std::int64_t rows) {
    boost::system::error_code failed;
    const boost::json::value parsed = boost::json::parse(json, failed);
    if (failed || !parsed.is_object()) {
        return std::nullopt;
    }
    StretchTotals totals;
    totals.rows = rows;
    for (const auto& [currency, amount] : parsed.get_object()) {
        const Result<Money> money =
            amount.is_string() ? Money::parse(amount.get_string()) : Result<Money>{Error{}};
        if (!money) {
            return std::nullopt;
        }
        totals.add(0, currency, *money);
    }
    return totals;
}

[[nodiscard]] const SumColumn& money_of(const RollupTable& table) {
    return *std::find_if(table.sums.begin(), table.sums.end(), [](const SumColumn& sum) {
        return sum.kind == SumColumn::Kind::money;
    });
}

/// `SELECT <number>, currency, rows, amount`: the sums of a rollup between $1 and $2.
[[nodiscard]] std::string rollup_statement(
    sql::Engine engine, const RollupTable& table, std::size_t number) {
    const std::string time{time_column(table)};
    std::string statement = "SELECT " + std::to_string(number) + ", currency, ";
    statement.append(sql::count_of(engine, table.sums.front().name)).append(", ");
    statement.append(sql::sum_of(engine, money_of(table).name)).append(" FROM ").append(table.name);
    return statement.append(" WHERE " + time + " >= $1 AND " + time + " < $2 GROUP BY currency");
}

constexpr std::int64_t kRows = -1;
constexpr std::int64_t kDropped = -2;

/// One statement, so that all are of one moment. Rollups have their number, the others kRows and
/// kDropped.
[[nodiscard]] std::string check_statement(
    sql::Engine engine, std::span<const RollupTable* const> tables) {
    std::string statement;
    for (std::size_t number = 0; number < tables.size(); ++number) {
        statement.append(rollup_statement(engine, *tables[number], number)).append(" UNION ALL ");
    }
    const RollupTable& table = *tables.front();
    const std::string rows_time{table.rows_time};
    statement.append("SELECT -1, currency, count(*), ");
    statement.append(sql::sum_of(engine, money_of(table).source)).append(" FROM ");
    statement.append(table.rows);
    statement.append(" WHERE " + rows_time + " >= $1 AND " + rows_time + " < $2 GROUP BY currency");
    statement.append(" UNION ALL SELECT -2, CAST(totals AS TEXT), rows, NULL");
    statement.append(" FROM retention_drop WHERE table_name = '").append(table.rows);
    return statement.append("' AND begins_at >= $1 AND ends_at <= $2");
}

}  // namespace

void StretchTotals::add(std::int64_t more_rows, std::string_view currency, Money amount) {
    rows += more_rows;
    if (amount.is_zero()) {
        return;
    }
    const auto found = amounts.emplace(currency, Money{}).first;
    found->second += amount;
    if (found->second.is_zero()) {
        amounts.erase(found);
    }
}

StretchTotals& StretchTotals::operator+=(const StretchTotals& other) {
    rows += other.rows;
    for (const auto& [currency, amount] : other.amounts) {
        add(0, currency, amount);
    }
    return *this;
}

std::string StretchTotals::amounts_json() const {
    boost::json::object object;
    for (const auto& [currency, amount] : amounts) {
        object[currency] = amount.to_string();
    }
    return boost::json::serialize(object);
}

std::string StretchTotals::to_string() const {
    std::string text = std::to_string(rows) + (rows == 1 ? " row" : " rows");
    for (const auto& [currency, amount] : amounts) {
        text.append(", ").append(amount.to_string()).append(" ").append(currency);
    }
    return text;
}

bool StretchCheck::agrees() const {
    StretchTotals here = rows;
    here += dropped;
    return rollup == here;
}

std::string StretchCheck::to_string(const RollupTable& table, const Stretch& stretch) const {
    std::string text{table.name};
    text.append(" holds ").append(rollup.to_string());
    text.append(" from ").append(rfc3339_micros(stretch.begins_at));
    text.append(" to ").append(rfc3339_micros(stretch.ends_at)).append(", ");
    text.append(table.rows).append(" ").append(rows.to_string());
    if (dropped.rows != 0) {
        text.append(" beside ").append(dropped.to_string()).append(" that retention took");
    }
    return text;
}

Result<std::vector<StretchCheck>> check_stretch(
    sql::Session& session, std::span<const RollupTable* const> tables, const Stretch& stretch) {
    std::vector<StretchCheck> checks(tables.size());
    StretchTotals rows;
    StretchTotals dropped;
    bool is_sound = true;
    const auto read = session.each(
        check_statement(session.engine(), tables),
        {stretch.begins_at, stretch.ends_at},
        [&](const sql::Row& row) {
            const std::int64_t what = row.integer(0);
            if (what == kDropped) {
                const auto totals = read_totals(row.text(1), row.integer(2));
                is_sound = is_sound && totals;
                dropped += totals.value_or(StretchTotals{});
                return;
            }
            const std::optional<Money> amount = row.money(3);
            is_sound = is_sound && amount;
            StretchTotals& totals =
                what == kRows ? rows : checks[static_cast<std::size_t>(what)].rollup;
            totals.add(row.integer(2), row.text(1), amount.value_or(Money{}));
        });
    if (!read) {
        return read.error();
    }
    if (!is_sound) {
        return Error{
            Errc::storage_unavailable,
            std::string{tables.front()->name} +
                " or retention_drop: a stored amount is not a number"};
    }
    for (StretchCheck& check : checks) {
        check.rows = rows;
        check.dropped = dropped;
    }
    return checks;
}

Result<StretchCheck> check_stretch(
    sql::Session& session, const RollupTable& table, const Stretch& stretch) {
    const RollupTable* const tables[] = {&table};
    auto checks = check_stretch(session, tables, stretch);
    return checks ? Result<StretchCheck>{std::move(checks->front())}
                  : Result<StretchCheck>{checks.error()};
}

Result<StretchTotals> rollup_totals(
    sql::Session& session, const RollupTable& table, const Stretch& stretch) {
    StretchTotals totals;
    bool is_sound = true;
    const auto read = session.each(
        rollup_statement(session.engine(), table, 0),
        {stretch.begins_at, stretch.ends_at},
        [&](const sql::Row& row) {
            const std::optional<Money> amount = row.money(3);
            is_sound = is_sound && amount;
            totals.add(row.integer(2), row.text(1), amount.value_or(Money{}));
        });
    if (!read) {
        return read.error();
    }
    if (!is_sound) {
        return Error{
            Errc::storage_unavailable,
            std::string{table.name} + ": a stored amount is not a number"};
    }
    return totals;
}

Result<std::vector<Stretch>> dropped_stretches(
    sql::Session& session, std::string_view rows_table, const Stretch& within) {
    return sql::select(
        session,
        "SELECT DISTINCT begins_at, ends_at FROM retention_drop"
        " WHERE table_name = $1 AND begins_at < $3 AND ends_at > $2 ORDER BY begins_at, ends_at",
        {rows_table, within.begins_at, within.ends_at},
        [](const sql::Row& row) {
            return Stretch{row.time(0), row.time(1)};
        });
}

Result<void> note_drop(
    sql::Session& session,
    std::string_view rows_table,
    const Stretch& stretch,
    const StretchTotals& taken,
    TimePoint dropped_at) {
    const auto before = sql::select_one(
        session,
        "SELECT CAST(totals AS TEXT), rows FROM retention_drop"
        " WHERE table_name = $1 AND begins_at = $2 AND dropped_at = $3",
        {rows_table, stretch.begins_at, dropped_at},
        [](const sql::Row& row) { return read_totals(row.text(0), row.integer(1)); });
    if (!before) {
        return before.error();
    }
    StretchTotals totals = taken;
    if (*before && **before) {
        totals += ***before;
    }
    const auto noted = session.run(
        "INSERT INTO retention_drop (table_name, begins_at, ends_at, rows, totals, dropped_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (table_name, begins_at, dropped_at)"
        " DO UPDATE SET rows = excluded.rows, totals = excluded.totals",
        {rows_table,
         stretch.begins_at,
         stretch.ends_at,
         totals.rows,
         totals.amounts_json(),
         dropped_at});
    return noted ? Result<void>{} : Result<void>{noted.error()};
}

}  // namespace pulse::storage
