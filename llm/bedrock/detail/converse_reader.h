#pragma once

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"

#include <string_view>

namespace pulse::llm::detail {

/// Reads the parts of Converse's answers. Nova's own format has the same parts, its events as keys
/// of one object.
class ConverseReader {
public:
    ConverseReader(MeterReading& reading, EventFacts& facts)
        : reading_(reading), facts_(facts), text_(reading, facts) {}

    /// A field of a whole answer, of an event's payload, or an event of Nova's.
    [[nodiscard]] simdjson::error_code read_field(std::string_view key, ondemand::value& value);

private:
    [[nodiscard]] simdjson::error_code read_fields(ondemand::value& value);
    [[nodiscard]] simdjson::error_code read_output(ondemand::value& value);
    [[nodiscard]] simdjson::error_code read_block(ondemand::value& value);
    [[nodiscard]] simdjson::error_code read_reasoning(ondemand::value& value);
    [[nodiscard]] simdjson::error_code read_trace(ondemand::value& value);

    MeterReading& reading_;
    EventFacts& facts_;
    DeliveredText text_;
};

}  // namespace pulse::llm::detail
