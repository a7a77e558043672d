#pragma once

#include "base/error.h"
#include "base/prompt.h"
#include "base/request_facts.h"

#include <string_view>

namespace pulse::llm {

/// Reads the prompt out of an OpenAI request body: `messages` (chat), `input` and `instructions`
/// (Responses; with Api::embeddings `input` is plain text), or `prompt` (completions). Lenient
/// where read_openai_request() is strict: a part of a kind that is not known is counted as nothing,
/// because this is for counting and not for deciding. Errors: invalid_request when the body is not
/// a JSON object. Sources: https://platform.openai.com/docs/api-reference/chat/create,
/// https://platform.openai.com/docs/api-reference/responses/create
[[nodiscard]] Result<Prompt> read_openai_prompt(Api api, std::string_view body);

}  // namespace pulse::llm
