#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::llm {

/// A recorded exchange of an API that has a reader of its own.
struct NativeExchange {
    std::string name;  ///< the file's, without ".json"
    std::string provider;
    std::string api;
    std::string framing;  ///< json, sse, ndjson, json-array, aws-eventstream, text
    std::string content_type;
    std::string body;  ///< of the answer
    int status = 200;
    std::vector<std::pair<std::string, std::string>> head;
    boost::json::object expected;
};

/// Those whose name begins with `prefix`; empty when the fixtures are not there.
[[nodiscard]] std::vector<NativeExchange> native_exchanges(std::string_view prefix);

/// The answer cut into its events and given to `read`, in pieces of at most `piece` bytes.
[[nodiscard]] MeterReading read_events(
    const NativeExchange& exchange,
    EventReader read,
    std::size_t piece,
    EventFacts* last = nullptr);

/// Every number, word and error that `expected` states is in `reading`.
void expect_as_recorded(const NativeExchange& exchange, const MeterReading& reading);

}  // namespace pulse::llm
