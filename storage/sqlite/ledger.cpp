#include "storage/sqlite/ledger.h"

#include "storage/detail/cost_event_id.h"
#include "storage/detail/record_fields.h"
#include "storage/sqlite/ledger_sql.h"

#include <utility>

namespace pulse::storage::sqlite {
namespace {

/// Binds a statement's parameters in their order.
class Binder {
public:
    explicit Binder(Statement& statement) : statement_(statement) {}
    Binder& text(std::string_view value) {
        statement_.bind(++parameter_, value);
        return *this;
    }
    Binder& own_text(const std::string& value) {
        statement_.bind_terminated(++parameter_, value);
        return *this;
    }
    Binder& text_or_null(std::string_view value) {
        statement_.bind_or_null(++parameter_, value);
        return *this;
    }
    Binder& integer(std::int64_t value) {
        statement_.bind(++parameter_, value);
        return *this;
    }
    Binder& null() {
        statement_.bind_null(++parameter_);
        return *this;
    }
    /// Money as text in `room`, which lives until the statement ran.
    Binder& money(Money value, std::string& room) {
        room.clear();
        value.append_to(room);
        return own_text(room);
    }
    Binder& usage(const Usage& usage) {
        auto bind = [this](std::int64_t count) {
            integer(count);
        };
        detail::visit_usage(usage, bind);
        return *this;
    }

private:
    Statement& statement_;
    int parameter_ = 0;
};

[[nodiscard]] std::int64_t microseconds(const Uuid& id) {
    return id.time().time_since_epoch().count();
}

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

Result<LedgerCounts> Ledger::write(
    std::span<const DecodedRecord* const> records, const std::vector<SpoolPosition>& checkpoints) {
    Result<Transaction> transaction = Transaction::begin(*connection_);
    if (!transaction) {
        return transaction.error();
    }
    // Forgotten with a transaction that is not committed: cheap, and the table says so itself.
    std::set<std::string, std::less<>> versions_before = price_versions_;
    LedgerCounts counts;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const int code = insert_record(records[i]->record, counts);
        if (code == SQLITE_DONE) {
            continue;
        }
        const Error failure = connection_->error("write");
        if (!is_refusal_of_row(code)) {
            price_versions_ = std::move(versions_before);
            return failure;
        }
        counts.rejects.push_back({i, failure.detail()});
    }
    Result<void> done = counts.rejects.empty() ? write_checkpoints(checkpoints) : Result<void>{};
    if (done && counts.rejects.empty()) {
        done = transaction->commit();
    }
    if (!done || !counts.rejects.empty()) {
        price_versions_ = std::move(versions_before);
        counts.requests = counts.attempts = counts.cost_events = 0;
    }
    if (!done) {
        return done.error();
    }
    return counts;
}

/// Returns SQLITE_DONE, or the code of the first row that failed.
int Ledger::insert_record(const RequestRecord& record, LedgerCounts& counts) {
    if (const int code = insert_price_version(record); code != SQLITE_DONE) {
        return code;
    }
    if (const int code = insert_request(record); code != SQLITE_DONE) {
        return code;
    }
    if (connection_->changes() == 0) {
        // There already, and so are its attempts and events: they were written in one transaction.
        return SQLITE_DONE;
    }
    ++counts.requests;
    for (std::size_t i = 0; i < record.attempts.size(); ++i) {
        const AttemptRecord& attempt = record.attempts[i];
        if (const int code = insert_attempt(attempt, i + 1); code != SQLITE_DONE) {
            return code;
        }
        ++counts.attempts;
        if (attempt.usage_source == UsageSource::none) {
            continue;
        }
        if (const int code = insert_cost_event(record, attempt, i + 1); code != SQLITE_DONE) {
            return code;
        }
        counts.cost_events += static_cast<std::uint64_t>(connection_->changes());
    }
    return SQLITE_DONE;
}

int Ledger::insert_request(const RequestRecord& record) {
    scratch_.id.clear();
    record.id.append_to(scratch_.id);
    Binder bind{request_};
    bind.own_text(scratch_.id).integer(microseconds(record.id)).text(record.key_id);
    bind.text_or_null(record.org).text_or_null(record.team).text_or_null(record.project);
    bind.text_or_null(record.user).text_or_null(record.app).text_or_null(record.client);
    bind.text_or_null(record.end_user).text_or_null(record.tags_json);
    bind.text(to_string(record.dialect)).text(to_string(record.api));
    bind.integer(std::int64_t{record.stream}).integer(std::int64_t{record.sandbox});
    bind.text_or_null(record.provider).text_or_null(record.model_requested);
    bind.text_or_null(record.model_served).text_or_null(record.service_tier);
    bind.text_or_null(record.finish_reason);
    bind.integer(static_cast<std::int64_t>(record.attempts.size()));
    bind.integer(record.status).text(to_string(record.outcome)).text_or_null(record.error_code);
    bind.usage(record.usage).text(to_string(record.usage_source));
    bind.money(record.estimated_cost, scratch_.estimated_cost).money(record.cost, scratch_.cost);
    bind.text_or_null(record.cost_status);
    record.has_stated_cost ? bind.money(record.stated_cost, scratch_.stated_cost) : bind.null();
    bind.text_or_null(record.price_version).integer(record.latency_us);
    record.ttft_us < 0 ? bind.null() : bind.integer(record.ttft_us);
    bind.integer(record.overhead_us).text_or_null(record.trace_id);
    bind.text_or_null(record.request_id_provider).text_or_null(record.request_id_caller);
    return run(request_);
}

int Ledger::insert_attempt(const AttemptRecord& attempt, std::size_t number) {
    Binder bind{attempt_};
    bind.own_text(scratch_.id).integer(static_cast<std::int64_t>(number));
    bind.text_or_null(attempt.provider).text_or_null(attempt.model);
    attempt.status == 0 ? bind.null() : bind.integer(attempt.status);
    bind.text(to_string(attempt.outcome))
        .usage(attempt.usage)
        .text(to_string(attempt.usage_source));
    bind.money(attempt.cost, scratch_.cost).text_or_null(attempt.cost_status);
    bind.integer(attempt.latency_us);
    return run(attempt_);
}

int Ledger::insert_cost_event(
    const RequestRecord& record, const AttemptRecord& attempt, std::size_t number) {
    scratch_.event_id.clear();
    detail::cost_event_id(record.id, number).append_to(scratch_.event_id);
    scratch_.quantity = std::to_string(attempt.usage.total());
    Binder bind{cost_event_};
    bind.own_text(scratch_.event_id).integer(microseconds(record.id)).text_or_null(record.org);
    bind.text_or_null(attempt.provider).text(to_string(record.api));
    bind.text(record.sandbox ? "sandbox" : "model");
    bind.text_or_null(record.team).text_or_null(record.project).text_or_null(record.app);
    bind.text_or_null(record.client).text_or_null(record.user).text_or_null(attempt.model);
    bind.own_text(scratch_.quantity).money(attempt.cost, scratch_.cost);
    bind.text_or_null(record.tags_json).own_text(scratch_.id);
    return run(cost_event_);
}

int Ledger::insert_price_version(const RequestRecord& record) {
    if (record.price_version.empty() || price_versions_.contains(record.price_version)) {
        return SQLITE_DONE;
    }
    Binder{price_version_}.text(record.price_version).integer(microseconds(record.id));
    const int code = run(price_version_);
    if (code == SQLITE_DONE) {
        price_versions_.emplace(record.price_version);
    }
    return code;
}

Result<void> Ledger::write_checkpoints(const std::vector<SpoolPosition>& checkpoints) {
    for (const SpoolPosition& checkpoint : checkpoints) {
        Binder{upsert_checkpoint_}
            .text(checkpoint.segment)
            .integer(static_cast<std::int64_t>(checkpoint.offset));
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
    Result<Transaction> transaction = Transaction::begin(*connection_);
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
