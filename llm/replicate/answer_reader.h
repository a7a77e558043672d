#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

namespace pulse::llm {

/// Reads a prediction of Replicate's, or an event of its stream, whose `output` is text as it
/// stands, not JSON. A finished prediction of a language model states its tokens in `metrics`; one
/// that was only started has none yet. Source:
/// https://replicate.com/docs/reference/http#predictions.get,
/// https://replicate.com/docs/topics/predictions/ streaming, read 2026-11-21; recorded exchanges.
[[nodiscard]] bool read_replicate_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm
