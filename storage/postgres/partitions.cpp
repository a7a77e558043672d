#include "storage/postgres/partitions.h"

#include "storage/postgres/text_values.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace pulse::storage::postgres {
namespace {

using std::chrono::days;

constexpr days kAhead{3};
/// What lies further from now is a clock's fault: partitions are not made for it without end.
constexpr days kMovedWithin{366};
constexpr std::string_view kStretchesMax = "64";

constexpr std::string_view kSelectPartitions =
    "SELECT child.oid::regclass::text, (bounds.found)[1], (bounds.found)[2] FROM pg_inherits"
    " JOIN pg_class child ON child.oid = inhrelid"
    " CROSS JOIN LATERAL (SELECT regexp_match(pg_get_expr(child.relpartbound, child.oid),"
    " 'FROM \\(''([^'']+)''\\) TO \\(''([^'']+)''\\)') AS found) bounds"
    " WHERE inhparent = $1::text::regclass AND bounds.found IS NOT NULL"
    " ORDER BY (bounds.found)[1]::timestamptz";
/// Whoever waits for a lock on a table keeps others waiting behind: rather later than that. Our own
/// number, as in migrations/migrate.cpp.
constexpr std::string_view kLock =
    "SET LOCAL lock_timeout = '5s'; SELECT pg_advisory_xact_lock(5788145317)";

[[nodiscard]] std::string default_of(const PartitionedTable& table) {
    return std::string{table.name} + "_default";
}

[[nodiscard]] std::string literal(TimePoint time) {
    std::string text = "'";
    append_time(text, time);
    return text + "'";
}

/// ai_request_log_20261121, cost_event_202611.
[[nodiscard]] std::string name_of(const PartitionedTable& table, TimePoint begin) {
    std::string date;
    append_time(date, begin);
    std::erase(date, '-');
    const bool is_day = table.stretch == PartitionedTable::Stretch::day;
    return std::string{table.name} + "_" + date.substr(0, date.find(' ') - (is_day ? 0 : 2));
}

[[nodiscard]] Result<bool> has_partition(
    sql::Session& session, const PartitionedTable& table, const TimeRange& range) {
    const auto partitions = partitions_of(session, table);
    if (!partitions) {
        return partitions.error();
    }
    return std::any_of(
        partitions->begin(), partitions->end(), [&range](const Partition& partition) {
            return partition.range.begin < range.end && range.begin < partition.range.end;
        });
}

/// A table of its own that is filled and attached: `PARTITION OF` would lock the whole table, and
/// refuses where the default partition holds rows of the range. How many rows those were.
[[nodiscard]] Result<std::uint64_t> make_partition(
    sql::Session& session, const PartitionedTable& table, const TimeRange& range) {
    Result<sql::Transaction> transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto locked = lock_partitions(session); !locked) {
        return locked.error();
    }
    const Result<bool> is_there = has_partition(session, table, range);
    if (!is_there || *is_there) {
        return is_there ? Result<std::uint64_t>{std::uint64_t{0}} : is_there.error();
    }
    const std::string parent{table.name};
    const std::string name = name_of(table, range.begin);
    if (auto made = session.execute_script(
            "CREATE TABLE " + name + " (LIKE " + parent + " INCLUDING ALL); LOCK TABLE " +
            default_of(table) + " IN ACCESS EXCLUSIVE MODE");
        !made) {
        return made.error();
    }
    const std::string time{table.time_column};
    const Result<std::int64_t> moved = session.run(
        "WITH moved AS (DELETE FROM " + default_of(table) + " WHERE " + time + " >= $1 AND " +
            time + " < $2 RETURNING *) INSERT INTO " + name + " SELECT * FROM moved",
        {range.begin, range.end});
    if (!moved) {
        return moved.error();
    }
    if (auto attached = session.execute_script(
            "ALTER TABLE " + parent + " ATTACH PARTITION " + name + " FOR VALUES FROM (" +
            literal(range.begin) + ") TO (" + literal(range.end) + ")");
        !attached) {
        return attached.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return static_cast<std::uint64_t>(*moved);
}

/// The stretches of what lies in the default partition.
[[nodiscard]] Result<std::vector<TimePoint>> misplaced(
    sql::Session& session, const PartitionedTable& table, TimePoint now) {
    const bool is_day = table.stretch == PartitionedTable::Stretch::day;
    const std::string time{table.time_column};
    return sql::select(
        session,
        "SELECT DISTINCT date_trunc('" + std::string{is_day ? "day" : "month"} + "', " + time +
            ", 'UTC') FROM " + default_of(table) + " WHERE " + time + " >= $1 AND " + time +
            " < $2 ORDER BY 1 LIMIT " + std::string{kStretchesMax},
        {now - kMovedWithin, now + kMovedWithin},
        [](const sql::Row& row) { return row.time(0); });
}

[[nodiscard]] std::vector<TimePoint> wanted(const PartitionedTable& table, TimePoint now) {
    std::vector<TimePoint> times;
    if (table.stretch == PartitionedTable::Stretch::day) {
        for (days ahead{0}; ahead <= kAhead; ++ahead) {
            times.push_back(now + ahead);
        }
    } else {
        times = {now, stretch_of(table, now).end};
    }
    return times;
}

}  // namespace

const PartitionedTable kRequestLog{"ai_request_log", "ts", PartitionedTable::Stretch::day};
const PartitionedTable kRequestAttempt{"ai_request_attempt", "ts", PartitionedTable::Stretch::day};
const PartitionedTable kCostEvent{"cost_event", "occurred_at", PartitionedTable::Stretch::month};

TimeRange stretch_of(const PartitionedTable& table, TimePoint time) {
    using namespace std::chrono;
    const sys_days day = floor<days>(time);
    if (table.stretch == PartitionedTable::Stretch::day) {
        return {TimePoint{day}, TimePoint{day + days{1}}};
    }
    const year_month_day date{day};
    const year_month month = date.year() / date.month();
    return {TimePoint{sys_days{month / 1}}, TimePoint{sys_days{(month + months{1}) / 1}}};
}

Result<std::vector<Partition>> partitions_of(sql::Session& session, const PartitionedTable& table) {
    return sql::select(session, kSelectPartitions, {table.name}, [](const sql::Row& row) {
        return Partition{row.owned(0), {row.time(1), row.time(2)}};
    });
}

Result<void> lock_partitions(sql::Session& session) {
    return session.execute_script(kLock);
}

Result<std::uint64_t> make_partitions(sql::Session& session, TimePoint now) {
    std::uint64_t moved = 0;
    for (const PartitionedTable* const table : {&kRequestLog, &kRequestAttempt, &kCostEvent}) {
        std::vector<TimePoint> times = wanted(*table, now);
        const auto others = misplaced(session, *table, now);
        if (!others) {
            return others.error();
        }
        times.insert(times.end(), others->begin(), others->end());
        for (const TimePoint time : times) {
            const TimeRange range = stretch_of(*table, time);
            const Result<bool> is_there = has_partition(session, *table, range);
            if (!is_there) {
                return is_there.error();
            }
            const Result<std::uint64_t> made = *is_there ? Result<std::uint64_t>{std::uint64_t{0}}
                                                         : make_partition(session, *table, range);
            if (!made) {
                return made.error();
            }
            moved += *made;
        }
    }
    return moved;
}

}  // namespace pulse::storage::postgres
