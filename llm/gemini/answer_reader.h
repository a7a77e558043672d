#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

#include <string_view>

namespace pulse::llm {

/// Reads a chunk or a whole answer of Gemini's and Vertex AI's own APIs: generateContent and its
/// stream, embedContent, countTokens, predict, cachedContents, batches, files, and their errors, an
/// object or an array of one.
///
/// Each chunk's `usageMetadata` replaces the one before: early ones are partial, and counts go down
/// as well as up. Enumerations may be words or numbers (`$alt=json;enum-encoding=int`). Source:
/// https://ai.google.dev/api/generate-content#UsageMetadata,
/// https://cloud.google.com/vertex-ai/generative-ai/
/// docs/reference/rest/v1/GenerateContentResponse, read 2026-11-21; recorded exchanges,
/// docs/formats/metering.md.
[[nodiscard]] bool read_gemini_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

/// Reads an event or a whole answer of Gemini's Interactions API. Its stream ends with [DONE].
/// Source: https://ai.google.dev/api/interactions-api, read 2026-11-21; recorded exchanges.
[[nodiscard]] bool read_gemini_interaction_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

/// A field of the answer's head: `x-gemini-service-tier` states the tier where the body does not.
void read_gemini_head_field(std::string_view name, std::string_view value, MeterReading& reading);

}  // namespace pulse::llm
