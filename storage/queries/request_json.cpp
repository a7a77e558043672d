#include "storage/queries/request_json.h"

#include "base/rfc3339.h"
#include "storage/detail/quantities.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace pulse::storage {

namespace json = boost::json;

namespace {

[[nodiscard]] json::value text_or_null(std::string_view text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

/// The classes that every answer has stand always, the rarer ones where they are not zero.
[[nodiscard]] json::value billable(const Usage& usage, UsageSource source) {
    if (source == UsageSource::none) {
        return nullptr;
    }
    json::object out{
        {"input_uncached", usage.input_uncached},
        {"cached_read", usage.cached_read},
        {"cache_write_5m", usage.cache_write_5m},
        {"cache_write_1h", usage.cache_write_1h},
        {"cache_write_unsplit", usage.cache_write_unsplit},
        {"output_total", usage.output_total},
        {"of_which_reasoning", usage.of_which_reasoning}};
    const std::pair<std::string_view, std::int64_t> rare[] = {
        {"of_input_audio", usage.of_input_audio},
        {"of_input_image", usage.of_input_image},
        {"of_input_video", usage.of_input_video},
        {"of_cached_audio", usage.of_cached_audio},
        {"of_output_audio", usage.of_output_audio},
        {"of_output_image", usage.of_output_image},
        {"input_audio_extra", usage.input_audio_extra},
        {"web_search_requests", usage.web_search_requests}};
    for (const auto& [name, count] : rare) {
        if (count != 0) {
            out[name] = count;
        }
    }
    for (const detail::QuantityName& entry : detail::quantity_names()) {
        if (const std::int64_t count = usage.*entry.count; count != 0) {
            out[entry.name] = count;
        }
    }
    return out;
}

[[nodiscard]] json::value tags_of(std::string_view text) {
    boost::system::error_code failed;
    json::value tags = json::parse(text, failed);
    return failed || !tags.is_object() ? json::value(json::object{}) : tags;
}

[[nodiscard]] json::object attempt_json(const AttemptRecord& attempt) {
    return {
        {"provider", attempt.provider},
        {"model", attempt.model},
        {"status", attempt.status},
        {"outcome", to_string(attempt.outcome)},
        {"billable", billable(attempt.usage, attempt.usage_source)},
        {"cost", attempt.cost.to_string()},
        {"latency_us", attempt.latency_us}};
}

}  // namespace

std::string to_json(const RequestRecord& record) {
    json::array attempts;
    for (const AttemptRecord& attempt : record.attempts) {
        attempts.push_back(attempt_json(attempt));
    }
    json::object out{
        {"id", record.id.to_string()},
        {"ts", rfc3339_micros(record.id.time())},
        {"status", record.status},
        {"outcome", to_string(record.outcome)},
        {"error_code", text_or_null(record.error_code)},
        {"dialect", to_string(record.dialect)},
        {"api", to_string(record.api)},
        {"provider", text_or_null(record.provider)},
        {"sandbox", record.sandbox},
        {"model_requested", text_or_null(record.model_requested)},
        {"model_served", text_or_null(record.model_served)},
        {"service_tier", text_or_null(record.service_tier)},
        {"region", text_or_null(record.region)},
        {"finish_reason", text_or_null(record.finish_reason)},
        {"stream", record.stream},
        {"billable", billable(record.usage, record.usage_source)},
        {"usage_source", to_string(record.usage_source)},
        {"estimated_cost", record.estimated_cost.to_string()},
        {"cost", record.cost.to_string()},
        {"currency", "USD"},
        {"cost_status", record.cost_status},
        {"price_version", text_or_null(record.price_version)},
        {"cached", false},
        {"key", record.key_id},
        {"org", text_or_null(record.org)},
        {"team", text_or_null(record.team)},
        {"project", text_or_null(record.project)},
        {"user", text_or_null(record.user)},
        {"app", text_or_null(record.app)},
        {"client", text_or_null(record.client)},
        {"end_user", text_or_null(record.end_user)},
        {"tags", tags_of(record.tags_json)},
        {"trace_id", text_or_null(record.trace_id)},
        {"latency_us", record.latency_us},
        {"ttft_us", record.ttft_us < 0 ? json::value(nullptr) : json::value(record.ttft_us)},
        {"overhead_us", record.overhead_us}};
    out["stated_cost"] =
        record.has_stated_cost ? json::value(record.stated_cost.to_string()) : json::value(nullptr);
    out["attempts"] = std::move(attempts);
    return json::serialize(out);
}

}  // namespace pulse::storage
