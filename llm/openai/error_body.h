#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace pulse::llm {

/// How an error is said to an OpenAI caller.
struct OpenAiErrorShape {
    int status = 500;
    std::string_view type;
    std::string_view code;
};

/// Status, type and code of `code` (contract §4 Errors). One table, a test per row.
[[nodiscard]] OpenAiErrorShape openai_error_shape(Errc code);

/// The detail of an error, or what its kind says to do. Lives as long as `error`.
[[nodiscard]] std::string_view error_message(const Error& error);

/// Appends `{"error":{"message","type","param","code"}}`; `param` is null when empty.
void append_openai_error_body(const Error& error, std::string& out);

/// Appends the error event that ends a broken stream in the OpenAI dialect: `data: {"error":{…}}`
/// and a blank line. openai's clients throw on it; a stream that just ends would pass for a success
/// (docs/formats/openai.md).
void append_openai_stream_error(
    std::string_view message, std::string_view type, std::string_view code, std::string& out);

}  // namespace pulse::llm
