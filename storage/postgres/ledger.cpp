#include "storage/postgres/ledger.h"

#include "storage/postgres/clean_record.h"
#include "storage/postgres/rollup_rows.h"
#include "storage/tables/deferred.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace pulse::storage::postgres {
namespace {

constexpr std::string_view kInsertPriceVersion =
    "INSERT INTO price_version (id, first_used_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
constexpr std::string_view kUpsertCheckpoint =
    "INSERT INTO spool_checkpoint (segment, position) VALUES ($1, $2) ON CONFLICT (segment) DO "
    "UPDATE SET position = greatest(spool_checkpoint.position, excluded.position)";
constexpr std::string_view kSelectCheckpoints =
    "SELECT segment, position FROM spool_checkpoint ORDER BY segment";
constexpr std::string_view kDeleteRequest = "DELETE FROM ai_request_log WHERE id = $1 AND ts = $2";
constexpr std::string_view kDeleteCheckpoint = "DELETE FROM spool_checkpoint WHERE segment = $1";

[[nodiscard]] std::size_t events_in(Records records) {
    std::size_t events = 0;
    for (const DecodedRecord* const record : records) {
        const auto attempts = record->record.attempts;
        events += static_cast<std::size_t>(
            std::count_if(attempts.begin(), attempts.end(), [](const AttemptRecord& attempt) {
                return attempt.usage_source != UsageSource::none;
            }));
    }
    return events;
}

/// Sorted by id, each once: the same record may stand in two segments.
struct Ordered {
    std::vector<const DecodedRecord*> records;
    std::vector<std::size_t> indices;  ///< where each stood
};

[[nodiscard]] Ordered in_order(Records records) {
    std::vector<std::size_t> indices(records.size());
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    std::stable_sort(indices.begin(), indices.end(), [&](std::size_t a, std::size_t b) {
        return records[a]->record.id < records[b]->record.id;
    });
    Ordered ordered;
    for (const std::size_t index : indices) {
        if (ordered.records.empty() ||
            ordered.records.back()->record.id != records[index]->record.id) {
            ordered.records.push_back(records[index]);
            ordered.indices.push_back(index);
        }
    }
    return ordered;
}

[[nodiscard]] bool is_fault_of_row(const Error& error) {
    return error.code() == Errc::invalid_request;
}

}  // namespace

Ledger::Ledger(Connection& connection, sql::Session& session)
    : connection_(connection),
      session_(session),
      requests_(connection, request_target()),
      attempts_(connection, attempt_target()),
      cost_events_(connection, cost_event_target()),
      objects_(connection, object_target()) {}

Result<LedgerCounts> Ledger::write(Records records, const std::vector<SpoolPosition>& checkpoints) {
    const CleanRecords clean{records};
    const Ordered ordered = in_order(clean.records());
    Result<LedgerCounts> counts = write_at_once(ordered.records, checkpoints, Way::fast);
    if (!counts && is_fault_of_row(counts.error())) {
        counts = write_at_once(ordered.records, checkpoints, Way::careful);
    }
    if (counts || !is_fault_of_row(counts.error())) {
        return counts;
    }
    counts = write_in_parts(ordered.records, checkpoints);
    if (counts) {
        for (RejectedRecord& reject : counts->rejects) {
            reject.index = ordered.indices[reject.index];
        }
        std::sort(counts->rejects.begin(), counts->rejects.end(), [](const auto& a, const auto& b) {
            return a.index < b.index;
        });
    }
    return counts;
}

Result<LedgerCounts> Ledger::write_at_once(
    Records records, const std::vector<SpoolPosition>& checkpoints, Way way) {
    Result<sql::Transaction> transaction = begin();
    if (!transaction) {
        return transaction.error();
    }
    LedgerCounts counts;
    const auto written = way == Way::fast ? copy(records, counts) : insert(records, counts);
    if (!written) {
        return written.error();
    }
    if (auto committed = commit(*transaction, checkpoints); !committed) {
        return committed.error();
    }
    return counts;
}

Result<LedgerCounts> Ledger::write_in_parts(
    Records records, const std::vector<SpoolPosition>& checkpoints) {
    Result<sql::Transaction> transaction = begin();
    if (!transaction) {
        return transaction.error();
    }
    LedgerCounts counts;
    if (auto written = write_part(records, 0, counts); !written) {
        return written.error();
    }
    if (!counts.rejects.empty()) {
        return LedgerCounts{.rejects = std::move(counts.rejects)};
    }
    if (auto committed = commit(*transaction, checkpoints); !committed) {
        return committed.error();
    }
    return counts;
}

/// Finds the records that cannot be stored by halving; `first` is the index of the part's first.
Result<void> Ledger::write_part(Records records, std::size_t first, LedgerCounts& counts) {
    if (records.empty()) {
        return {};
    }
    if (auto kept = session_.execute_script("SAVEPOINT part"); !kept) {
        return kept;
    }
    const LedgerCounts counts_before = counts;
    const auto versions_before = new_price_versions_;
    const auto inserted = insert(records, counts);
    if (inserted) {
        return session_.execute_script("RELEASE SAVEPOINT part");
    }
    if (!is_fault_of_row(inserted.error())) {
        return inserted;
    }
    counts = counts_before;
    new_price_versions_ = versions_before;
    if (auto undone = session_.execute_script("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part");
        !undone) {
        return undone;
    }
    if (records.size() == 1) {
        counts.rejects.push_back({first, inserted.error().detail()});
        return {};
    }
    const std::size_t half = records.size() / 2;
    if (auto written = write_part(records.first(half), first, counts); !written) {
        return written;
    }
    return write_part(records.subspan(half), first + half, counts);
}

Result<void> Ledger::copy(Records records, LedgerCounts& counts) {
    if (auto inserted = insert_price_versions(records); !inserted) {
        return inserted;
    }
    const auto requests = requests_.copy([&](Batch& batch) { put_requests(batch, records); });
    if (!requests) {
        return requests.error();
    }
    const auto events = cost_events_.copy([&](Batch& batch) { put_cost_events(batch, records); });
    if (!events) {
        return events.error();
    }
    const auto attempts = attempts_.copy([&](Batch& batch) { put_attempts(batch, records); });
    if (!attempts) {
        return attempts.error();
    }
    counts.requests = *requests;
    counts.attempts = *attempts;
    counts.cost_events = *events;
    if (auto inserted = insert_objects(records); !inserted) {
        return inserted;
    }
    return add_rollups(records);
}

/// Attempts and events are left out where a request is there already: they were written in one
/// transaction with it.
Result<void> Ledger::insert(Records records, LedgerCounts& counts) {
    if (auto inserted = insert_price_versions(records); !inserted) {
        return inserted;
    }
    Result<std::vector<const DecodedRecord*>> written = insert_requests(records);
    if (!written) {
        return written.error();
    }
    const Result<std::uint64_t> events = insert_cost_events(*written);
    if (!events) {
        return events.error();
    }
    const auto attempts = attempts_.insert([&](Batch& batch) { put_attempts(batch, *written); });
    if (!attempts) {
        return attempts.error();
    }
    if (auto inserted = insert_objects(*written); !inserted) {
        return inserted;
    }
    if (auto added = add_rollups(*written); !added) {
        return added;
    }
    counts.requests += written->size();
    counts.attempts += attempts->rows;
    counts.cost_events += *events;
    return {};
}

Result<std::vector<const DecodedRecord*>> Ledger::insert_requests(Records records) {
    const auto inserted = requests_.insert([&](Batch& batch) { put_requests(batch, records); });
    if (!inserted) {
        return inserted.error();
    }
    std::vector<const DecodedRecord*> written{records.begin(), records.end()};
    if (inserted->rows < records.size()) {
        const std::unordered_set<std::string> ids{inserted->values.begin(), inserted->values.end()};
        std::erase_if(written, [&ids](const DecodedRecord* record) {
            return !ids.contains(record->record.id.to_string());
        });
    }
    return written;
}

/// A request whose events are there was written before, and retention has taken its row since: it
/// is taken out of `written`, and its row out of the table.
Result<std::uint64_t> Ledger::insert_cost_events(std::vector<const DecodedRecord*>& written) {
    const std::size_t events = events_in(written);
    const auto inserted =
        cost_events_.insert([&](Batch& batch) { put_cost_events(batch, written); });
    if (!inserted) {
        return inserted.error();
    }
    if (inserted->rows == events) {
        return inserted->rows;
    }
    const std::unordered_set<std::string> fresh{inserted->values.begin(), inserted->values.end()};
    const auto known =
        std::stable_partition(written.begin(), written.end(), [&](const DecodedRecord* record) {
            return events_in({&record, 1}) == 0 || fresh.contains(record->record.id.to_string());
        });
    for (auto record = known; record != written.end(); ++record) {
        if (auto removed =
                session_.run(kDeleteRequest, {(*record)->record.id, (*record)->record.id.time()});
            !removed) {
            return removed.error();
        }
    }
    written.erase(known, written.end());
    return inserted->rows;
}

Result<void> Ledger::insert_price_versions(Records records) {
    std::map<std::string_view, TimePoint> unknown;
    for (const DecodedRecord* const record : records) {
        const std::string_view version = record->record.price_version;
        if (!version.empty() && !price_versions_.contains(version) &&
            !new_price_versions_.contains(version)) {
            unknown.emplace(version, record->record.id.time());
        }
    }
    for (const auto& [version, first_used_at] : unknown) {
        if (auto inserted = session_.run(kInsertPriceVersion, {version, first_used_at});
            !inserted) {
            return inserted.error();
        }
        new_price_versions_.emplace(version);
    }
    return {};
}

/// Whose a provider's objects are, and which of them are work that goes on.
Result<void> Ledger::insert_objects(Records records) {
    if (auto inserted = objects_.insert([&](Batch& batch) { put_objects(batch, records); });
        !inserted) {
        return inserted.error();
    }
    std::vector<const RequestRecord*> deferred;
    for (const DecodedRecord* const record : records) {
        if (record->record.deferred != Deferred::none && !record->record.object_id.empty()) {
            deferred.push_back(&record->record);
        }
    }
    std::stable_sort(deferred.begin(), deferred.end(), [](const auto* a, const auto* b) {
        return std::tie(a->provider, a->object_id) < std::tie(b->provider, b->object_id);
    });
    for (const RequestRecord* const record : deferred) {
        if (auto noted = note_deferred(session_, *record); !noted) {
            return noted;
        }
    }
    return {};
}

Result<void> Ledger::add_rollups(Records written) {
    const Rollups rollups = rollups_of(written);
    return detail::visit_tables(rollups, [&](const RollupTable& table, const auto& rows) {
        return add_rollup_rows(connection_, table, rows);
    });
}

Result<sql::Transaction> Ledger::begin() {
    new_price_versions_.clear();
    return sql::Transaction::begin(session_);
}

Result<void> Ledger::commit(
    sql::Transaction& transaction, const std::vector<SpoolPosition>& checkpoints) {
    for (const SpoolPosition& checkpoint : checkpoints) {
        if (auto written = session_.run(
                kUpsertCheckpoint,
                {checkpoint.segment, static_cast<std::int64_t>(checkpoint.offset)});
            !written) {
            return Error{Errc::storage_unavailable, "checkpoint: " + written.error().detail()};
        }
    }
    auto committed = transaction.commit();
    if (committed) {
        price_versions_.merge(new_price_versions_);
    }
    return committed;
}

Result<std::vector<SpoolPosition>> Ledger::checkpoints() {
    return sql::select(session_, kSelectCheckpoints, {}, [](const sql::Row& row) {
        return SpoolPosition{row.owned(0), static_cast<std::uint64_t>(row.integer(1))};
    });
}

Result<void> Ledger::forget_checkpoints(const std::vector<std::string>& segments) {
    Result<sql::Transaction> transaction = sql::Transaction::begin(session_);
    if (!transaction) {
        return transaction.error();
    }
    for (const std::string& segment : segments) {
        if (auto removed = session_.run(kDeleteCheckpoint, {segment}); !removed) {
            return removed.error();
        }
    }
    return transaction->commit();
}

}  // namespace pulse::storage::postgres
