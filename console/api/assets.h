#pragma once

#include <string>
#include <string_view>

namespace pulse::console {

/// A file that the binary carries, gzip'd at build.
struct Asset {
    std::string_view name;  ///< "openapi.json"
    std::string_view content_type;
    std::string_view gzipped;
};

/// Null where there is none of that name.
[[nodiscard]] const Asset* find_asset(std::string_view name);

/// As it was before it was packed.
[[nodiscard]] std::string inflated(const Asset& asset);

}  // namespace pulse::console
