#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pulse::console {

/// In lower case; nothing for what is no address of printable ASCII, at most 254 bytes.
[[nodiscard]] std::optional<std::string> normalized_email(std::string_view text);

}  // namespace pulse::console
