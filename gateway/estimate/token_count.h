#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace pulse::gateway {

/// The answer of `POST /v1/messages/count_tokens`, `{"input_tokens":N}`, counted here: an estimate
/// for Claude, whose tokenizer is not public (docs/formats/tokens.md). Takes as long as counting
/// the body's text. Errors: invalid_request.
[[nodiscard]] Result<std::string> count_anthropic_tokens(std::string_view body);

}  // namespace pulse::gateway
