#pragma once

#include "base/error.h"
#include "base/money.h"
#include "policy/access/detail/json_tree.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Strict readers of one JSON value each. `path` names the field in the error ("budgets[0].limit"),
/// which is always invalid_request with the path as its param.
namespace pulse::policy::detail {

[[nodiscard]] Error field_error(std::string_view path, std::string_view what);

/// A whole number from 1 to 10¹², without fraction or exponent.
[[nodiscard]] Result<std::int64_t> read_count(const JsonNode& node, std::string_view path);

/// 0 to 10¹² units of a currency, as a decimal string or a number; its text is what counts.
[[nodiscard]] Result<Money> read_money(const JsonNode& node, std::string_view path);

[[nodiscard]] Result<bool> read_bool(const JsonNode& node, std::string_view path);

/// 1 to 256 bytes.
[[nodiscard]] Result<std::string> read_text(const JsonNode& node, std::string_view path);

/// At most 256 texts.
[[nodiscard]] Result<std::vector<std::string>> read_texts(
    const JsonNode& node, std::string_view path);

/// "a, b or c"
[[nodiscard]] std::string one_of(std::span<const std::string_view> names);

/// The value whose to_string() is the text.
template <class T, std::size_t N>
[[nodiscard]] Result<T> read_choice(
    const JsonNode& node, std::string_view path, const std::array<T, N>& choices) {
    const auto found = std::find_if(choices.begin(), choices.end(), [&](T choice) {
        return node.kind == JsonNode::Kind::string && to_string(choice) == node.text;
    });
    if (found != choices.end()) {
        return *found;
    }
    std::array<std::string_view, N> names{};
    std::transform(
        choices.begin(), choices.end(), names.begin(), [](T choice) { return to_string(choice); });
    return field_error(path, "must be " + one_of(names));
}

/// What reads one member of an object into a T.
template <class T>
struct Field {
    std::string_view name;
    Result<void> (*read)(const JsonNode& node, std::string_view path, T& into);
};

/// Reads every member by its field; a null counts as absent. `path` is what stands before the
/// names: "" or "budgets[0].".
template <class T>
[[nodiscard]] Result<void> read_members(
    const JsonNode& object, std::string_view path, std::span<const Field<T>> fields, T& into) {
    for (std::size_t i = 0; i < object.names.size(); ++i) {
        const std::string member = std::string{path} + object.names[i];
        const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field<T>& known) {
            return known.name == object.names[i];
        });
        if (field == fields.end()) {
            std::vector<std::string_view> names(fields.size());
            std::transform(fields.begin(), fields.end(), names.begin(), [](const Field<T>& known) {
                return known.name;
            });
            return field_error(member, "is no field here; the fields are " + one_of(names));
        }
        if (object.items[i].kind == JsonNode::Kind::null) {
            continue;
        }
        if (Result<void> read = field->read(object.items[i], member, into); !read) {
            return read;
        }
    }
    return {};
}

}  // namespace pulse::policy::detail
