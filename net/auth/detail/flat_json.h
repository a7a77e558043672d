#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::detail {

/// The strings and whole numbers at the top of a JSON object: all that credentials files and token
/// servers state. Value; not thread-safe.
class FlatJson {
public:
    /// Errors: corrupt_input when it is no JSON object; the text itself is never repeated.
    [[nodiscard]] static Result<FlatJson> parse(std::string_view json);

    /// Empty when it is absent or no string.
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;

private:
    struct Entry {
        std::string name;
        std::string text;
        std::optional<std::int64_t> integer;
    };
    [[nodiscard]] const Entry* find(std::string_view name) const;
    std::vector<Entry> entries_;
};

/// What of a server's answer may stand in a message: printable ASCII, 200 characters at most.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace pulse::net::detail
