#pragma once

#include "llm/detail/json_document.h"
#include "llm/meter_reading.h"

#include <string>
#include <string_view>

namespace pulse::llm::detail {

/// The value of an `error` key: an object (`type` or Gemini's `status`, `code`, `message`), a list
/// of such, or the message itself. Parts that are not there leave `error` as it is.
[[nodiscard]] simdjson::error_code read_error_value(ondemand::value& value, StatedError& error);

/// The message of an error whose body has no format that says which part of it that is: its
/// beginning.
[[nodiscard]] std::string message_of_text(std::string_view body);

/// The body of an answer with an error status, of any provider: an `error` in any of those shapes,
/// its fields at the top (`message`, `detail`, `code`, `type`), a list of such objects, or text
/// that is the message. `body` must be followed by simdjson's padding.
[[nodiscard]] StatedError read_error_body(std::string_view body);

}  // namespace pulse::llm::detail
