#include "app/explain/explanation.h"

#include "llm/answer_meter.h"
#include "llm/provider_quirks.h"
#include "llm/usage/usage_rules.h"
#include "pricing/cost/cost.h"
#include "pricing/cost/priced_as.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::app {
namespace {

namespace json = boost::json;
using llm::UsageField;

constexpr int kErrorStatus = 400;
constexpr std::size_t kPadding = 64;  // what simdjson may read behind a text

/// Pieces of every size, small ones most.
std::vector<std::string_view> random_pieces(std::string_view body, std::uint64_t seed) {
    constexpr std::size_t kSizes[] = {1, 3, 16, 64, 700, 8'000};
    std::mt19937_64 random{seed};
    std::vector<std::string_view> pieces;
    while (!body.empty()) {
        const std::size_t size_max = kSizes[random() % std::size(kSizes)];
        const std::string_view piece = body.substr(0, 1 + random() % size_max);
        pieces.push_back(piece);
        body.remove_prefix(piece.size());
    }
    return pieces;
}

json::value text_or_null(std::string_view text) {
    return text.empty() ? json::value{} : json::value(text);
}

/// A word as the provider wrote it; a number stays one.
json::value word(std::string_view text, bool is_number) {
    if (!is_number) {
        return text_or_null(text);
    }
    boost::system::error_code error;
    json::value number = json::parse(text, error);
    return error ? json::value(text) : number;
}

json::object stated_json(const llm::StatedUsage& stated) {
    json::object usage;
    for (std::size_t at = 0; at < llm::kUsageFields; ++at) {
        const auto field = static_cast<UsageField>(at);
        if (stated.has(field)) {
            usage[to_string(field)] = stated.value(field);
        }
    }
    return usage;
}

json::object usage_json(const llm::MeterReading& reading) {
    if (!reading.usage_present && reading.stated_cost_text.empty() && !reading.stated_cost_ticks) {
        return {};
    }
    json::object usage = stated_json(reading.stated);
    if (!reading.stated_cost_text.empty()) {
        usage["cost_usd"] = word(reading.stated_cost_text, true);
    }
    if (reading.stated_cost_ticks) {
        usage["cost_usd_ticks"] = *reading.stated_cost_ticks;
    }
    return usage;
}

json::value billable_json(const llm::MeterReading& reading, const llm::UsageRules& rules) {
    if (!reading.billable_is_known) {
        return {};
    }
    const Usage& usage = reading.usage;
    json::object billable{
        {"input_uncached", usage.input_uncached},
        {"cached_read", usage.cached_read},
        {"cache_write_5m", usage.cache_write_5m},
        {"cache_write_1h", usage.cache_write_1h},
        {"cache_write_unsplit", usage.cache_write_unsplit},
        {"output_total", usage.output_total},
        {"of_which_reasoning", usage.of_which_reasoning}};
    if (rules.billed == llm::UsageRules::Billed::billed_units) {
        billable["search_units"] = usage.search_units;
    }
    const auto add = [&billable](std::string_view name, std::int64_t count) {
        if (count > 0) {
            billable[name] = count;
        }
    };
    add("of_input_audio", usage.of_input_audio);
    add("of_output_audio", usage.of_output_audio);
    add("input_audio_extra", usage.input_audio_extra);
    return billable;
}

json::object error_json(const llm::StatedError& error) {
    return {
        {"type", text_or_null(error.type)},
        {"code", word(error.code.text, error.code.is_number)},
        {"message", text_or_null(error.message)}};
}

json::array extras_json(const std::vector<llm::ExtraUsage>& extras) {
    json::array list;
    for (const llm::ExtraUsage& extra : extras) {
        json::object one{{"type", extra.type}, {"model", text_or_null(extra.model)}};
        for (const auto& [name, count] : stated_json(extra.stated)) {
            one[name] = count;
        }
        list.push_back(std::move(one));
    }
    return list;
}

/// What was run or made beside tokens.
json::object calls_json(const llm::ProviderCalls& calls) {
    json::object made;
    const auto add = [&made](std::string_view name, std::int64_t count) {
        if (count > 0) {
            made[name] = count;
        }
    };
    add("web_searches", calls.web_searches);
    add("file_searches", calls.file_searches);
    add("code_sessions", calls.code_sessions);
    add("images", calls.images);
    add("citation_tokens", calls.citation_tokens);
    return made;
}

pricing::Found price_of(
    const RecordedAnswer& answer, std::string_view served, const pricing::Catalog& catalog) {
    const std::string_view kind = llm::canonical_provider_kind(answer.provider);
    if (!served.empty()) {
        const pricing::Found found = catalog.find(kind, served);
        if (found.model != nullptr || answer.model_requested.empty()) {
            return found;
        }
    }
    return catalog.find(kind, answer.model_requested);
}

/// Cost of the answer with what is billed beside it, as the gateway prices it.
pricing::CostTotal cost_of(
    const RecordedAnswer& answer,
    const llm::MeterReading& reading,
    const pricing::Catalog& catalog,
    TimePoint at) {
    const auto tier =
        pricing::parse_service_tier(pricing::priced_tier(reading.service_tier, reading.speed))
            .value_or(pricing::ServiceTier::standard);
    const std::string_view region = pricing::priced_region(reading.inference_geo, {});
    pricing::CostTotal total = pricing::total_cost_of(
        {.found = price_of(answer, reading.model, catalog),
         .usage = reading.usage,
         .tier = tier,
         .at = at,
         .region = region});
    for (const llm::ExtraUsage& extra : reading.extras) {
        const pricing::CostTotal beside = pricing::total_cost_of(
            {.found = price_of(answer, extra.model.empty() ? reading.model : extra.model, catalog),
             .usage = extra.usage,
             .tier = tier,
             .at = at,
             .region = region});
        total.total += beside.total;
        total.status = std::max(total.status, beside.status);
    }
    if (reading.inconsistent || !reading.billable_is_known) {
        total.status = std::max(total.status, pricing::CostStatus::estimated);
    }
    return total;
}

void add_cost(
    const RecordedAnswer& answer,
    const llm::MeterReading& reading,
    const pricing::Catalog& catalog,
    TimePoint at,
    json::object& line) {
    const bool is_free = !reading.is_billed || (answer.status >= kErrorStatus);
    if (is_free) {
        line["cost"] = Money{}.to_string();
        line["cost_status"] = to_string(pricing::CostStatus::exact);
    } else if (reading.usage_present || reading.usage != Usage{}) {
        const pricing::CostTotal cost = cost_of(answer, reading, catalog, at);
        line["cost"] = cost.total.to_string();
        line["cost_status"] = to_string(cost.status);
    } else {
        // The gateway counts what was delivered; the answer alone does not say it.
        line["cost"] = nullptr;
        line["cost_status"] = nullptr;
    }
}

}  // namespace

llm::MeterReading metered(const RecordedAnswer& answer, std::optional<std::uint64_t> split_seed) {
    const llm::AnswerSource source{
        .provider_kind = answer.provider,
        .api = answer.api,
        .is_stream = answer.is_stream,
        .status = answer.status,
        .content_type = answer.content_type,
        .model = answer.model_requested};
    if (!answer.is_stream && !split_seed) {
        std::vector<llm::HeadField> head;
        for (const RecordedAnswer::Field& field : answer.head) {
            head.push_back({field.name, field.value});
        }
        std::string body = answer.body;
        body.reserve(body.size() + kPadding);
        return llm::read_answer(source, head, body);
    }
    llm::AnswerMeter meter;
    meter.reset(source, llm::AnswerMeter::UsageChunk::show_unchanged);
    for (const RecordedAnswer::Field& field : answer.head) {
        meter.on_field(field.name, field.value);
    }
    std::vector<std::string_view> parts;
    const auto pieces = split_seed ? random_pieces(answer.body, *split_seed)
                                   : std::vector<std::string_view>{answer.body};
    for (const std::string_view piece : pieces) {
        const std::string transient{piece};  // gone after the call, as a read buffer is
        parts.clear();
        meter.feed(transient, parts);
    }
    parts.clear();
    meter.feed_end(parts);
    return meter.reading();
}

json::object explained(
    const RecordedAnswer& answer,
    const llm::MeterReading& reading,
    const pricing::Catalog& catalog,
    TimePoint at) {
    const bool is_error = answer.status >= kErrorStatus;
    const llm::ProviderQuirks quirks =
        llm::quirks_of(answer.provider, answer.api, answer.model_requested);
    json::object line;
    line["provider"] = answer.provider;
    line["api"] = to_string(answer.api);
    line["status"] = answer.status;
    line["usage"] = usage_json(reading);
    line["billable"] = billable_json(reading, quirks.rules);
    line["model"] = is_error ? json::value{} : text_or_null(reading.model);
    line["service_tier"] = word(reading.service_tier, reading.service_tier_is_number);
    line["finish_reason"] = word(reading.finish_reason, reading.finish_reason_is_number);
    line["error"] = is_error ? json::value(error_json(reading.error)) : json::value{};
    if (!is_error && reading.is_error) {
        line["stream_error"] = error_json(reading.error);
    }
    add_cost(answer, reading, catalog, at, line);
    line["usage_source"] = reading.usage_present ? "provider" : "none";
    line["inconsistent"] = reading.inconsistent;
    line["stated_cost"] =
        reading.stated_cost ? json::value(reading.stated_cost->to_string()) : json::value{};
    if (!reading.extras.empty()) {
        line["billable_extra_iterations"] = extras_json(reading.extras);
    }
    if (json::object calls = calls_json(reading.calls); !calls.empty()) {
        line["provider_calls"] = std::move(calls);
    }
    return line;
}

}  // namespace pulse::app
