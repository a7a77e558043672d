#include "llm/openai/detail/tool_text.h"

#include <algorithm>
#include <vector>

namespace pulse::llm::detail {
namespace {

namespace dom = simdjson::dom;

// A schema deeper than this is shown as `any` from there on: real ones have three or four levels.
constexpr int kDepthMax = 32;
// Indents and words of ours make a text longer than its schema, not many times so.
constexpr std::size_t kUnfolding = 4;
constexpr std::size_t kUnfoldedMin = 1024;
// Descriptions of deeper fields are not shown to the model.
constexpr int kDescribedIndentMax = 2;

std::string_view text_of(const dom::object& object, std::string_view key) {
    std::string_view text;
    return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

/// Names of a list, sorted: a schema may have as many fields as its body has room for.
std::vector<std::string_view> sorted_names(const dom::object& schema, std::string_view key) {
    std::vector<std::string_view> names;
    dom::array list;
    if (schema[key].get(list) == simdjson::SUCCESS) {
        for (const dom::element element : list) {
            std::string_view name;
            if (element.get(name) == simdjson::SUCCESS) {
                names.push_back(name);
            }
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

ToolText::ToolText(std::size_t body_bytes)
    : bytes_max_(kUnfolding * body_bytes + kUnfoldedMin), text_("namespace functions {\n\n") {}

void ToolText::add(const dom::object& function) {
    is_empty_ = false;
    const std::string_view description = text_of(function, "description");
    if (!description.empty()) {
        text_.append("// ").append(description).append("\n");
    }
    text_.append("type ").append(text_of(function, "name"));
    dom::object parameters;
    dom::object properties;
    const bool has_fields = function["parameters"].get(parameters) == simdjson::SUCCESS &&
                            parameters["properties"].get(properties) == simdjson::SUCCESS &&
                            properties.begin() != properties.end();
    if (has_fields) {
        text_.append(" = (_: {\n");
        add_fields(parameters, 0, 0);
        text_.append("\n}) => any;\n\n");
    } else {
        text_.append(" = () => any;\n\n");
    }
}

std::string ToolText::finish() {
    text_.append("} // namespace functions");
    return std::move(text_);
}

/// The properties of an object's schema, one a line.
void ToolText::add_fields(const dom::object& schema, int indent, int depth) {
    dom::object properties;
    if (schema["properties"].get(properties) != simdjson::SUCCESS) {
        return;
    }
    const std::vector<std::string_view> required = sorted_names(schema, "required");
    bool is_first = true;
    for (const auto field : properties) {
        if (is_full()) {
            break;
        }
        dom::object value;
        const bool is_schema = field.value.get(value) == simdjson::SUCCESS;
        if (!is_first) {
            text_.push_back('\n');
        }
        is_first = false;
        const std::string_view description = is_schema && indent < kDescribedIndentMax
                                                 ? text_of(value, "description")
                                                 : std::string_view{};
        if (!description.empty()) {
            indent_by(indent);
            text_.append("// ").append(description).append("\n");
        }
        indent_by(indent);
        text_.append(field.key);
        text_.append(
            std::binary_search(required.begin(), required.end(), field.key) ? ": " : "?: ");
        if (is_schema) {
            add_type(value, indent, depth + 1);
        } else {
            text_.append("any");
        }
        text_.push_back(',');
    }
}

void ToolText::add_type(const dom::object& schema, int indent, int depth) {
    dom::array choices;
    if (depth > kDepthMax || is_full()) {
        text_.append("any");
        return;
    }
    if (schema["anyOf"].get(choices) == simdjson::SUCCESS) {
        bool is_first = true;
        for (const dom::element choice : choices) {
            if (is_full()) {
                break;
            }
            dom::object one;
            text_.append(is_first ? "" : " | ");
            is_first = false;
            if (choice.get(one) == simdjson::SUCCESS) {
                add_type(one, indent, depth + 1);
            } else {
                text_.append("any");
            }
        }
        return;
    }
    dom::array types;
    if (schema["type"].get(types) == simdjson::SUCCESS) {
        bool is_first = true;
        for (const dom::element type : types) {
            if (is_full()) {
                break;
            }
            std::string_view name;
            text_.append(is_first ? "" : " | ");
            is_first = false;
            add_named_type(
                type.get(name) == simdjson::SUCCESS ? name : std::string_view{},
                schema,
                indent,
                depth);
        }
        return;
    }
    add_named_type(text_of(schema, "type"), schema, indent, depth);
}

void ToolText::add_named_type(
    std::string_view type, const dom::object& schema, int indent, int depth) {
    dom::array values;
    const bool is_scalar = type == "string" || type == "number" || type == "integer";
    if (is_scalar && schema["enum"].get(values) == simdjson::SUCCESS) {
        add_values(values);
    } else if (type == "integer") {
        text_.append("number");
    } else if (type == "array") {
        dom::object items;
        if (schema["items"].get(items) == simdjson::SUCCESS) {
            add_type(items, indent, depth + 1);
        } else {
            text_.append("any");
        }
        text_.append("[]");
    } else if (type == "object") {
        text_.append("{\n");
        add_fields(schema, indent + 2, depth + 1);
        text_.append("\n}");
    } else if (is_scalar || type == "boolean" || type == "null") {
        text_.append(type);
    } else {
        text_.append("any");
    }
}

void ToolText::add_values(const dom::array& values) {
    bool is_first = true;
    for (const dom::element value : values) {
        text_.append(is_first ? "" : " | ");
        is_first = false;
        text_.append(simdjson::minify(value));
    }
}

}  // namespace pulse::llm::detail
