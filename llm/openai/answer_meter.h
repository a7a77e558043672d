#pragma once

#include "base/request_facts.h"
#include "llm/meter_reading.h"

#include <cstdint>
#include <string_view>

namespace pulse::llm {

/// Whether the answer's text goes to MeterReading::delivered_text.
enum class KeepText : std::uint8_t { no, yes };

/// Reads a whole buffered answer (any status) of `api`. `body` must be followed by kBodyPadding
/// readable bytes. An error body or a body that is no JSON gives a reading that says so; there is
/// no failure.
[[nodiscard]] MeterReading read_openai_answer(
    Api api, std::string_view body, KeepText keep = KeepText::no);

}  // namespace pulse::llm
