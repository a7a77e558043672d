#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

namespace pulse::llm {

/// Reads an event of Writer's legacy completions, `{"value": " text"}`, or a whole answer of it.
/// Neither states usage: their tokens are counted from the text. Source:
/// https://dev.writer.com/api-reference/completion-api/text-generation, read 2026-11-21; recorded
/// exchanges.
[[nodiscard]] bool read_writer_completion_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm
