#pragma once

#include "base/request_facts.h"
#include "llm/meter_reading.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pulse::llm::detail {

/// What one object of the wire, a stream's chunk or a whole answer, is made of.
struct ChunkFacts {
    bool choices_are_empty = false;  ///< `choices` is there and is `[]`
    bool has_finish = false;         ///< one of its answers ended
    bool has_error = false;          ///< may be set before: the event's name said so
    bool has_usage = false;          ///< top-level `usage` is an object
    bool usage_has_cost = false;
    bool usage_is_empty = false;  ///< `{}`
    std::size_t usage_close = 0;  ///< offset of the brace that closes `usage`
    std::int64_t text_bytes = 0;  ///< visible text and tool arguments
    bool keeps_text = false;      ///< set before: text goes to the reading's delivered_text
};

/// Reads a chat chunk, legacy chunk or whole answer of `api` into `reading`, over what earlier
/// chunks said: the last stated model, tier and usage win. `json` must be followed by simdjson's
/// padding. False, with whatever was read up to there, when it is not one JSON object.
[[nodiscard]] bool read_chunk(
    Api api, std::string_view json, MeterReading& reading, ChunkFacts& facts);

}  // namespace pulse::llm::detail
