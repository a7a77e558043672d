#pragma once

#include "llm/detail/json_document.h"
#include "llm/event_facts.h"
#include "llm/meter_reading.h"

namespace pulse::llm::detail {

/// Reads a `usage` object of Converse and Nova into `stated`. The two pairs of names for cached
/// tokens say the same numbers. Of `cacheDetails` each time to live has one entry.
[[nodiscard]] simdjson::error_code read_converse_usage(ondemand::value& usage, StatedUsage& stated);

/// Reads `amazon-bedrock-invocationMetrics` into `stated`.
[[nodiscard]] simdjson::error_code read_invocation_metrics(
    ondemand::value& metrics, StatedUsage& stated);

/// Puts `stated` in the place of what `reading` has, if it states anything.
void take_stated(const StatedUsage& stated, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm::detail
