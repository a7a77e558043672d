#include "llm/bedrock/detail/usage_reader.h"

#include "llm/detail/answer_fields.h"

#include <optional>

namespace pulse::llm::detail {
namespace {

constexpr CountKey kCounts[] = {
    {"inputTokens", UsageField::input},
    {"outputTokens", UsageField::output},
    {"totalTokens", UsageField::total},
    {"cacheReadInputTokens", UsageField::cached_read},
    {"cacheReadInputTokenCount", UsageField::cached_read},
    {"cacheWriteInputTokens", UsageField::cache_write},
    {"cacheWriteInputTokenCount", UsageField::cache_write},
};
constexpr CountKey kMetrics[] = {
    {"inputTokenCount", UsageField::input},
    {"outputTokenCount", UsageField::output},
    {"cacheReadInputTokenCount", UsageField::cached_read},
    {"cacheWriteInputTokenCount", UsageField::cache_write},
};

/// {"ttl": "1h", "inputTokens": 1712}
simdjson::error_code read_cache_detail(ondemand::value& value, StatedUsage& stated) {
    std::string_view time_to_live;
    std::optional<std::int64_t> tokens;
    const auto error = for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
        if (key == "ttl") {
            time_to_live = raw_text(field);
        } else if (key == "inputTokens") {
            tokens = count_of(field);
        }
        return simdjson::SUCCESS;
    });
    if (tokens && time_to_live == "5m") {
        stated.set(UsageField::cache_write_5m, *tokens);
    } else if (tokens && time_to_live == "1h") {
        stated.set(UsageField::cache_write_1h, *tokens);
    }
    return error;
}

}  // namespace

simdjson::error_code read_converse_usage(ondemand::value& usage, StatedUsage& stated) {
    return for_each_field_of(usage, [&stated](std::string_view key, ondemand::value& value) {
        if (key == "cacheDetails") {
            return for_each_element_of(value, [&stated](ondemand::value& detail) {
                return read_cache_detail(detail, stated);
            });
        }
        static_cast<void>(read_count_key(kCounts, key, value, stated));
        return simdjson::SUCCESS;
    });
}

simdjson::error_code read_invocation_metrics(ondemand::value& metrics, StatedUsage& stated) {
    return for_each_field_of(metrics, [&stated](std::string_view key, ondemand::value& value) {
        static_cast<void>(read_count_key(kMetrics, key, value, stated));
        return simdjson::SUCCESS;
    });
}

void take_stated(const StatedUsage& stated, MeterReading& reading, EventFacts& facts) {
    if (!stated.empty()) {
        reading.stated = stated;
        reading.usage_present = true;
        facts.has_usage = true;
    }
}

}  // namespace pulse::llm::detail
