#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

namespace pulse::llm {

/// Reads a line of a stream or a whole answer of Ollama's own API: chat, generate, embed and
/// errors. The counts stand in the last line, `"done": true`; `prompt_eval_count` may be absent
/// there when the whole prompt was in its cache. Source:
/// https://github.com/ollama/ollama/blob/main/docs/api.md, read 2026-11-21; recorded exchanges.
[[nodiscard]] bool read_ollama_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm
