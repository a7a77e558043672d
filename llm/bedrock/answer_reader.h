#pragma once

#include "llm/event_facts.h"
#include "llm/eventstream/event_stream_scanner.h"
#include "llm/meter_reading.h"

#include <string_view>

namespace pulse::llm {

/// Reads a whole answer of Bedrock's Converse, the payload of an event of ConverseStream, an answer
/// of CountTokens, or an exception. The usage of a stream is in its last event, `metadata`. Source:
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html and
/// …/API_runtime_ConverseStreamOutput.html, read 2026-11-21; recorded exchanges,
/// docs/formats/metering.md.
[[nodiscard]] bool read_bedrock_converse_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

/// Reads a whole answer of Bedrock's InvokeModel, or the payload of an event of
/// InvokeModelWithResponseStream: `chunk`, whose `bytes` are an event of the model family's own
/// format in base64. The family shows in the keys: Claude, Nova, Titan, Llama, Cohere, Mistral,
/// AI21, the OpenAI dialect, embeddings, images.
///
/// What the family states comes first, `amazon-bedrock-invocationMetrics` in the stream's last
/// chunk second, the answer's head (BedrockHead) last; none is ever added to another. Cohere's
/// `meta` is no bill here. Source:
/// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html, read 2026-11-21;
/// recorded exchanges, docs/formats/metering.md.
[[nodiscard]] bool read_bedrock_invoke_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts);

/// Takes a message that is no event: an exception of the API or an error of the transport, each
/// ends the stream. False: it is an event, for the readers above.
[[nodiscard]] bool read_bedrock_exception(
    const EventStreamFrame& frame, MeterReading& reading, EventFacts& facts);

/// What the head of an answer of Bedrock's says: the error's type, and the counts of tokens of an
/// InvokeModel, which are the only ones for families whose body has none. Value.
class BedrockHead {
public:
    void on_field(std::string_view name, std::string_view value);

    /// Asked when the body was read: fills in what it did not say.
    void complete(MeterReading& reading) const;

private:
    StatedUsage stated_;
    std::string error_type_;
};

}  // namespace pulse::llm
