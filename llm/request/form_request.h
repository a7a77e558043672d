#pragma once

#include "base/error.h"
#include "base/request_facts.h"

#include <string_view>
#include <vector>

namespace pulse::llm {

/// One field of a multipart/form-data body. Views into it.
struct FormField {
    std::string_view name;
    std::string_view value;
    bool is_file = false;  ///< it has a file name
};

/// Splits a body at its boundary. At most 256 fields. Errors: invalid_request, for a body that other readers might
/// split in another way (no boundary, no final one, a field without a name). Source: RFC 7578, RFC 2046 §5.1.
[[nodiscard]] Result<std::vector<FormField>> split_form(std::string_view content_type, std::string_view body);

/// Reads what Pulse must know of an upload (audio, images): its fields may come in any order, the file before the
/// model. Views in the answer point into `body`. Errors: invalid_request with the field in param().
/// Source: https://platform.openai.com/docs/api-reference/audio/createTranscription
[[nodiscard]] Result<RequestFacts> read_form_request(Api api, std::string_view content_type, std::string_view body);

/// The body is a form.
[[nodiscard]] bool is_form(std::string_view content_type);

}  // namespace pulse::llm
