#include "storage/sqlite/ledger_rows.h"

#include "storage/detail/cost_event_id.h"
#include "storage/detail/quantities.h"
#include "storage/detail/record_fields.h"

#include <cstdint>

namespace pulse::storage::sqlite {
namespace {

[[nodiscard]] std::int64_t microseconds(const Uuid& id) {
    return id.time().time_since_epoch().count();
}

void put(BatchRow& row, const Uuid& id, std::string& room) {
    room.clear();
    id.append_to(room);
    row.terminated(room);
}

void put(BatchRow& row, Money money, std::string& room) {
    room.clear();
    money.append_to(room);
    row.terminated(room);
}

void put(BatchRow& row, const Usage& usage) {
    auto put_count = [&row](std::int64_t count) {
        row.integer(count);
    };
    detail::visit_usage(usage, put_count);
}

}  // namespace

bool RequestRows::next(BatchRow& row) {
    if (next_ == records_.size()) {
        return false;
    }
    const RequestRecord& record = records_[next_++]->record;
    put(row, record.id, id_);
    row.integer(microseconds(record.id));
    row.text(record.key_id);
    row.text_or_null(record.org);
    row.text_or_null(record.team);
    row.text_or_null(record.project);
    row.text_or_null(record.user);
    row.text_or_null(record.app);
    row.text_or_null(record.client);
    row.text_or_null(record.end_user);
    row.text_or_null(record.tags_json);
    row.text(to_string(record.dialect));
    row.text(to_string(record.api));
    row.integer(record.stream ? 1 : 0);
    row.integer(record.sandbox ? 1 : 0);
    row.text_or_null(record.provider);
    row.text_or_null(record.model_requested);
    row.text_or_null(record.model_served);
    row.text_or_null(record.service_tier);
    row.text_or_null(record.finish_reason);
    row.integer(static_cast<std::int64_t>(record.attempts.size()));
    row.integer(record.status);
    row.text(to_string(record.outcome));
    row.text_or_null(record.error_code);
    put(row, record.usage);
    row.text(to_string(record.usage_source));
    put(row, record.estimated_cost, estimated_cost_);
    put(row, record.cost, cost_);
    row.text_or_null(record.cost_status);
    record.has_stated_cost ? put(row, record.stated_cost, stated_cost_) : row.null();
    row.text_or_null(record.price_version);
    row.integer(record.latency_us);
    record.ttft_us < 0 ? row.null() : row.integer(record.ttft_us);
    row.integer(record.overhead_us);
    row.text_or_null(record.trace_id);
    row.text_or_null(record.request_id_provider);
    row.text_or_null(record.request_id_caller);
    quantities_ = detail::quantities_json(record.usage);
    quantities_.empty() ? row.null() : row.terminated(quantities_);
    row.text_or_null(record.region);
    row.text_or_null(record.hold);
    return true;
}

bool AttemptCursor::next() {
    for (; record_ < records_.size(); ++record_, attempt_ = 0) {
        if (attempt_ < record().attempts.size()) {
            ++attempt_;
            return true;
        }
    }
    return false;
}

bool AttemptRows::next(BatchRow& row) {
    if (!at_.next()) {
        return false;
    }
    const AttemptRecord& attempt = at_.attempt();
    put(row, at_.record().id, request_id_);
    row.integer(static_cast<std::int64_t>(at_.number()));
    row.text_or_null(attempt.provider);
    row.text_or_null(attempt.model);
    attempt.status == 0 ? row.null() : row.integer(attempt.status);
    row.text(to_string(attempt.outcome));
    put(row, attempt.usage);
    row.text(to_string(attempt.usage_source));
    put(row, attempt.cost, cost_);
    row.text_or_null(attempt.cost_status);
    row.integer(attempt.latency_us);
    row.integer(attempt.is_price_missing ? 1 : 0);
    quantities_ = detail::quantities_json(attempt.usage);
    quantities_.empty() ? row.null() : row.terminated(quantities_);
    row.integer(microseconds(at_.record().id));
    return true;
}

bool ObjectRows::next(BatchRow& row) {
    while (next_ < records_.size() && records_[next_]->record.object_id.empty()) {
        ++next_;
    }
    if (next_ == records_.size()) {
        return false;
    }
    const RequestRecord& record = records_[next_++]->record;
    row.text(record.provider);
    row.text(record.object_id);
    row.text(record.key_id);
    row.text(to_string(record.api));
    put(row, record.id, request_id_);
    row.integer(microseconds(record.id));
    return true;
}

bool CostEventRows::next(BatchRow& row) {
    do {
        if (!at_.next()) {
            return false;
        }
    } while (at_.attempt().usage_source == UsageSource::none);
    const RequestRecord& record = at_.record();
    const AttemptRecord& attempt = at_.attempt();
    put(row, detail::cost_event_id(record.id, at_.number()), id_);
    row.integer(microseconds(record.id));
    row.text_or_null(record.org);
    row.text_or_null(attempt.provider);
    row.text(to_string(record.api));
    row.text(record.sandbox ? "sandbox" : "model");
    row.text_or_null(record.team);
    row.text_or_null(record.project);
    row.text_or_null(record.app);
    row.text_or_null(record.client);
    row.text_or_null(record.user);
    row.text_or_null(attempt.model);
    quantity_ = std::to_string(attempt.usage.total());
    row.terminated(quantity_);
    put(row, attempt.cost, amount_);
    row.text_or_null(record.tags_json);
    put(row, record.id, request_id_);
    row.text(record.key_id);
    return true;
}

}  // namespace pulse::storage::sqlite
