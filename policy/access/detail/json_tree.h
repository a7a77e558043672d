#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::policy::detail {

/// A small JSON document that keeps the text of its numbers, so that money never passes through a
/// double. Value.
struct JsonNode {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    bool truth = false;
    std::string text;                ///< of a string (unescaped) or a number (as written)
    std::vector<std::string> names;  ///< of an object's members, in step with `items`
    std::vector<JsonNode> items;
};

/// "null", "true or false", "a number" …: for messages.
[[nodiscard]] std::string_view to_string(JsonNode::Kind kind);

/// Strict RFC 8259, UTF-8 checked. At most 64 KiB and 8 levels.
/// Errors: invalid_request with the offset, also for a name that stands twice in one object.
[[nodiscard]] Result<JsonNode> read_json_tree(std::string_view json);

}  // namespace pulse::policy::detail
