#pragma once

#include <span>
#include <string>

namespace pulse::storage::detail {

/// A JSON array: a list of any length as one parameter (sql::texts_of).
[[nodiscard]] std::string text_list(std::span<const std::string> texts);

}  // namespace pulse::storage::detail
