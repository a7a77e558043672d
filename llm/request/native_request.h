#pragma once

#include "base/error.h"
#include "base/request_facts.h"

#include <string_view>

namespace pulse::llm {

/// Reads what Pulse must know of a JSON request body in a dialect other than OpenAI's (Anthropic, Gemini and Vertex,
/// Bedrock, Cohere, Ollama's own), in one walk to the end of the document. `body` must be followed by kBodyPadding
/// readable bytes; views in the answer point into it.
///
/// As with OpenAI's, a governed key that stands twice or is written in a disguise is refused, because providers would
/// read another one than Pulse. Where the dialect's body names no model (Gemini, Bedrock: the path does), `model` stays
/// empty. Errors: invalid_request with the field in param().
/// Sources: https://docs.anthropic.com/en/api/messages, https://ai.google.dev/api/generate-content,
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html,
/// https://docs.cohere.com/reference/chat, https://github.com/ollama/ollama/blob/main/docs/api.md
[[nodiscard]] Result<RequestFacts> read_native_request(Dialect dialect, Api api, std::string_view body);

}  // namespace pulse::llm
