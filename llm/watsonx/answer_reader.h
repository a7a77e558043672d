#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

namespace pulse::llm {

/// Reads an event or a whole answer of watsonx.ai's text generation. In a stream the input is
/// stated once, in the first event, and is zero in the others; the output grows from event to
/// event. Source: https://cloud.ibm.com/apidocs/watsonx-ai#text-generation, read 2026-11-21;
/// recorded exchanges.
[[nodiscard]] bool read_watsonx_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm
