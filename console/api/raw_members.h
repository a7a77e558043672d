#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::console {

/// The members of a JSON object with their values as they were written, which a parser that knows
/// numbers as floats alone does not keep: amounts are read from their digits. `json` is known to be
/// an object of valid JSON.
[[nodiscard]] std::vector<std::pair<std::string, std::string_view>> raw_members(
    std::string_view json);

}  // namespace pulse::console
