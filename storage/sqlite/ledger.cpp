#include "storage/sqlite/ledger.h"

#include "storage/rollup/fields.h"
#include "storage/rollup/tables.h"
#include "storage/sqlite/ledger_sql.h"
#include "storage/sqlite/rollup_rows.h"
#include "storage/tables/deferred.h"

#include <algorithm>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

/// A larger batch means that the ledger is behind: then its own speed matters more.
constexpr std::size_t kPoliteRecordsMax = 500;

[[nodiscard]] BatchRows::Pace pace_of(Records records) {
    return records.size() < kPoliteRecordsMax ? BatchRows::Pace::polite : BatchRows::Pace::fast;
}

/// What adds a batch's rows of `pulse_batch(?1)` to a table of rollups.
[[nodiscard]] std::string add_statement(const RollupTable& table) {
    std::string rows = "SELECT ";
    const std::size_t columns = 1 + table.dimensions.size() + table.sums.size();
    for (std::size_t column = 1; column <= columns; ++column) {
        rows.append(column == 1 ? "c" : ", c").append(std::to_string(column));
    }
    // Without a WHERE, SQLite reads ON as a join's.
    rows.append(" FROM pulse_batch(?1) WHERE true");
    return upsert_statement(sql::Engine::sqlite, table, rows);
}

}  // namespace

Result<Ledger> Ledger::open(Connection& connection, SqliteSession& session) {
    Ledger ledger{connection, session};
    const std::pair<Statement*, std::string> statements[] = {
        {&ledger.request_, std::string{kInsertRequest}},
        {&ledger.attempt_, std::string{kInsertAttempt}},
        {&ledger.cost_event_, std::string{kInsertCostEvent}},
        {&ledger.object_, std::string{kInsertObject}},
        {&ledger.price_version_, std::string{kInsertPriceVersion}},
        {&ledger.upsert_checkpoint_, std::string{kUpsertCheckpoint}},
    };
    for (const auto& [statement, text] : statements) {
        Result<Statement> prepared = connection.prepare(text);
        if (!prepared) {
            return prepared.error();
        }
        *statement = std::move(*prepared);
    }
    for (const RollupTable* const table : rollup_tables()) {
        Result<Statement> prepared = connection.prepare(add_statement(*table));
        if (!prepared) {
            return prepared.error();
        }
        ledger.rollups_.push_back(std::move(*prepared));
    }
    return ledger;
}

Result<LedgerCounts> Ledger::write(Records records, const std::vector<SpoolPosition>& checkpoints) {
    Result<LedgerCounts> counts = write_at_once(records, checkpoints);
    if (counts && counts->requests == records.size()) {
        return counts;
    }
    // Some records are in the tables already, or cannot be: which ones, only one statement for each
    // tells.
    const bool is_state = !counts && counts.error().code() != Errc::invalid_request;
    return is_state ? counts : write_one_by_one(records, checkpoints);
}

/// All records or none: with fewer requests than records nothing was written.
Result<LedgerCounts> Ledger::write_at_once(
    Records records, const std::vector<SpoolPosition>& checkpoints) {
    Result<Transaction> transaction = begin();
    if (!transaction) {
        return transaction.error();
    }
    LedgerCounts counts;
    if (auto inserted = insert(records, counts); !inserted) {
        return inserted.error();
    }
    if (counts.requests < records.size()) {
        return LedgerCounts{};
    }
    if (auto committed = commit(*transaction, records, checkpoints); !committed) {
        return committed.error();
    }
    return counts;
}

Result<LedgerCounts> Ledger::write_one_by_one(
    Records records, const std::vector<SpoolPosition>& checkpoints) {
    Result<Transaction> transaction = begin();
    if (!transaction) {
        return transaction.error();
    }
    LedgerCounts counts;
    std::vector<const DecodedRecord*> written;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::uint64_t before = counts.requests;
        if (auto inserted = insert(records.subspan(i, 1), counts); !inserted) {
            if (inserted.error().code() != Errc::invalid_request) {
                return inserted.error();
            }
            counts.rejects.push_back({i, inserted.error().detail()});
        } else if (counts.requests > before) {
            written.push_back(records[i]);
        }
    }
    if (!counts.rejects.empty()) {
        return LedgerCounts{.rejects = std::move(counts.rejects)};
    }
    if (auto committed = commit(*transaction, written, checkpoints); !committed) {
        return committed.error();
    }
    return counts;
}

/// How many rows were added. Errors: invalid_request when the table cannot take one of them.
Result<std::uint64_t> Ledger::insert_rows(Statement& statement, BatchRows& rows) {
    statement.bind_rows(1, rows);
    if (auto run = connection_->run(statement); !run) {
        return run.error();
    }
    return static_cast<std::uint64_t>(connection_->changes());
}

/// Stops at the first row that fails, with invalid_request where it is the row's fault. Attempts
/// and events are left out when a request is there already: they were written in one transaction
/// with it.
Result<void> Ledger::insert(Records records, LedgerCounts& counts) {
    for (const DecodedRecord* const record : records) {
        if (auto inserted = insert_price_version(record->record); !inserted) {
            return inserted;
        }
    }
    const BatchRows::Pace pace = pace_of(records);
    RequestRows requests{records, pace};
    const Result<std::uint64_t> added = insert_rows(request_, requests);
    if (!added) {
        return added.error();
    }
    counts.requests += *added;
    if (*added < records.size()) {
        return {};
    }
    AttemptRows attempts{records, pace};
    const Result<std::uint64_t> attempts_added = insert_rows(attempt_, attempts);
    if (!attempts_added) {
        return attempts_added.error();
    }
    counts.attempts += *attempts_added;
    CostEventRows events{records, pace};
    const Result<std::uint64_t> events_added = insert_rows(cost_event_, events);
    if (!events_added) {
        return events_added.error();
    }
    counts.cost_events += *events_added;
    return insert_objects(records, pace);
}

/// Whose a provider's objects are, and which of them are work that goes on.
Result<void> Ledger::insert_objects(Records records, BatchRows::Pace pace) {
    const bool has_objects =
        std::any_of(records.begin(), records.end(), [](const DecodedRecord* record) {
            return !record->record.object_id.empty();
        });
    if (!has_objects) {
        return {};
    }
    ObjectRows objects{records, pace};
    if (auto added = insert_rows(object_, objects); !added) {
        return added.error();
    }
    for (const DecodedRecord* const record : records) {
        if (auto noted = note_deferred(*session_, record->record); !noted) {
            return noted;
        }
    }
    return {};
}

/// What the rows of these records, which are in their tables now, add to the sums.
Result<void> Ledger::add_rollups(Records written) {
    const Rollups rollups = rollups_of(written);
    const BatchRows::Pace pace = pace_of(written);
    auto statement = rollups_.begin();
    return detail::visit_tables(
        rollups, [&](const RollupTable& /*table*/, const auto& of_table) -> Result<void> {
            Statement& add = *statement++;
            if (of_table.empty()) {
                return {};
            }
            RollupRows rows{of_table, pace};
            const Result<std::uint64_t> added = insert_rows(add, rows);
            return added ? Result<void>{} : Result<void>{added.error()};
        });
}

Result<Transaction> Ledger::begin() {
    new_price_versions_.clear();
    // A commit without its fdatasync is half as dear in small batches. The spool keeps its segments
    // until sync_log(), and a checkpoint that a power cut undoes takes its rows with it.
    return Transaction::begin(*connection_, Transaction::Durable::at_sync);
}

Result<void> Ledger::commit(
    Transaction& transaction, Records added, const std::vector<SpoolPosition>& checkpoints) {
    if (auto summed = add_rollups(added); !summed) {
        // Not a row's fault: without its code nobody goes and looks for the row.
        return Error{Errc::storage_unavailable, "rollups: " + summed.error().detail()};
    }
    if (auto written = write_checkpoints(checkpoints); !written) {
        return written;
    }
    auto committed = transaction.commit();
    if (committed) {
        price_versions_.merge(new_price_versions_);
    }
    return committed;
}

Result<void> Ledger::insert_price_version(const RequestRecord& record) {
    const std::string_view version = record.price_version;
    if (version.empty() || price_versions_.contains(version) ||
        new_price_versions_.contains(version)) {
        return {};
    }
    price_version_.bind(1, version);
    price_version_.bind(2, record.id.time().time_since_epoch().count());
    auto inserted = connection_->run(price_version_);
    if (inserted) {
        new_price_versions_.emplace(version);
    }
    return inserted;
}

Result<void> Ledger::write_checkpoints(const std::vector<SpoolPosition>& checkpoints) {
    for (const SpoolPosition& checkpoint : checkpoints) {
        upsert_checkpoint_.bind(1, checkpoint.segment);
        upsert_checkpoint_.bind(2, static_cast<std::int64_t>(checkpoint.offset));
        if (auto written = connection_->run(upsert_checkpoint_); !written) {
            return written;
        }
    }
    return {};
}

Result<std::vector<SpoolPosition>> Ledger::checkpoints() {
    Result<Statement> query = connection_->prepare(kSelectCheckpoints);
    if (!query) {
        return query.error();
    }
    std::vector<SpoolPosition> positions;
    int code = query->step();
    for (; code == SQLITE_ROW; code = query->step()) {
        positions.push_back(
            {std::string{query->text(0)}, static_cast<std::uint64_t>(query->integer(1))});
    }
    if (code != SQLITE_DONE) {
        return connection_->error("read checkpoints");
    }
    return positions;
}

Result<void> Ledger::forget_checkpoints(const std::vector<std::string>& segments) {
    Result<Statement> remove = connection_->prepare(kDeleteCheckpoint);
    if (!remove) {
        return remove.error();
    }
    Result<Transaction> transaction =
        Transaction::begin(*connection_, Transaction::Durable::at_sync);
    if (!transaction) {
        return transaction.error();
    }
    for (const std::string& segment : segments) {
        remove->bind(1, segment);
        if (auto removed = connection_->run(*remove); !removed) {
            return removed;
        }
    }
    return transaction->commit();
}

}  // namespace pulse::storage::sqlite
