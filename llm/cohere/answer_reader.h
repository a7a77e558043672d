#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

namespace pulse::llm {

/// Reads an event or a whole answer of Cohere's own API, v1 and v2: chat, generate, embed, rerank
/// and errors.
///
/// `billed_units` are the invoice; `tokens` count what the model was shown, Cohere's own prompt
/// with it, and are many times larger. The usage of a stream is in its last event: v2
/// `message-end`, v1 `stream-end`, which repeats the whole text. Source:
/// https://docs.cohere.com/reference/chat, …/chat-stream, …/embed, …/rerank, read 2026-11-21;
/// recorded exchanges, docs/formats/metering.md.
[[nodiscard]] bool read_cohere_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm
