#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace pulse::llm::detail {

namespace ondemand = simdjson::ondemand;

/// A JSON text whose top is an object, opened with simdjson's on-demand reader. UTF-8, closed
/// strings and control characters are checked for the whole text when it is opened; what nobody
/// reads is checked no further than its brackets. One document may be open per thread, because a
/// thread has one parser (texts above kSharedBytesMax get one of their own, so that a thread does
/// not keep the memory of the largest text it ever saw). Not thread-safe.
class JsonDocument {
public:
    JsonDocument() = default;
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;

    /// `json` must be followed by simdjson::SIMDJSON_PADDING readable bytes and live as long as the
    /// document.
    [[nodiscard]] simdjson::error_code open(std::string_view json);

    [[nodiscard]] ondemand::object& object() { return object_; }

    /// Nothing stands behind the object. Asked when its fields were read to the end.
    [[nodiscard]] bool is_whole() {
        // A reader that met broken JSON is gone, and asking it where it stands is not allowed.
        return document_.is_alive() &&
               document_.current_location().error() == simdjson::OUT_OF_BOUNDS;
    }

    static constexpr std::size_t kSharedBytesMax = std::size_t{1} << 20;

private:
    std::unique_ptr<ondemand::parser> own_parser_;
    ondemand::document document_;
    ondemand::object object_;
};

/// `json` copied into a buffer of this thread that has the padding; valid until the next call.
[[nodiscard]] std::string_view padded_copy(std::string_view json);

/// The bytes between the quotes of the JSON string whose opening quote stands before `begin`,
/// escapes as they stand. The string must be closed, as it is in a text that was opened.
[[nodiscard]] std::string_view raw_string(const char* begin);

/// White space of JSON; other control characters are none, and `null\x13` is not null.
[[nodiscard]] constexpr bool is_white_space(char character) {
    return character == ' ' || character == '\n' || character == '\r' || character == '\t';
}

/// The text of a value up to the next token, without the white space behind it. For strings with
/// the quotes, for objects and arrays their first bracket.
[[nodiscard]] inline std::string_view raw_token(ondemand::value& value) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() && is_white_space(token.back())) {
        token.remove_suffix(1);
    }
    return token;
}

/// What stands between the quotes, escapes as they stand; empty (data() null) when the value is no
/// string.
[[nodiscard]] inline std::string_view raw_text(ondemand::value& value) {
    const std::string_view token = raw_token(value);
    const bool is_string = token.size() >= 2 && token.front() == '"' && token.back() == '"';
    return is_string ? token.substr(1, token.size() - 2) : std::string_view{};
}

[[nodiscard]] inline bool is_null(ondemand::value& value) {
    return raw_token(value) == "null";
}

/// Bytes of a string in UTF-8 once its escapes are resolved.
[[nodiscard]] std::size_t unescaped_size(std::string_view raw);

/// Code points of a string once its escapes are resolved.
[[nodiscard]] std::int64_t unescaped_characters(std::string_view raw);

/// Calls `visit(key, value)` for every field in order; a code other than SUCCESS ends the walk and
/// is returned. The key is raw: escapes as they stand.
template <class Visit>
[[nodiscard]] simdjson::error_code for_each_field(ondemand::object& object, Visit&& visit) {
    for (auto item : object) {
        ondemand::field field;
        if (const auto error = std::move(item).get(field)) {
            return error;
        }
        if (const auto error = visit(raw_string(field.key().raw()), field.value())) {
            return error;
        }
    }
    return simdjson::SUCCESS;
}

/// The same for the elements of `value`, which must be an array.
template <class Visit>
[[nodiscard]] simdjson::error_code for_each_element(ondemand::value& value, Visit&& visit) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) {
        return error;
    }
    for (auto item : array) {
        if (const auto error = item.error()) {
            return error;
        }
        ondemand::value element = item.value_unsafe();
        if (const auto error = visit(element)) {
            return error;
        }
    }
    return simdjson::SUCCESS;
}

/// for_each_field on a text that is one object. False, whatever was visited, when it is not.
template <class Visit>
[[nodiscard]] bool read_object(std::string_view json, Visit&& visit) {
    JsonDocument document;
    return document.open(json) == simdjson::SUCCESS &&
           for_each_field(document.object(), std::forward<Visit>(visit)) == simdjson::SUCCESS &&
           document.is_whole();
}

/// for_each_field on a value; one that is no object has no fields.
template <class Visit>
[[nodiscard]] simdjson::error_code for_each_field_of(ondemand::value& value, Visit&& visit) {
    ondemand::object object;
    const auto error = value.get_object().get(object);
    if (error == simdjson::INCORRECT_TYPE) {
        return simdjson::SUCCESS;
    }
    return error ? error : for_each_field(object, std::forward<Visit>(visit));
}

/// for_each_element that takes a value of another type for an empty array.
template <class Visit>
[[nodiscard]] simdjson::error_code for_each_element_of(ondemand::value& value, Visit&& visit) {
    const auto error = for_each_element(value, std::forward<Visit>(visit));
    return error == simdjson::INCORRECT_TYPE ? simdjson::SUCCESS : error;
}

}  // namespace pulse::llm::detail
