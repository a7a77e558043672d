#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pulse::gateway {

/// What the sandbox answers to one request. Pure: the same request gets the same bytes.
struct SandboxAnswer {
    int status = 200;
    bool is_stream = false;
    std::string body;                 ///< JSON, when it is no stream
    std::vector<std::string> events;  ///< whole SSE events, `[DONE]` last
};

/// Answers `/v1/chat/completions`, `/v1/completions`, `/v1/embeddings` and `/v1/models` in OpenAI's wire format. The text says
/// that it is the sandbox and repeats the prompt's beginning; `system_fingerprint` is "pulse-sandbox". Usage: a token per four
/// bytes of prompt, rounded up, and one per word of the answer, so that anybody can check the bill by hand.
[[nodiscard]] SandboxAnswer answer_in_sandbox(std::string_view path, std::string_view body);

}  // namespace pulse::gateway
