#pragma once

#include <string>
#include <string_view>

namespace pulse {

/// Appends `text` as a JSON string with its quotes. Control characters are escaped, and each byte
/// that is no part of valid UTF-8 becomes U+FFFD, so that the result is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

}  // namespace pulse
