#pragma once

#include "base/request_facts.h"
#include "llm/meter_reading.h"

#include <string_view>

namespace pulse::llm {

/// Reads a whole buffered answer (any status) of `api`. `body` must be followed by kBodyPadding
/// readable bytes. An error body or a body that is no JSON gives a reading that says so; there is
/// no failure.
[[nodiscard]] MeterReading read_openai_answer(Api api, std::string_view body);

}  // namespace pulse::llm
