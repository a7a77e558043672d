#pragma once

#include "base/error.h"
#include "base/request_facts.h"

#include <string>
#include <string_view>

namespace pulse::llm {

/// How an error of ours is said to callers: the HTTP status, and the code that rows and metrics carry.
struct ErrorShape {
    int status = 500;
    std::string_view code;
};

/// Status and code of `code` for a caller of `dialect` (contract §4 Errors; docs/formats/errors.md). One table.
[[nodiscard]] ErrorShape error_shape(Dialect dialect, Errc code);

/// Appends the body of an error in the caller's dialect. `status` is the one that is sent; `request_id` is shown where
/// the dialect has a place for it. Sources: https://platform.openai.com/docs/guides/error-codes,
/// https://docs.anthropic.com/en/api/errors, https://ai.google.dev/gemini-api/docs/troubleshooting,
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
void append_error_body(
    Dialect dialect, const Error& error, int status, std::string_view request_id, std::string& out);

/// The value of `x-amzn-errortype`, for callers of Bedrock's dialect; empty in others.
[[nodiscard]] std::string_view error_type_field(Dialect dialect, const Error& error);

/// The ways in which a stream is framed towards the caller.
enum class StreamFraming : std::uint8_t { sse, json_array, ndjson, eventstream };

/// Appends what ends a broken stream so that the dialect's clients raise an error: a stream that just ends would pass
/// for a success (docs/formats/errors.md). `is_first` says that no element of a JSON array was sent before.
void append_stream_error(
    Dialect dialect, Api api, StreamFraming framing, const Error& error, bool is_first, std::string& out);

}  // namespace pulse::llm
