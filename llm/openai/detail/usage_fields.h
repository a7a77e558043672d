#pragma once

#include "base/money.h"
#include "llm/detail/json_document.h"
#include "llm/meter_reading.h"

#include <optional>
#include <string_view>

namespace pulse::llm::detail {

/// What stands in one `usage` object of the OpenAI family beside its counts.
struct UsageObject {
    StatedUsage stated;
    ProviderCalls calls;
    bool has_cost = false;  ///< the object has a `cost` of its own, whatever its type
    std::optional<Money> cost;
    std::string cost_text;  ///< the number that `cost` was made of
    std::optional<std::int64_t> cost_ticks;

    /// Something of it can be billed or compared.
    [[nodiscard]] bool is_present() const {
        return !stated.empty() || cost.has_value() || cost_ticks.has_value();
    }
};

/// Reads a `usage` object of chat and legacy completions, responses, embeddings, images and audio:
/// the names do not collide, so that one reader knows them all. Counts that are null or absent are
/// not stated; objects of details may be null. Source:
/// https://platform.openai.com/docs/api-reference, the providers' own names in usage_fields.cpp.
[[nodiscard]] simdjson::error_code read_openai_usage(ondemand::object& object, UsageObject& usage);

/// Puts `usage` into `reading` in the place of what earlier events stated: the last one counts.
void take_usage(UsageObject&& usage, MeterReading& reading);

/// A JSON number as money, digits below 10⁻¹² cut off; nothing when it is no number or out of
/// range.
[[nodiscard]] std::optional<Money> money_of_json_number(std::string_view text);

}  // namespace pulse::llm::detail
