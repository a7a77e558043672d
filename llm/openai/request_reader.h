#pragma once

#include "base/error.h"
#include "base/request_facts.h"

#include <string>
#include <string_view>

namespace pulse::llm {

/// Bytes that must be readable behind a body given to the readers of this module (simdjson loads
/// whole vectors).
inline constexpr std::size_t kBodyPadding = 64;

/// Azure's paths name the model, and their bodies need not.
enum class PathNamesModel : std::uint8_t { no, yes };

/// Reads what Pulse must know of an OpenAI request body in one walk over all top-level keys to the
/// end of the document. `body` must be followed by kBodyPadding readable bytes. Views in the answer
/// point into `body`.
///
/// A governed key (model, stream, stream_options, n, best_of, max_tokens, max_completion_tokens,
/// service_tier, user, …) that stands twice, is written with an escape or in another case
/// ("Model"), or has a wrong type is refused, because providers would read another one than Pulse
/// (simdjson takes the first, Python and Node the last). Errors: invalid_request with the field in
/// param(). Source: https://platform.openai.com/docs/api-reference/chat/create
[[nodiscard]] Result<RequestFacts> read_openai_request(
    Api api, std::string_view body, PathNamesModel path = PathNamesModel::no);

/// The model's name without the escape that is let through ("openai\/gpt-4o").
[[nodiscard]] std::string plain_model(const RequestFacts& facts);

}  // namespace pulse::llm
