#include "storage/sqlite/retention.h"

#include "storage/rerating.h"
#include "storage/rollup/stretch.h"
#include "storage/rollup/tables.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

namespace pulse::storage::sqlite {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// How long a transaction should hold the ledger up, and in how many rows that is looked for.
constexpr std::chrono::milliseconds kStepTime{20};
constexpr std::int64_t kStepRowsMin = 20;
constexpr std::int64_t kStepRowsFirst = 200;
constexpr std::int64_t kStepRowsMax = 5'000;

/// A table that retention takes rows of. `take` has the parameters begin, end, limit, and returns
/// currency and amount of each row that it took.
struct Kept {
    std::span<const RollupTable* const> rollups;
    std::string_view oldest;  ///< before $1
    std::string_view take;
    Stretch (*stretch_of)(TimePoint time);
};

[[nodiscard]] Stretch day_of(TimePoint time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    return {TimePoint{day}, TimePoint{day + std::chrono::days{1}}};
}

[[nodiscard]] Stretch month_of(TimePoint time) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
    const auto month = date.year() / date.month();
    return {
        TimePoint{std::chrono::sys_days{month / 1}},
        TimePoint{std::chrono::sys_days{(month + std::chrono::months{1}) / 1}}};
}

/// Their attempts go with them.
const Kept kRequests{
    rollups_of_requests(),
    "SELECT min(ts) FROM ai_request_log WHERE ts < $1",
    "DELETE FROM ai_request_log WHERE rowid IN (SELECT rowid FROM ai_request_log"
    " WHERE ts >= $1 AND ts < $2 ORDER BY ts LIMIT $3) RETURNING currency, cost",
    day_of};
const Kept kCostEvents{
    rollups_of_costs(),
    "SELECT min(occurred_at) FROM cost_event WHERE occurred_at < $1",
    "DELETE FROM cost_event WHERE (occurred_at, id) IN (SELECT occurred_at, id FROM cost_event"
    " WHERE occurred_at >= $1 AND occurred_at < $2 ORDER BY occurred_at, id LIMIT $3)"
    " RETURNING currency, amount",
    month_of};
/// Kept as long as the cost events that it changed.
constexpr std::string_view kTakeReratings =
    "DELETE FROM cost_rerating WHERE (request_id, attempt, rerated_at) IN"
    " (SELECT request_id, attempt, rerated_at FROM cost_rerating"
    " WHERE request_id < $1 ORDER BY request_id LIMIT $2)";

[[nodiscard]] std::string rows_of(const Kept& kept) {
    return std::string{kept.rollups.front()->rows};
}

class Retention {
public:
    Retention(
        Connection& connection,
        SqliteSession& session,
        TimePoint now,
        const std::function<bool()>& stop)
        : connection_(connection), session_(session), now_(now), stop_(stop) {}

    /// Takes the stretches that end by `cutoff`, the oldest first; how many rows.
    [[nodiscard]] Result<std::uint64_t> take_before(const Kept& kept, TimePoint cutoff) {
        const TimePoint end = kept.stretch_of(cutoff).begins_at;
        std::uint64_t taken = 0;
        while (!stop_()) {
            const auto oldest =
                sql::select_one(session_, kept.oldest, {end}, [](const sql::Row& row) {
                    return row.time_or_none(0);
                });
            if (!oldest) {
                return oldest.error();
            }
            if (!*oldest || !**oldest) {
                break;
            }
            const Result<std::uint64_t> rows = take(kept, kept.stretch_of(***oldest));
            if (!rows) {
                return rows.error();
            }
            taken += *rows;
        }
        return taken;
    }

    [[nodiscard]] Result<void> take_reratings_before(TimePoint cutoff) {
        const Uuid first_kept = first_id_at(month_of(cutoff).begins_at);
        std::int64_t taken = 1;
        while (taken > 0 && !stop_()) {
            const auto begun_at = SteadyClock::now();
            const Result<std::int64_t> rows =
                session_.run(kTakeReratings, {first_kept, step_rows_});
            if (!rows) {
                return rows.error();
            }
            taken = *rows;
            rest_after(SteadyClock::now() - begun_at);
        }
        return {};
    }

private:
    [[nodiscard]] Result<std::uint64_t> take(const Kept& kept, const Stretch& stretch) {
        const auto checks = check_stretch(session_, kept.rollups, stretch);
        if (!checks) {
            return checks.error();
        }
        for (std::size_t i = 0; i < checks->size(); ++i) {
            if (!(*checks)[i].agrees()) {
                return Error{
                    Errc::corrupt_input,
                    "retention takes nothing more of " + rows_of(kept) + ": " +
                        (*checks)[i].to_string(*kept.rollups[i], stretch)};
            }
        }
        std::uint64_t taken = 0;
        std::int64_t rows = 1;
        while (rows > 0 && !stop_()) {
            const auto begun_at = SteadyClock::now();
            const Result<std::int64_t> step = take_step(kept, stretch);
            if (!step) {
                return step.error();
            }
            rows = *step;
            taken += static_cast<std::uint64_t>(rows);
            rest_after(SteadyClock::now() - begun_at);
        }
        return taken;
    }

    /// One transaction. What it took and what it noted are of the same rows, whenever it ends.
    [[nodiscard]] Result<std::int64_t> take_step(const Kept& kept, const Stretch& stretch) {
        // Not to wait for the disk while the ledger waits for us: a power cut undoes the row of
        // retention_drop with the rest.
        Result<Transaction> transaction =
            Transaction::begin(connection_, Transaction::Durable::at_sync);
        if (!transaction) {
            return transaction.error();
        }
        StretchTotals taken;
        bool is_sound = true;
        const auto read = session_.each(
            kept.take, {stretch.begins_at, stretch.ends_at, step_rows_}, [&](const sql::Row& row) {
                const std::optional<Money> amount = row.money(1);
                is_sound = is_sound && amount;
                taken.add(1, row.text(0), amount.value_or(Money{}));
            });
        if (!read) {
            return read.error();
        }
        if (!is_sound) {
            return Error{
                Errc::storage_unavailable, rows_of(kept) + ": a stored amount is not a number"};
        }
        if (taken.rows == 0) {
            return std::int64_t{0};
        }
        if (auto noted = note_drop(session_, rows_of(kept), stretch, taken, now_); !noted) {
            return noted.error();
        }
        if (auto committed = transaction->commit(); !committed) {
            return committed.error();
        }
        return taken.rows;
    }

    /// Sizes the next step by this one, and leaves the database to others for as long as it took.
    void rest_after(SteadyClock::duration took) {
        const auto fitting = step_rows_ * kStepTime / std::max(took, SteadyClock::duration{1});
        step_rows_ = std::clamp<std::int64_t>(
            std::min<std::int64_t>(fitting, step_rows_ * 2), kStepRowsMin, kStepRowsMax);
        std::this_thread::sleep_for(std::min<SteadyClock::duration>(took, kStepTime));
    }

    Connection& connection_;
    SqliteSession& session_;
    TimePoint now_;
    const std::function<bool()>& stop_;
    std::int64_t step_rows_ = kStepRowsFirst;
};

}  // namespace

Result<RetentionCounts> retain(
    Connection& connection,
    SqliteSession& session,
    const RetentionCutoffs& cutoffs,
    TimePoint now,
    const std::function<bool()>& stop) {
    Retention retention{connection, session, now, stop};
    RetentionCounts counts;
    std::optional<Error> failed;
    // One table's trouble does not keep the other one's rows.
    if (cutoffs.requests) {
        const auto taken = retention.take_before(kRequests, *cutoffs.requests);
        if (taken) {
            counts.requests = *taken;
        } else {
            failed = taken.error();
        }
    }
    if (cutoffs.cost_events) {
        const auto taken = retention.take_before(kCostEvents, *cutoffs.cost_events);
        if (!taken) {
            failed = failed ? failed : taken.error();
        } else {
            counts.cost_events = *taken;
            if (auto done = retention.take_reratings_before(*cutoffs.cost_events); !done) {
                failed = failed ? failed : done.error();
            }
        }
    }
    if (failed) {
        return *failed;
    }
    return counts;
}

}  // namespace pulse::storage::sqlite
