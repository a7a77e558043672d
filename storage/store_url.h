#pragma once

#include <optional>
#include <string_view>

namespace pulse::storage {

/// The file that `sqlite:PATH` names: the database within the process. None for a server's address.
[[nodiscard]] constexpr std::optional<std::string_view> sqlite_path(std::string_view url) {
    constexpr std::string_view kScheme = "sqlite:";
    return url.starts_with(kScheme) ? std::optional{url.substr(kScheme.size())} : std::nullopt;
}

}  // namespace pulse::storage
