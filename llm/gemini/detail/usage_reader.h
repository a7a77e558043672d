#pragma once

#include "llm/detail/json_document.h"
#include "llm/meter_reading.h"

namespace pulse::llm::detail {

/// Reads a `usageMetadata` object in the place of what `reading` holds.
[[nodiscard]] simdjson::error_code read_gemini_usage(ondemand::value& usage, MeterReading& reading);

/// The same for the `usage` of an interaction.
[[nodiscard]] simdjson::error_code read_interaction_usage(
    ondemand::value& usage, MeterReading& reading);

}  // namespace pulse::llm::detail
