#include "storage/postgres/retention.h"

#include "storage/postgres/partitions.h"
#include "storage/rerating.h"
#include "storage/rollup/stretch.h"
#include "storage/rollup/tables.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace pulse::storage::postgres {
namespace {

/// A table whose partitions go, and what they are compared with.
struct Kept {
    const PartitionedTable& table;
    const PartitionedTable* follower;  ///< goes with it
    std::span<const RollupTable* const> rollups;
    const RollupTable& smallest;  ///< of them
};
const Kept kRequests{kRequestLog, &kRequestAttempt, rollups_of_requests(), kRequestRollupDay};
const Kept kCostEvents{kCostEvent, nullptr, rollups_of_costs(), kCostSourceDay};

[[nodiscard]] Stretch stretch_of(const Partition& partition) {
    return {partition.range.begin, partition.range.end};
}

/// Errors: corrupt_input when rows and rollups differ.
[[nodiscard]] Result<StretchCheck> compare(
    sql::Session& session, const Kept& kept, const Partition& partition) {
    const auto checks = check_stretch(session, kept.rollups, stretch_of(partition));
    if (!checks) {
        return checks.error();
    }
    for (std::size_t i = 0; i < checks->size(); ++i) {
        if (!(*checks)[i].agrees()) {
            return Error{
                Errc::corrupt_input,
                "retention: nothing is taken, for " +
                    (*checks)[i].to_string(*kept.rollups[i], stretch_of(partition))};
        }
    }
    return checks->front();
}

/// Whether rows were written since they were compared: whoever writes rows changes the rollups in
/// the same transaction. Errors: storage_unavailable; it is tried again with the next run.
[[nodiscard]] Result<void> expect_unchanged(
    sql::Session& session,
    const Kept& kept,
    const Partition& partition,
    const StretchTotals& compared) {
    const Result<StretchTotals> now = rollup_totals(session, kept.smallest, stretch_of(partition));
    if (!now) {
        return now.error();
    }
    if (*now != compared) {
        return Error{
            Errc::storage_unavailable,
            "retention: rows came to " + partition.name + " while it was compared"};
    }
    return {};
}

/// `DETACH … CONCURRENTLY` is not to be had where there is a default partition; without it the
/// table is locked for the time of a change of the catalogue.
[[nodiscard]] Result<void> drop(
    sql::Session& session, const PartitionedTable& table, const Partition& partition) {
    return session.execute_script(
        "ALTER TABLE " + std::string{table.name} + " DETACH PARTITION " + partition.name +
        "; DROP TABLE " + partition.name);
}

/// All partitions that end by then.
[[nodiscard]] Result<void> drop_until(
    sql::Session& session, const PartitionedTable& table, TimePoint end) {
    const auto partitions = partitions_of(session, table);
    if (!partitions) {
        return partitions.error();
    }
    for (const Partition& partition : *partitions) {
        if (partition.range.end > end) {
            break;
        }
        if (auto dropped = drop(session, table, partition); !dropped) {
            return dropped;
        }
    }
    return {};
}

/// What detaching takes in the end, first: who has locked a partition and then wants its parent
/// waits in a circle with a writer, who locks them the other way round.
[[nodiscard]] Result<void> lock_for_drop(sql::Session& session, const Kept& kept) {
    std::string tables{kept.table.name};
    if (kept.follower != nullptr) {
        tables.append(", ").append(kept.follower->name);
    }
    return session.execute_script(
        "SET LOCAL lock_timeout = '5s'; LOCK TABLE " + tables + " IN ACCESS EXCLUSIVE MODE");
}

/// What was rated again goes with the month of its cost events.
[[nodiscard]] Result<void> take_reratings(
    sql::Session& session, const Kept& kept, const Partition& partition) {
    if (&kept != &kCostEvents) {
        return {};
    }
    const auto gone = session.run(
        "DELETE FROM cost_rerating WHERE request_id < $1", {first_id_at(partition.range.end)});
    return gone ? Result<void>{} : Result<void>{gone.error()};
}

/// Compares it, notes it, drops it; how many rows it held. What takes time is done before others
/// are locked out.
[[nodiscard]] Result<std::uint64_t> take(
    sql::Session& session, const Kept& kept, const Partition& partition, TimePoint now) {
    const Result<StretchCheck> check = compare(session, kept, partition);
    if (!check) {
        return check.error();
    }
    if (auto gone = take_reratings(session, kept, partition); !gone) {
        return gone.error();
    }
    if (auto locked = lock_for_drop(session, kept); !locked) {
        return locked.error();
    }
    if (auto unchanged = expect_unchanged(session, kept, partition, check->rollup); !unchanged) {
        return unchanged.error();
    }
    if (auto noted = note_drop(session, kept.table.name, stretch_of(partition), check->rows, now);
        !noted) {
        return noted.error();
    }
    if (kept.follower != nullptr) {
        if (auto dropped = drop_until(session, *kept.follower, partition.range.end); !dropped) {
            return dropped.error();
        }
    }
    if (auto dropped = drop(session, kept.table, partition); !dropped) {
        return dropped.error();
    }
    return static_cast<std::uint64_t>(check->rows.rows);
}

/// How many rows the oldest partition had; none where none is due.
[[nodiscard]] Result<std::optional<std::uint64_t>> take_oldest(
    sql::Session& session, const Kept& kept, TimePoint cutoff, TimePoint now) {
    Result<sql::Transaction> transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto locked = lock_partitions(session); !locked) {
        return locked.error();
    }
    const auto partitions = partitions_of(session, kept.table);
    if (!partitions) {
        return partitions.error();
    }
    if (partitions->empty() || partitions->front().range.end > cutoff) {
        return std::optional<std::uint64_t>{};
    }
    const Result<std::uint64_t> rows = take(session, kept, partitions->front(), now);
    if (!rows) {
        return rows.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return std::optional{*rows};
}

[[nodiscard]] Result<std::uint64_t> take_expired(
    sql::Session& session,
    const Kept& kept,
    std::optional<TimePoint> cutoff,
    TimePoint now,
    const std::function<bool()>& stop) {
    std::uint64_t rows = 0;
    while (cutoff && !stop()) {
        const auto taken = take_oldest(session, kept, *cutoff, now);
        if (!taken) {
            return taken.error();
        }
        if (!*taken) {
            break;
        }
        rows += **taken;
    }
    return rows;
}

}  // namespace

Result<RetentionCounts> retain(
    sql::Session& session,
    const RetentionCutoffs& cutoffs,
    TimePoint now,
    const std::function<bool()>& stop) {
    // The trouble of one table is none of the other's.
    const auto requests = take_expired(session, kRequests, cutoffs.requests, now, stop);
    const auto events = take_expired(session, kCostEvents, cutoffs.cost_events, now, stop);
    if (!requests || !events) {
        return requests ? events.error() : requests.error();
    }
    return RetentionCounts{.requests = *requests, .cost_events = *events};
}

}  // namespace pulse::storage::postgres
