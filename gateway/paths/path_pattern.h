#pragma once

#include <string_view>

namespace pulse::gateway {

/// What a pattern's placeholders stood for. Views point into the path.
struct Captures {
    std::string_view model;
    std::string_view id;
};

/// Matches "/models/{model}:countTokens": `{model}` and `{id}` take one segment, or what stands before the `:` that
/// follows them in the pattern, and are captured; `{}` takes one segment; a closing `*` takes any rest, none included.
[[nodiscard]] bool matches_path(std::string_view pattern, std::string_view path, Captures& captures);

}  // namespace pulse::gateway
