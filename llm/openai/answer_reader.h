#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

namespace pulse::llm {

/// Reads a chunk of a stream or a whole answer of chat and legacy completions, and whatever else of
/// the OpenAI family has `usage` at its top: embeddings, audio, images, assistants' runs,
/// rerankers. All compatible providers: Groq's `x_groq`, Azure's filter chunks, Perplexity's
/// repeated messages. Source: https://platform.openai.com/docs/api-reference; recorded exchanges,
/// docs/formats/metering.md.
[[nodiscard]] bool read_openai_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

/// The same, and counts what an answer's `data` holds: images without usage are billed by number.
[[nodiscard]] bool read_openai_images_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

/// Reads a response object, whole or as the events of its stream send it: `/responses`, `…/{id}`,
/// `…/compact`, `…/input_tokens`. Tools that the provider ran are counted from the items.
/// Source: https://platform.openai.com/docs/api-reference/responses-streaming
[[nodiscard]] bool read_responses_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

/// Reads an object that is about other calls (batches, files, models): who it is, and the totals of
/// its usage, which those calls bill.
[[nodiscard]] bool read_openai_object(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm
