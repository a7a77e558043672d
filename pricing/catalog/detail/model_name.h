#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pulse::pricing::detail {

/// Where a word of a model name may end.
[[nodiscard]] constexpr bool is_boundary(char c) {
    return c == '-' || c == '.' || c == ':' || c == '@' || c == '_' || c == '/';
}

/// Whether `words` (with its leading boundary) names a release of what stands before it and not
/// another model: dates
/// (-20250929, -2025-09-29, -06-05, -0613, -001), latest, preview, exp, beta, … A short number is a
/// version (gpt-5.6 is not gpt-5) and any other word a variant (o1-pro costs ten times o1), so
/// these are refused.
[[nodiscard]] bool is_release(std::string_view words);

/// The prefixes of `name` whose rest is a release, longest first. Value; not thread-safe.
class ReleasePrefixes {
public:
    explicit ReleasePrefixes(std::string_view name) : name_(name), end_(name.size()) {}
    [[nodiscard]] std::optional<std::string_view> next();

private:
    std::string_view name_;
    std::size_t end_;
    std::size_t words_ = 0;
};

/// "ft:BASE" of a fine-tuned model's name "ft:BASE:organisation:name:id"; empty for other names.
[[nodiscard]] std::string_view fine_tune_base(std::string_view name);

}  // namespace pulse::pricing::detail
