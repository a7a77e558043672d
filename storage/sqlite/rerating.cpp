#include "storage/sqlite/rerating.h"

#include "storage/detail/cost_event_id.h"
#include "storage/detail/known_values.h"
#include "storage/detail/quantities.h"
#include "storage/detail/record_fields.h"
#include "storage/sqlite/ledger_sql.h"
#include "storage/sqlite/rerating_sql.h"

#include <string>
#include <string_view>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

constexpr int kFirstUsageColumn = 6;

[[nodiscard]] Result<BilledAttempt> read_attempt(const Statement& row) {
    BilledAttempt attempt;
    const auto id = Uuid::parse(row.text(0));
    if (!id) {
        return Error{
            Errc::storage_unavailable,
            "request " + std::string{row.text(0)} + ": its id is no UUID"};
    }
    attempt.place = {*id, row.integer(1)};
    attempt.provider = row.text(2);
    attempt.model = row.text(3);
    attempt.model_served = row.text(4);
    attempt.service_tier = row.text(5);
    int column = kFirstUsageColumn;
    auto read_count = [&](std::int64_t& count) {
        count = row.integer(column++);
    };
    detail::visit_usage(attempt.usage, read_count);
    attempt.usage_source = detail::value_named<UsageSource>(row.text(column++));
    const Result<Money> cost = Money::parse(row.text(column++));
    if (!cost) {
        return Error{
            Errc::storage_unavailable,
            "request " + id->to_string() + ": a stored amount is not a number"};
    }
    attempt.cost = *cost;
    attempt.cost_status = row.text(column++);
    attempt.price_version = row.text(column++);
    attempt.org = row.text(column++);
    attempt.team = row.text(column++);
    attempt.key_id = row.text(column++);
    attempt.is_price_missing = row.integer(column++) != 0;
    detail::read_quantities(row.text(column), attempt.usage);
    return attempt;
}

/// The statements of one batch. Texts that are bound live in the callers' frames until run().
class Writer {
public:
    [[nodiscard]] static Result<Writer> open(Connection& connection) {
        Writer writer{connection};
        const std::pair<Statement*, std::string_view> statements[] = {
            {&writer.attempt_, kUpdateAttemptCost},
            {&writer.rerating_, kInsertRerating},
            {&writer.cost_event_, kUpdateCostEvent},
            {&writer.request_, kUpdateRequestCost},
            {&writer.price_version_, kInsertPriceVersion},
        };
        for (const auto& [statement, sql] : statements) {
            Result<Statement> prepared = connection.prepare(sql);
            if (!prepared) {
                return prepared.error();
            }
            *statement = std::move(*prepared);
        }
        return writer;
    }

    [[nodiscard]] Result<void> note_price_version(const ReratingBatch& batch) {
        price_version_.bind(1, batch.price_version);
        price_version_.bind(2, batch.rerated_at.time_since_epoch().count());
        return connection_->run(price_version_);
    }

    /// False where the attempt is not as it was read.
    [[nodiscard]] Result<bool> write(const ReratingBatch& batch, const Rerating& change) {
        const BilledAttempt& before = change.before;
        const std::string id = before.place.request_id.to_string();
        const std::string old_cost = before.cost.to_string();
        const std::string new_cost = change.cost.to_string();
        attempt_.bind(1, id);
        attempt_.bind(2, before.place.attempt);
        attempt_.bind(3, new_cost);
        attempt_.bind(4, change.cost_status);
        attempt_.bind(5, old_cost);
        attempt_.bind_or_null(6, before.cost_status);
        attempt_.bind(7, std::int64_t{change.is_price_missing});
        if (auto written = connection_->run(attempt_); !written) {
            return written.error();
        }
        if (connection_->changes() == 0) {
            return false;
        }
        rerating_.bind(1, id);
        rerating_.bind(2, before.place.attempt);
        rerating_.bind(3, batch.rerated_at.time_since_epoch().count());
        rerating_.bind(4, old_cost);
        rerating_.bind(5, new_cost);
        rerating_.bind_or_null(6, before.cost_status);
        rerating_.bind(7, change.cost_status);
        rerating_.bind_or_null(8, before.price_version);
        rerating_.bind(9, batch.price_version);
        if (auto written = connection_->run(rerating_); !written) {
            return written.error();
        }
        if (auto written = write_cost_event(before.place, new_cost); !written) {
            return written.error();
        }
        request_.bind(1, id);
        request_.bind(2, batch.price_version);
        if (auto written = connection_->run(request_); !written) {
            return written.error();
        }
        return true;
    }

private:
    explicit Writer(Connection& connection) : connection_(&connection) {}

    [[nodiscard]] Result<void> write_cost_event(const AttemptPlace& place, std::string_view cost) {
        const std::string id =
            detail::cost_event_id(place.request_id, static_cast<std::size_t>(place.attempt))
                .to_string();
        cost_event_.bind(1, place.request_id.time().time_since_epoch().count());
        cost_event_.bind(2, id);
        cost_event_.bind(3, cost);
        return connection_->run(cost_event_);
    }

    Connection* connection_;
    Statement attempt_;
    Statement rerating_;
    Statement cost_event_;
    Statement request_;
    Statement price_version_;
};

[[nodiscard]] std::string select_statement(BilledKind kind) {
    std::string sql{kSelectAttempt};
    if (kind == BilledKind::price_missing) {
        sql.append(kByMissingPrice).append(kInOrder).append(kOnlyPriceMissing);
    } else {
        sql.append(kInOrder);
    }
    return sql.append(kPage);
}

}  // namespace

Result<std::vector<BilledAttempt>> select_billed_attempts(
    Connection& connection,
    BilledKind kind,
    const AttemptPlace& after,
    const Uuid& end,
    std::size_t limit) {
    Result<Statement> query = connection.prepare(select_statement(kind));
    if (!query) {
        return query.error();
    }
    const std::string after_id = after.request_id.to_string();
    const std::string end_id = end.to_string();
    query->bind(1, after_id);
    query->bind(2, after.attempt);
    query->bind(3, end_id);
    query->bind(4, static_cast<std::int64_t>(limit));
    std::vector<BilledAttempt> attempts;
    int code = query->step();
    for (; code == SQLITE_ROW; code = query->step()) {
        Result<BilledAttempt> attempt = read_attempt(*query);
        if (!attempt) {
            return attempt.error();
        }
        attempts.push_back(std::move(*attempt));
    }
    if (code != SQLITE_DONE) {
        return connection.error("read billed attempts");
    }
    return attempts;
}

Result<std::vector<UnpricedModel>> select_unpriced_models(
    Connection& connection, TimePoint begin, std::size_t limit) {
    Result<Statement> query = connection.prepare(kSelectUnpricedModels);
    if (!query) {
        return query.error();
    }
    const std::string first = first_id_at(begin).to_string();
    query->bind(1, first);
    query->bind(2, static_cast<std::int64_t>(limit));
    std::vector<UnpricedModel> models;
    int code = query->step();
    for (; code == SQLITE_ROW; code = query->step()) {
        const Result<Money> cost = Money::parse(query->text(4));
        if (!cost) {
            return Error{Errc::storage_unavailable, "a stored amount is not a number"};
        }
        const auto time = [&query](int column) {
            return TimePoint{std::chrono::microseconds{query->integer(column)}};
        };
        models.push_back(
            {.provider = std::string{query->text(0)},
             .model = std::string{query->text(1)},
             .model_served = std::string{query->text(2)},
             .attempts = query->integer(3),
             .cost = *cost,
             .first_seen = time(5),
             .last_seen = time(6)});
    }
    if (code != SQLITE_DONE) {
        return connection.error("read models without a price");
    }
    return models;
}

Result<std::uint64_t> apply_rerating(Connection& connection, const ReratingBatch& batch) {
    Result<Writer> writer = Writer::open(connection);
    if (!writer) {
        return writer.error();
    }
    Result<Transaction> transaction = Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    if (auto noted = writer->note_price_version(batch); !noted) {
        return noted.error();
    }
    std::uint64_t changed = 0;
    for (const Rerating& change : batch.changes) {
        const Result<bool> written = writer->write(batch, change);
        if (!written) {
            return written.error();
        }
        changed += *written ? 1U : 0U;
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return changed;
}

}  // namespace pulse::storage::sqlite
