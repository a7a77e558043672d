#pragma once

#include "base/error.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace pulse::net {

/// The text of a file of credentials. Errors: not_found (there is none), configuration (it cannot
/// be read, or holds more than 1 MiB), each naming the file.
[[nodiscard]] Result<std::string> read_small_file(const std::filesystem::path& path);

/// Can this value stand in a header field? Not when it has a control character, such as the line
/// break at the end of a file.
[[nodiscard]] bool is_field_value(std::string_view text);

}  // namespace pulse::net
