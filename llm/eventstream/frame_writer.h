#pragma once

#include <string>
#include <string_view>

namespace pulse::llm {

/// Appends one header of type string to a header block. `name` has 1 to 255 bytes, `value` at most
/// 32,767.
void append_string_header(std::string_view name, std::string_view value, std::string& block);

/// Appends one message of application/vnd.amazon.eventstream with its checksums.
void append_event_stream_frame(
    std::string_view header_block, std::string_view payload, std::string& out);

/// An event as Bedrock's streams have them: `type` is "messageStop", "metadata", "chunk" …, `json`
/// its payload.
void append_event_frame(std::string_view type, std::string_view json, std::string& out);

/// The exception that ends a stream of Bedrock: `type` is "throttlingException",
/// "modelStreamErrorException" …, in the camel case of the API's members; `json` is
/// {"message":"…"}. Source:
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html, read
/// 2026-11-21.
void append_exception_frame(std::string_view type, std::string_view json, std::string& out);

}  // namespace pulse::llm
