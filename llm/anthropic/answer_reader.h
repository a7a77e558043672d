#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"

#include <string_view>

namespace pulse::llm {

/// Reads an event of Anthropic's Messages stream or a whole answer of the API: a message, a count
/// of tokens, a batch, a file, an error. Bedrock's and Vertex' raw answers of Claude models have
/// the same shape.
///
/// In a stream `message_start` states the input and a placeholder of the output; `message_delta`
/// states what counts and overrides key by key, the input too; the split of cache writes by time to
/// live stands in `message_start` alone. Until `message_delta` has come `usage_present` is false:
/// the input in `stated` is what the provider will bill, the output is not. Of `iterations` those
/// of type `message` make up the answer's own numbers; each other one (compaction, advisor_message,
/// fallback_message …) is billed beside them and goes to `extras`. Source:
/// https://platform.claude.com/docs/en/api/messages and …/build-with-claude/streaming, read
/// 2026-11-21; recorded exchanges, docs/formats/metering.md.
[[nodiscard]] bool read_anthropic_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

}  // namespace pulse::llm
