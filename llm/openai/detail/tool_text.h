#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace pulse::llm::detail {

/// Function tools as OpenAI's models are shown them: declarations in the manner of TypeScript
/// within `namespace functions`. Their tokens are what tools cost. Nothing of it is in the API's
/// reference; it was found by asking models and is confirmed to within a few tokens by recorded
/// usage (docs/formats/tokens.md).
class ToolText {
public:
    /// Of a body of `body_bytes`: the text is bounded by it, because a schema can be written so
    /// that it unfolds without end.
    explicit ToolText(std::size_t body_bytes);

    /// `function` is an object with name, description and parameters (JSON Schema).
    void add(const simdjson::dom::object& function);
    [[nodiscard]] bool is_empty() const { return is_empty_; }
    /// The whole text. Call once, at the end.
    [[nodiscard]] std::string finish();

private:
    void add_fields(const simdjson::dom::object& schema, int indent, int depth);
    void add_type(const simdjson::dom::object& schema, int indent, int depth);
    void add_named_type(
        std::string_view type, const simdjson::dom::object& schema, int indent, int depth);
    void add_values(const simdjson::dom::array& values);
    void indent_by(int columns) { text_.append(static_cast<std::size_t>(columns), ' '); }

    [[nodiscard]] bool is_full() const { return text_.size() >= bytes_max_; }

    std::size_t bytes_max_;
    std::string text_;
    bool is_empty_ = true;
};

}  // namespace pulse::llm::detail
