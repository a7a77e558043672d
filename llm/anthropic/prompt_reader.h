#pragma once

#include "base/error.h"
#include "base/prompt.h"

#include <string>
#include <string_view>

namespace pulse::llm {

/// What counting an Anthropic request needs of it.
struct AnthropicPrompt {
    std::string model;
    Prompt prompt;
};

/// Reads the prompt out of the body of `POST /v1/messages` or `/v1/messages/count_tokens`. Parts of
/// a kind that is not known count as nothing. Errors: invalid_request when the body is no JSON
/// object, or names no model. Source: https://docs.anthropic.com/en/api/messages-count-tokens
[[nodiscard]] Result<AnthropicPrompt> read_anthropic_prompt(std::string_view body);

}  // namespace pulse::llm
