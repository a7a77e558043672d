#include "llm/anthropic/detail/usage_reader.h"

#include "llm/detail/answer_fields.h"

#include <utility>

namespace pulse::llm::detail {
namespace {

constexpr CountKey kCounts[] = {
    {"input_tokens", UsageField::input},
    {"output_tokens", UsageField::output},
    {"cache_read_input_tokens", UsageField::cached_read},
    {"cache_creation_input_tokens", UsageField::cache_write},
};
constexpr CountKey kCacheCreation[] = {
    {"ephemeral_5m_input_tokens", UsageField::cache_write_5m},
    {"ephemeral_1h_input_tokens", UsageField::cache_write_1h},
};
constexpr CountKey kServerTools[] = {
    {"web_search_requests", UsageField::web_search_requests},
    {"web_fetch_requests", UsageField::web_fetch_requests},
};
constexpr CountKey kOutputDetails[] = {{"thinking_tokens", UsageField::reasoning}};

template <std::size_t size>
simdjson::error_code read_counts(
    const CountKey (&keys)[size], ondemand::value& value, StatedUsage& stated) {
    return for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        static_cast<void>(read_count_key(keys, key, field, stated));
        return simdjson::SUCCESS;
    });
}

/// What the answer's own usage and each iteration have in common.
simdjson::error_code read_count_field(
    std::string_view key, ondemand::value& value, StatedUsage& stated) {
    if (key == "cache_creation") {
        return read_counts(kCacheCreation, value, stated);
    }
    if (key == "server_tool_use") {
        return read_counts(kServerTools, value, stated);
    }
    if (key == "output_tokens_details") {
        return read_counts(kOutputDetails, value, stated);
    }
    static_cast<void>(read_count_key(kCounts, key, value, stated));
    return simdjson::SUCCESS;
}

simdjson::error_code read_iteration(ondemand::value& value, MeterReading& reading) {
    ExtraUsage extra;
    const auto error = for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        if (key == "type") {
            assign_text(field, extra.type);
        } else if (key == "model") {
            assign_text(field, extra.model);
        } else {
            return read_count_field(key, field, extra.stated);
        }
        return simdjson::SUCCESS;
    });
    const bool is_own = extra.type == "message" || extra.type.empty();
    if (is_own || extra.stated.empty()) {
        return error;
    }
    if (reading.extras.size() < kExtraUsagesMax) {
        reading.extras.push_back(std::move(extra));
    } else {
        reading.inconsistent = true;
    }
    return error;
}

}  // namespace

simdjson::error_code read_anthropic_usage(ondemand::value& usage, MeterReading& reading) {
    return for_each_field_of(usage, [&](std::string_view key, ondemand::value& value) {
        if (key == "iterations") {
            reading.extras.clear();  // each statement lists all of them
            return for_each_element_of(value, [&reading](ondemand::value& iteration) {
                return read_iteration(iteration, reading);
            });
        }
        if (key == "service_tier") {
            assign_text(value, reading.service_tier);
            return simdjson::SUCCESS;
        }
        if (key == "speed") {
            assign_text(value, reading.speed);
            return simdjson::SUCCESS;
        }
        if (key == "inference_geo") {
            assign_text(value, reading.inference_geo);
            return simdjson::SUCCESS;
        }
        return read_count_field(key, value, reading.stated);
    });
}

}  // namespace pulse::llm::detail
