#include "storage/sqlite/requests.h"

#include "storage/detail/known_values.h"
#include "storage/detail/quantities.h"
#include "storage/detail/record_fields.h"
#include "storage/sqlite/requests_sql.h"

#include <deque>
#include <string>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

/// Takes a row's columns in their order. A text lives until the statement's next step.
class ColumnReader {
public:
    explicit ColumnReader(const Statement& row) : row_(row) {}
    [[nodiscard]] std::string_view text() { return row_.text(column_++); }
    [[nodiscard]] std::int64_t integer() { return row_.integer(column_++); }
    [[nodiscard]] bool next_is_null() const { return row_.is_null(column_); }
    template <class Enum>
    [[nodiscard]] Enum named() {
        return detail::value_named<Enum>(text());
    }
    [[nodiscard]] Money money() {
        const std::string_view amount = text();
        const Result<Money> parsed = Money::parse(amount.empty() ? "0" : amount);
        is_sound_ = is_sound_ && parsed.has_value();
        return parsed ? *parsed : Money{};
    }
    void usage(Usage& usage) {
        auto read = [this](std::int64_t& count) {
            count = integer();
        };
        detail::visit_usage(usage, read);
    }
    /// Whether every amount was one.
    [[nodiscard]] bool is_sound() const { return is_sound_; }

private:
    const Statement& row_;
    int column_ = 0;
    bool is_sound_ = true;
};

[[nodiscard]] bool read_request(const Statement& row, RequestRecord& record) {
    ColumnReader columns{row};
    record.key_id = columns.text();
    record.org = columns.text();
    record.team = columns.text();
    record.project = columns.text();
    record.user = columns.text();
    record.app = columns.text();
    record.client = columns.text();
    record.end_user = columns.text();
    record.tags_json = columns.text();
    record.dialect = columns.named<Dialect>();
    record.api = columns.named<Api>();
    record.stream = columns.integer() != 0;
    record.sandbox = columns.integer() != 0;
    record.provider = columns.text();
    record.model_requested = columns.text();
    record.model_served = columns.text();
    record.service_tier = columns.text();
    record.finish_reason = columns.text();
    record.status = static_cast<std::int32_t>(columns.integer());
    record.outcome = columns.named<Outcome>();
    record.error_code = columns.text();
    columns.usage(record.usage);
    record.usage_source = columns.named<UsageSource>();
    record.estimated_cost = columns.money();
    record.cost = columns.money();
    record.cost_status = columns.text();
    record.has_stated_cost = !columns.next_is_null();
    record.stated_cost = columns.money();
    record.price_version = columns.text();
    record.latency_us = columns.integer();
    const bool has_ttft = !columns.next_is_null();
    const std::int64_t ttft_us = columns.integer();
    record.ttft_us = has_ttft ? ttft_us : -1;
    record.overhead_us = columns.integer();
    record.trace_id = columns.text();
    record.request_id_provider = columns.text();
    record.request_id_caller = columns.text();
    detail::read_quantities(columns.text(), record.usage);
    return columns.is_sound();
}

/// Texts are kept in `texts`, because the statement's own are gone with its next row.
[[nodiscard]] bool read_attempt(
    const Statement& row, AttemptRecord& attempt, std::deque<std::string>& texts) {
    ColumnReader columns{row};
    attempt.provider = texts.emplace_back(columns.text());
    attempt.model = texts.emplace_back(columns.text());
    attempt.status = static_cast<std::int32_t>(columns.integer());
    attempt.outcome = columns.named<Outcome>();
    columns.usage(attempt.usage);
    attempt.usage_source = columns.named<UsageSource>();
    attempt.cost = columns.money();
    attempt.cost_status = texts.emplace_back(columns.text());
    attempt.latency_us = columns.integer();
    detail::read_quantities(columns.text(), attempt.usage);
    return columns.is_sound();
}

[[nodiscard]] Error unsound(const std::string& id) {
    return Error{Errc::storage_unavailable, "request " + id + ": a stored amount is not a number"};
}

}  // namespace

Result<std::unique_ptr<StoredRequest>> select_request(Connection& connection, const Uuid& id) {
    Result<Statement> request = connection.prepare(kSelectRequest);
    Result<Statement> attempts = connection.prepare(kSelectAttempts);
    if (!request || !attempts) {
        return request ? attempts.error() : request.error();
    }
    const std::string id_text = id.to_string();
    request->bind(1, id_text);
    int code = request->step();
    if (code == SQLITE_DONE) {
        return std::unique_ptr<StoredRequest>{};
    }
    if (code != SQLITE_ROW) {
        return connection.error("read request");
    }
    RequestRecord record;
    record.id = id;
    if (!read_request(*request, record)) {
        return unsound(id_text);
    }

    std::vector<AttemptRecord> found;
    std::deque<std::string> texts;
    attempts->bind(1, id_text);
    attempts->bind(2, std::int64_t{DecodedRecord::kAttemptsMax});
    for (code = attempts->step(); code == SQLITE_ROW; code = attempts->step()) {
        if (!read_attempt(*attempts, found.emplace_back(), texts)) {
            return unsound(id_text);
        }
    }
    if (code != SQLITE_DONE) {
        return connection.error("read attempts");
    }
    record.attempts = found;

    // Through the spool's own form, which gathers every text into one string that the caller owns.
    auto stored = std::make_unique<StoredRequest>();
    encode(record, stored->bytes);
    if (auto decoded = decode(stored->bytes, stored->decoded); !decoded) {
        return decoded.error();
    }
    return stored;
}

Result<std::vector<SpentRow>> select_spent(Connection& connection, std::optional<TimePoint> begin) {
    Result<Statement> query = connection.prepare(kSelectSpent);
    if (!query) {
        return query.error();
    }
    query->bind(1, std::int64_t{begin ? begin->time_since_epoch().count() : 0});
    std::vector<SpentRow> rows;
    int code = query->step();
    for (; code == SQLITE_ROW; code = query->step()) {
        const Result<Money> spent = Money::parse(query->text(1));
        if (!spent) {
            return Error{Errc::storage_unavailable, "spent: " + spent.error().detail()};
        }
        if (!spent->is_zero()) {
            rows.push_back({std::string{query->text(0)}, *spent});
        }
    }
    if (code != SQLITE_DONE) {
        return connection.error("read spent");
    }
    return rows;
}

}  // namespace pulse::storage::sqlite
