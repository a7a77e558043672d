#include "storage/sqlite/ledger.h"

#include "storage/sqlite/deferred.h"
#include "storage/sqlite/ledger_sql.h"

#include <algorithm>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

/// A larger batch means that the ledger is behind: then its own speed matters more.
constexpr std::size_t kPoliteRecordsMax = 500;

[[nodiscard]] int run(Statement& statement) {
    const int code = statement.step();
    statement.reset();
    return code;
}

}  // namespace

Result<Ledger> Ledger::open(Connection& connection) {
    Ledger ledger{connection};
    const std::pair<Statement*, std::string_view> statements[] = {
        {&ledger.request_, kInsertRequest},
        {&ledger.attempt_, kInsertAttempt},
        {&ledger.cost_event_, kInsertCostEvent},
        {&ledger.object_, kInsertObject},
        {&ledger.deferred_, kInsertDeferred},
        {&ledger.end_deferred_, kEndDeferred},
        {&ledger.price_version_, kInsertPriceVersion},
        {&ledger.upsert_checkpoint_, kUpsertCheckpoint},
    };
    for (const auto& [statement, sql] : statements) {
        Result<Statement> prepared = connection.prepare(sql);
        if (!prepared) {
            return prepared.error();
        }
        *statement = std::move(*prepared);
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
    if (insert(records, counts) != SQLITE_DONE) {
        return connection_->error("write");
    }
    if (counts.requests < records.size()) {
        return LedgerCounts{};
    }
    if (auto committed = commit(*transaction, checkpoints); !committed) {
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
    for (std::size_t i = 0; i < records.size(); ++i) {
        const int code = insert(records.subspan(i, 1), counts);
        if (code == SQLITE_DONE) {
            continue;
        }
        const Error failure = connection_->error("write");
        if (!is_refusal_of_row(code)) {
            return failure;
        }
        counts.rejects.push_back({i, failure.detail()});
    }
    if (!counts.rejects.empty()) {
        return LedgerCounts{.rejects = std::move(counts.rejects)};
    }
    if (auto committed = commit(*transaction, checkpoints); !committed) {
        return committed.error();
    }
    return counts;
}

/// Returns SQLITE_DONE, or the code of the first row that failed. Attempts and events are left out
/// when a request is there already: they were written in one transaction with it.
int Ledger::insert(Records records, LedgerCounts& counts) {
    for (const DecodedRecord* const record : records) {
        if (const int code = insert_price_version(record->record); code != SQLITE_DONE) {
            return code;
        }
    }
    const auto pace =
        records.size() < kPoliteRecordsMax ? BatchRows::Pace::polite : BatchRows::Pace::fast;
    RequestRows requests{records, pace};
    request_.bind_rows(1, requests);
    if (const int code = run(request_); code != SQLITE_DONE) {
        return code;
    }
    const auto added = static_cast<std::size_t>(connection_->changes());
    counts.requests += added;
    if (added < records.size()) {
        return SQLITE_DONE;
    }
    AttemptRows attempts{records, pace};
    attempt_.bind_rows(1, attempts);
    if (const int code = run(attempt_); code != SQLITE_DONE) {
        return code;
    }
    counts.attempts += static_cast<std::uint64_t>(connection_->changes());
    CostEventRows events{records, pace};
    cost_event_.bind_rows(1, events);
    if (const int code = run(cost_event_); code != SQLITE_DONE) {
        return code;
    }
    counts.cost_events += static_cast<std::uint64_t>(connection_->changes());
    return insert_objects(records, pace);
}

/// Whose a provider's objects are, and which of them are work that goes on.
int Ledger::insert_objects(Records records, BatchRows::Pace pace) {
    const bool has_objects =
        std::any_of(records.begin(), records.end(), [](const DecodedRecord* record) {
            return !record->record.object_id.empty();
        });
    if (!has_objects) {
        return SQLITE_DONE;
    }
    ObjectRows objects{records, pace};
    object_.bind_rows(1, objects);
    int code = run(object_);
    for (std::size_t i = 0; i < records.size() && code == SQLITE_DONE; ++i) {
        const RequestRecord& record = records[i]->record;
        if (record.deferred != Deferred::none && !record.object_id.empty()) {
            code = write_deferred(deferred_, end_deferred_, record);
        }
    }
    return code;
}

Result<Transaction> Ledger::begin() {
    new_price_versions_.clear();
    // A commit without its fdatasync is half as dear in small batches. The spool keeps its segments
    // until sync_log(), and a checkpoint that a power cut undoes takes its rows with it.
    return Transaction::begin(*connection_, Transaction::Durable::at_sync);
}

Result<void> Ledger::commit(
    Transaction& transaction, const std::vector<SpoolPosition>& checkpoints) {
    if (auto written = write_checkpoints(checkpoints); !written) {
        return written;
    }
    auto committed = transaction.commit();
    if (committed) {
        price_versions_.merge(new_price_versions_);
    }
    return committed;
}

int Ledger::insert_price_version(const RequestRecord& record) {
    const std::string_view version = record.price_version;
    if (version.empty() || price_versions_.contains(version) ||
        new_price_versions_.contains(version)) {
        return SQLITE_DONE;
    }
    price_version_.bind(1, version);
    price_version_.bind(2, record.id.time().time_since_epoch().count());
    const int code = run(price_version_);
    if (code == SQLITE_DONE) {
        new_price_versions_.emplace(version);
    }
    return code;
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
