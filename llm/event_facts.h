#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pulse::llm {

struct MeterReading;

/// One event of a stream, or a whole answer, as its framing gives it.
struct WireEvent {
    std::string_view raw;    ///< all of its bytes, as they came
    std::string_view name;   ///< SSE `event:`, eventstream `:event-type` / `:exception-type`; empty
                             ///< when absent
    std::string_view data;   ///< the JSON text, simdjson's padding behind it
    bool is_stream = false;  ///< an event of a stream; false: a whole answer
};

/// What an event is for the relay; what it says of usage goes to the MeterReading.
struct EventFacts {
    bool keeps_text = false;  ///< set before: text goes to the reading's delivered_text
    bool has_finish = false;  ///< an answer in it ended: what follows it is the stream's end, until
                              ///< text comes
    bool has_usage = false;   ///< usage was stated in it
    bool has_error = false;
    bool is_terminator =
        false;  ///< the dialect's own end: [DONE], message_stop, response.completed, metadata …
    bool is_only_usage =
        false;  ///< it carries nothing but usage: may be hidden from a caller who did not ask
    std::size_t usage_close =
        0;  ///< OpenAI dialect: offset in `data` of the brace that closes `usage`; 0: none
    bool usage_has_cost = false;
    bool usage_is_empty = false;
    std::int64_t text_bytes = 0;  ///< visible text and tool arguments
    /// Where in `data` its only text lies, between the quotes, when that is all that an event like
    /// it says anew; size 0: nowhere, or in several places.
    std::size_t text_offset = 0;
    std::size_t text_size = 0;
};

/// Reads one event of a stream or a whole answer into `reading`, over what earlier events said.
/// Counts go to MeterReading::stated, never to `usage`: the meter makes that from them. Sets
/// `usage_present`, `is_error`, `error`, words, ids and text. False, with whatever was read up to
/// there, when `event.data` is not one JSON object of its kind.
using EventReader = bool (*)(const WireEvent& event, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm
