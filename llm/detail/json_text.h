#pragma once

#include <string>
#include <string_view>

namespace pulse::llm::detail {

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become '?', so that
/// the result is always valid JSON.
void append_json_string(std::string_view text, std::string& out);

}  // namespace pulse::llm::detail
