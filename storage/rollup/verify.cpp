#include "storage/rollup/verify.h"

#include "base/rfc3339.h"
#include "storage/rollup/tables.h"
#include "storage/sql/dialect.h"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace pulse::storage {
namespace {

[[nodiscard]] Stretch whole_days(const Stretch& stretch) {
    return {
        TimePoint{std::chrono::floor<std::chrono::days>(stretch.begins_at)},
        TimePoint{std::chrono::ceil<std::chrono::days>(stretch.ends_at)}};
}

/// Time and dimensions, as the rollup calls them.
[[nodiscard]] std::string place_columns(const RollupTable& table) {
    std::string columns{time_column(table)};
    for (const DimensionColumn& dimension : table.dimensions) {
        columns.append(", ").append(dimension.name);
    }
    return columns;
}

/// What is written of a place: `r0, w0, r1, w1 …`, the rollup's sums and the rows'.
[[nodiscard]] std::string verify_statement(sql::Engine engine, const RollupTable& table) {
    const std::string place = place_columns(table);
    std::string of_rollup;
    std::string of_rows;
    std::string sums;
    std::string differs;
    for (std::size_t i = 0; i < table.sums.size(); ++i) {
        const SumColumn& sum = table.sums[i];
        const std::string r = "r" + std::to_string(i);
        const std::string w = "w" + std::to_string(i);
        of_rollup.append(", ").append(sum.name).append(" AS " + r + ", NULL AS " + w);
        of_rows.append(", NULL, ").append(sum.source);
        const bool is_money = sum.kind == SumColumn::Kind::money;
        for (const std::string& name : {r, w}) {
            sums.append(", ");
            sums.append(is_money ? sql::sum_of(engine, name) : sql::count_of(engine, name));
            sums.append(" AS ").append(name);
        }
        differs.append(i == 0 ? "" : " OR ").append(r + " <> " + w);
    }
    const std::string time{time_column(table)};
    const std::string rows_time{table.rows_time};
    std::string statement = "SELECT * FROM (SELECT " + place + sums + " FROM (SELECT " + place;
    statement.append(of_rollup).append(" FROM ").append(table.name);
    statement.append(" WHERE " + time + " >= $1 AND " + time + " < $2 UNION ALL SELECT ");
    statement.append(place_of_row(engine, table)).append(of_rows).append(" FROM ");
    statement.append(table.rows).append(" WHERE " + rows_time + " >= $1 AND " + rows_time);
    statement.append(" < $2) AS parts GROUP BY " + place + ") AS sums WHERE " + differs);
    return statement.append(" ORDER BY " + place + " LIMIT $3");
}

[[nodiscard]] std::string describe(const RollupTable& table, const sql::Row& row) {
    std::string text;
    int column = 1;
    for (const DimensionColumn& dimension : table.dimensions) {
        if (!row.text(column).empty()) {
            text.append(text.empty() ? "" : ", ").append(dimension.name);
            text.append(" ").append(row.text(column));
        }
        ++column;
    }
    for (const SumColumn& sum : table.sums) {
        const auto shown = [&](int at) {
            const auto amount = row.money(at);
            return amount ? amount->to_string() : row.owned(at);
        };
        const std::string rollup = shown(column++);
        const std::string rows = shown(column++);
        if (rollup != rows) {
            text.append("; ").append(sum.name).append(" " + rollup + ", its rows " + rows);
        }
    }
    return text;
}

class Verifier {
public:
    Verifier(sql::Session& session, const RollupTable& table, std::size_t limit)
        : session_(session),
          table_(table),
          statement_(verify_statement(session.engine(), table)),
          limit_(limit) {}

    /// Goes from the stretch's begin to its end, around what retention took.
    [[nodiscard]] Result<void> verify(const Stretch& stretch) {
        const auto dropped = dropped_stretches(session_, table_.rows, stretch);
        if (!dropped) {
            return dropped.error();
        }
        TimePoint at = stretch.begins_at;
        for (const Stretch& gone : *dropped) {
            if (auto verified = verify_rows({at, gone.begins_at}); !verified) {
                return verified;
            }
            if (auto verified = verify_totals(gone); !verified) {
                return verified;
            }
            at = std::max(at, gone.ends_at);
        }
        return verify_rows({at, stretch.ends_at});
    }
    [[nodiscard]] std::vector<RollupDifference> take_differences() {
        return std::move(differences_);
    }

private:
    [[nodiscard]] Result<void> verify_rows(const Stretch& stretch) {
        if (stretch.begins_at >= stretch.ends_at || differences_.size() >= limit_) {
            return {};
        }
        return session_.each(
            statement_,
            {stretch.begins_at, stretch.ends_at, limit_ - differences_.size()},
            [&](const sql::Row& row) {
                differences_.push_back(
                    {std::string{table_.name}, row.time(0), describe(table_, row)});
            });
    }

    [[nodiscard]] Result<void> verify_totals(const Stretch& stretch) {
        if (differences_.size() >= limit_) {
            return {};
        }
        const Result<StretchCheck> check = check_stretch(session_, table_, stretch);
        if (!check) {
            return check.error();
        }
        if (!check->agrees()) {
            differences_.push_back(
                {std::string{table_.name}, stretch.begins_at, check->to_string(table_, stretch)});
        }
        return {};
    }

    sql::Session& session_;
    const RollupTable& table_;
    std::string statement_;
    std::size_t limit_;
    std::vector<RollupDifference> differences_;
};

/// What keeps a ledger from adding to the rollups while they are made anew. SQLite has one writer
/// anyway.
[[nodiscard]] Result<void> lock_rollups(sql::Session& session) {
    if (session.engine() == sql::Engine::sqlite) {
        return {};
    }
    // In the order in which ledgers take them. A ledger that has written its rows and waits here
    // adds them when we are done; one that was here before has committed.
    for (const RollupTable* const table : rollup_tables()) {
        std::string lock = "LOCK TABLE ";
        lock.append(table->name).append(" IN SHARE ROW EXCLUSIVE MODE");
        if (auto locked = session.execute_script(lock); !locked) {
            return locked;
        }
    }
    return {};
}

[[nodiscard]] Result<void> rebuild_table(
    sql::Session& session, const RollupTable& table, const Stretch& day) {
    const std::string time{time_column(table)};
    std::string remove = "DELETE FROM ";
    remove.append(table.name).append(" WHERE " + time + " >= $1 AND " + time + " < $2");
    std::string insert = "INSERT INTO ";
    insert.append(table.name).append(" (").append(rollup_columns(table)).append(") SELECT ");
    insert.append(place_columns(table));
    std::string sources;
    for (std::size_t i = 0; i < table.sums.size(); ++i) {
        const SumColumn& sum = table.sums[i];
        const std::string name = "s" + std::to_string(i);
        const bool is_money = sum.kind == SumColumn::Kind::money;
        insert.append(", ").append(
            is_money ? sql::sum_of(session.engine(), name) : sql::count_of(session.engine(), name));
        sources.append(", ").append(sum.source).append(" AS ").append(name);
    }
    const std::string rows_time{table.rows_time};
    insert.append(" FROM (SELECT ").append(place_of_row(session.engine(), table)).append(sources);
    insert.append(" FROM ").append(table.rows).append(" WHERE " + rows_time + " >= $1 AND ");
    insert.append(rows_time + " < $2) AS parts GROUP BY ").append(place_columns(table));
    for (const std::string& statement : {remove, insert}) {
        if (auto done = session.run(statement, {day.begins_at, day.ends_at}); !done) {
            return done.error();
        }
    }
    return {};
}

}  // namespace

Result<std::vector<RollupDifference>> verify_rollups(
    sql::Session& session, const Stretch& stretch, std::size_t limit) {
    std::vector<RollupDifference> differences;
    for (const RollupTable* const table : rollup_tables()) {
        Verifier verifier{session, *table, limit};
        if (auto verified = verifier.verify(whole_days(stretch)); !verified) {
            return verified.error();
        }
        for (RollupDifference& difference : verifier.take_differences()) {
            differences.push_back(std::move(difference));
        }
    }
    return differences;
}

Result<void> rebuild_rollups(sql::Session& session, const Stretch& stretch) {
    const Stretch wanted = whole_days(stretch);
    for (const std::string_view rows_table : {kRequestRollupDay.rows, kCostRollupDay.rows}) {
        const auto dropped = dropped_stretches(session, rows_table, wanted);
        if (!dropped) {
            return dropped.error();
        }
        if (!dropped->empty()) {
            return Error{
                Errc::invalid_request,
                "retention took rows of " + std::string{rows_table} + " from " +
                    rfc3339_micros(dropped->front().begins_at) + " on, whose sums only the" +
                    " rollups have; rebuild from " + rfc3339_micros(dropped->back().ends_at)};
        }
    }
    for (TimePoint at = wanted.begins_at; at < wanted.ends_at; at += std::chrono::days{1}) {
        Result<sql::Transaction> transaction = sql::Transaction::begin(session);
        if (!transaction) {
            return transaction.error();
        }
        if (auto locked = lock_rollups(session); !locked) {
            return locked;
        }
        for (const RollupTable* const table : rollup_tables()) {
            if (auto rebuilt = rebuild_table(session, *table, {at, at + std::chrono::days{1}});
                !rebuilt) {
                return rebuilt;
            }
        }
        if (auto committed = transaction->commit(); !committed) {
            return committed;
        }
    }
    return {};
}

}  // namespace pulse::storage
