#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace pulse::pricing::detail {

/// One value of a JSON document. Numbers keep the text that was written: a price never passes
/// through a binary float. Value; valid as long as its tree.
struct JsonNode {
    enum class Kind : std::uint8_t { null, boolean, number, text, array, object };

    Kind kind = Kind::null;
    std::string_view key{};           ///< its name in an object
    std::string_view text{};          ///< of a number, a text (unescaped) or a boolean ("true")
    const JsonNode* child = nullptr;  ///< the first one
    const JsonNode* next = nullptr;   ///< in the same array or object
    std::uint32_t children = 0;

    /// The member of that name, null when there is none or this is no object.
    [[nodiscard]] const JsonNode* find(std::string_view name) const;
    [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
};

/// A JSON document read whole. Immutable; movable.
class JsonTree {
public:
    /// Errors: corrupt_input ("no JSON: …") when it is no JSON or nests deeper than kDepthMax,
    /// limit_exceeded when it is larger than `bytes_max`.
    [[nodiscard]] static Result<JsonTree> parse(std::string_view text, std::size_t bytes_max);

    [[nodiscard]] const JsonNode& root() const { return *root_; }

    JsonTree(JsonTree&&) noexcept;
    JsonTree& operator=(JsonTree&&) noexcept;
    JsonTree(const JsonTree&) = delete;
    JsonTree& operator=(const JsonTree&) = delete;
    ~JsonTree();

    static constexpr std::size_t kDepthMax = 32;

private:
    struct Memory;
    explicit JsonTree(std::unique_ptr<Memory> memory, const JsonNode* root);
    std::unique_ptr<Memory> memory_;
    const JsonNode* root_ = nullptr;
};

}  // namespace pulse::pricing::detail
