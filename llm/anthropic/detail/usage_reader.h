#pragma once

#include "llm/detail/json_document.h"
#include "llm/meter_reading.h"

namespace pulse::llm::detail {

/// Reads a `usage` object of Anthropic's over what `reading` holds: counts that are absent or null
/// leave what earlier objects stated.
[[nodiscard]] simdjson::error_code read_anthropic_usage(
    ondemand::value& usage, MeterReading& reading);

}  // namespace pulse::llm::detail
