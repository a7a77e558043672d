#include "storage/postgres/ledger_rows.h"

#include "storage/detail/cost_event_id.h"
#include "storage/detail/quantities.h"
#include "storage/detail/record_fields.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>

namespace pulse::storage::postgres {
namespace {

constexpr std::string_view kCurrency = "USD";  // what Pulse computes in

constexpr std::array kRequestColumns{
    Column{"id", "uuid"},
    Column{"ts", "timestamptz"},
    Column{"key_id", "text"},
    Column{"org", "text"},
    Column{"team", "text"},
    Column{"project", "text"},
    Column{"\"user\"", "text"},
    Column{"app", "text"},
    Column{"client", "text"},
    Column{"end_user", "text"},
    Column{"tags", "jsonb"},
    Column{"dialect", "text"},
    Column{"api", "text"},
    Column{"stream", "boolean"},
    Column{"sandbox", "boolean"},
    Column{"provider", "text"},
    Column{"model_requested", "text"},
    Column{"model_served", "text"},
    Column{"service_tier", "text"},
    Column{"finish_reason", "text"},
    Column{"attempts", "integer"},
    Column{"status", "integer"},
    Column{"outcome", "text"},
    Column{"error_code", "text"},
    Column{"input_uncached", "bigint"},
    Column{"cached_read", "bigint"},
    Column{"cache_write_5m", "bigint"},
    Column{"cache_write_1h", "bigint"},
    Column{"cache_write_unsplit", "bigint"},
    Column{"output_total", "bigint"},
    Column{"of_which_reasoning", "bigint"},
    Column{"of_input_audio", "bigint"},
    Column{"of_input_image", "bigint"},
    Column{"of_input_video", "bigint"},
    Column{"of_cached_audio", "bigint"},
    Column{"of_output_audio", "bigint"},
    Column{"of_output_image", "bigint"},
    Column{"input_audio_extra", "bigint"},
    Column{"web_search_requests", "bigint"},
    Column{"usage_source", "text"},
    Column{"estimated_cost", "numeric"},
    Column{"cost", "numeric"},
    Column{"cost_status", "text"},
    Column{"stated_cost", "numeric"},
    Column{"price_version", "text"},
    Column{"latency_us", "bigint"},
    Column{"ttft_us", "bigint"},
    Column{"overhead_us", "bigint"},
    Column{"trace_id", "text"},
    Column{"request_id_provider", "text"},
    Column{"request_id_caller", "text"},
    Column{"quantities", "jsonb"},
    Column{"region", "text"},
    Column{"hold", "text"},
    Column{"currency", "text"},
};

constexpr std::array kAttemptColumns{
    Column{"request_id", "uuid"},
    Column{"ts", "timestamptz"},
    Column{"attempt", "integer"},
    Column{"provider", "text"},
    Column{"model", "text"},
    Column{"status", "integer"},
    Column{"outcome", "text"},
    Column{"input_uncached", "bigint"},
    Column{"cached_read", "bigint"},
    Column{"cache_write_5m", "bigint"},
    Column{"cache_write_1h", "bigint"},
    Column{"cache_write_unsplit", "bigint"},
    Column{"output_total", "bigint"},
    Column{"of_which_reasoning", "bigint"},
    Column{"of_input_audio", "bigint"},
    Column{"of_input_image", "bigint"},
    Column{"of_input_video", "bigint"},
    Column{"of_cached_audio", "bigint"},
    Column{"of_output_audio", "bigint"},
    Column{"of_output_image", "bigint"},
    Column{"input_audio_extra", "bigint"},
    Column{"web_search_requests", "bigint"},
    Column{"usage_source", "text"},
    Column{"cost", "numeric"},
    Column{"cost_status", "text"},
    Column{"latency_us", "bigint"},
    Column{"price_missing", "boolean"},
    Column{"quantities", "jsonb"},
};

constexpr std::array kCostEventColumns{
    Column{"id", "uuid"},
    Column{"occurred_at", "timestamptz"},
    Column{"org_id", "text"},
    Column{"provider", "text"},
    Column{"service", "text"},
    Column{"resource_type", "text"},
    Column{"team", "text"},
    Column{"project", "text"},
    Column{"app", "text"},
    Column{"client", "text"},
    Column{"\"user\"", "text"},
    Column{"model", "text"},
    Column{"quantity", "numeric"},
    Column{"amount", "numeric"},
    Column{"net_amount", "numeric"},
    Column{"amortized_amount", "numeric"},
    Column{"tags", "jsonb"},
    Column{"request_id", "uuid"},
    Column{"key_id", "text"},
    Column{"source", "text"},
    Column{"usage_type", "text"},
    Column{"unit", "text"},
    Column{"currency", "text"},
};

constexpr std::array kObjectColumns{
    Column{"provider", "text"},
    Column{"id", "text"},
    Column{"key_id", "text"},
    Column{"api", "text"},
    Column{"request_id", "uuid"},
    Column{"created_at", "timestamptz"},
};

void put(Batch& batch, const Usage& usage) {
    auto put_count = [&batch](std::int64_t count) {
        batch.number(count);
    };
    detail::visit_usage(usage, put_count);
}

void put_request(Batch& batch, const RequestRecord& record) {
    batch.uuid(record.id);
    batch.time(record.id.time());
    batch.text(record.key_id);
    batch.text_or_null(record.org);
    batch.text_or_null(record.team);
    batch.text_or_null(record.project);
    batch.text_or_null(record.user);
    batch.text_or_null(record.app);
    batch.text_or_null(record.client);
    batch.text_or_null(record.end_user);
    batch.text_or_null(record.tags_json);
    batch.text(to_string(record.dialect));
    batch.text(to_string(record.api));
    batch.boolean(record.stream);
    batch.boolean(record.sandbox);
    batch.text_or_null(record.provider);
    batch.text_or_null(record.model_requested);
    batch.text_or_null(record.model_served);
    batch.text_or_null(record.service_tier);
    batch.text_or_null(record.finish_reason);
    batch.number(static_cast<std::int64_t>(record.attempts.size()));
    batch.number(record.status);
    batch.text(to_string(record.outcome));
    batch.text_or_null(record.error_code);
    put(batch, record.usage);
    batch.text(to_string(record.usage_source));
    batch.money(record.estimated_cost);
    batch.money(record.cost);
    batch.text_or_null(record.cost_status);
    record.has_stated_cost ? batch.money(record.stated_cost) : batch.null();
    batch.text_or_null(record.price_version);
    batch.number(record.latency_us);
    record.ttft_us < 0 ? batch.null() : batch.number(record.ttft_us);
    batch.number(record.overhead_us);
    batch.text_or_null(record.trace_id);
    batch.text_or_null(record.request_id_provider);
    batch.text_or_null(record.request_id_caller);
    batch.text_or_null(detail::quantities_json(record.usage));
    batch.text_or_null(record.region);
    batch.text_or_null(record.hold);
    batch.text(kCurrency);
    batch.end_row();
}

void put_attempt(Batch& batch, const RequestRecord& record, std::size_t number) {
    const AttemptRecord& attempt = record.attempts[number - 1];
    batch.uuid(record.id);
    batch.time(record.id.time());
    batch.number(static_cast<std::int64_t>(number));
    batch.text_or_null(attempt.provider);
    batch.text_or_null(attempt.model);
    attempt.status == 0 ? batch.null() : batch.number(attempt.status);
    batch.text(to_string(attempt.outcome));
    put(batch, attempt.usage);
    batch.text(to_string(attempt.usage_source));
    batch.money(attempt.cost);
    batch.text_or_null(attempt.cost_status);
    batch.number(attempt.latency_us);
    batch.boolean(attempt.is_price_missing);
    batch.text_or_null(detail::quantities_json(attempt.usage));
    batch.end_row();
}

void put_cost_event(Batch& batch, const RequestRecord& record, std::size_t number) {
    const AttemptRecord& attempt = record.attempts[number - 1];
    batch.uuid(detail::cost_event_id(record.id, number));
    batch.time(record.id.time());
    batch.text_or_null(record.org);
    batch.text_or_null(attempt.provider);
    batch.text(to_string(record.api));
    batch.text(record.sandbox ? "sandbox" : "model");
    batch.text_or_null(record.team);
    batch.text_or_null(record.project);
    batch.text_or_null(record.app);
    batch.text_or_null(record.client);
    batch.text_or_null(record.user);
    batch.text_or_null(attempt.model);
    batch.number(attempt.usage.total());
    batch.money(attempt.cost);
    batch.money(attempt.cost);
    batch.money(attempt.cost);
    batch.text_or_null(record.tags_json);
    batch.uuid(record.id);
    batch.text(record.key_id);
    batch.text("AI");
    batch.text("tokens");
    batch.text("tokens");
    batch.text(kCurrency);
    batch.end_row();
}

}  // namespace

const BatchTarget& request_target() {
    static constexpr BatchTarget kTarget{"ai_request_log", kRequestColumns, "id"};
    return kTarget;
}

const BatchTarget& attempt_target() {
    static constexpr BatchTarget kTarget{"ai_request_attempt", kAttemptColumns, ""};
    return kTarget;
}

const BatchTarget& cost_event_target() {
    static constexpr BatchTarget kTarget{"cost_event", kCostEventColumns, "request_id"};
    return kTarget;
}

const BatchTarget& object_target() {
    static constexpr BatchTarget kTarget{"provider_object", kObjectColumns, ""};
    return kTarget;
}

void put_requests(Batch& batch, Records records) {
    for (const DecodedRecord* const record : records) {
        put_request(batch, record->record);
    }
}

void put_attempts(Batch& batch, Records records) {
    for (const DecodedRecord* const record : records) {
        for (std::size_t number = 1; number <= record->record.attempts.size(); ++number) {
            put_attempt(batch, record->record, number);
        }
    }
}

void put_cost_events(Batch& batch, Records records) {
    for (const DecodedRecord* const record : records) {
        for (std::size_t number = 1; number <= record->record.attempts.size(); ++number) {
            if (record->record.attempts[number - 1].usage_source != UsageSource::none) {
                put_cost_event(batch, record->record, number);
            }
        }
    }
}

void put_objects(Batch& batch, Records records) {
    std::vector<const RequestRecord*> makers;
    for (const DecodedRecord* const record : records) {
        if (!record->record.object_id.empty()) {
            makers.push_back(&record->record);
        }
    }
    std::stable_sort(makers.begin(), makers.end(), [](const auto* a, const auto* b) {
        return std::tie(a->provider, a->object_id) < std::tie(b->provider, b->object_id);
    });
    for (const RequestRecord* const record : makers) {
        batch.text(record->provider);
        batch.text(record->object_id);
        batch.text(record->key_id);
        batch.text(to_string(record->api));
        batch.uuid(record->id);
        batch.time(record->id.time());
        batch.end_row();
    }
}

}  // namespace pulse::storage::postgres
