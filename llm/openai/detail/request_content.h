#pragma once

#include "base/request_facts.h"
#include "llm/detail/json_document.h"

namespace pulse::llm::detail {

/// Counts the image, audio and file parts of `messages` and takes the bytes of inline images and
/// audio (base64) off `facts.text_bytes`: they are no text. A part that claims to be of several
/// kinds counts as each. Errors: INCORRECT_TYPE when `messages` is no array.
[[nodiscard]] simdjson::error_code read_messages(ondemand::value& messages, RequestFacts& facts);

/// Counts `tools` (or `functions`) and says whether one of them is run by the provider.
/// Errors: INCORRECT_TYPE when it is no array.
[[nodiscard]] simdjson::error_code read_tools(ondemand::value& tools, RequestFacts& facts);

/// Counts the prompts in `prompt` or `input`: a text or one array of tokens is one, else each
/// element is. Errors: INCORRECT_TYPE when it is neither text nor array.
[[nodiscard]] simdjson::error_code read_prompts(ondemand::value& prompts, RequestFacts& facts);

}  // namespace pulse::llm::detail
