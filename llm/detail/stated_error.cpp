#include "llm/detail/stated_error.h"

#include "llm/detail/answer_fields.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pulse::llm::detail {
namespace {

constexpr int kDepthMax = 3;

simdjson::error_code read_value(ondemand::value& value, StatedError& error, int depth);

simdjson::error_code read_error_object(ondemand::value& value, StatedError& error, int depth) {
    std::string status;
    const auto failure =
        for_each_field_of(value, [&](std::string_view key, ondemand::value& field) {
            if (key == "type") {
                assign_text(field, error.type);
            } else if (key == "status") {
                assign_text(field, status);
            } else if (key == "code") {
                assign_raw_word(field, error.code);
            } else if (key == "message" || key == "msg") {
                assign_message(field, error.message);
            } else if (key == "error" && depth > 0) {
                return read_value(field, error, depth - 1);
            }
            return simdjson::SUCCESS;
        });
    if (error.type.empty()) {
        error.type = std::move(status);
    }
    return failure;
}

simdjson::error_code read_value(ondemand::value& value, StatedError& error, int depth) {
    const std::string_view token = raw_token(value);
    if (token.starts_with('"')) {
        assign_message(value, error.message);
        return simdjson::SUCCESS;
    }
    if (token.starts_with('{')) {
        return read_error_object(value, error, depth);
    }
    if (!token.starts_with('[') || depth == 0) {
        return simdjson::SUCCESS;
    }
    bool is_first = true;
    return for_each_element_of(value, [&](ondemand::value& element) {
        const bool is_read = std::exchange(is_first, false);
        return is_read ? read_value(element, error, depth - 1) : simdjson::SUCCESS;
    });
}

/// An answer's fields at the top, as they may stand beside or instead of `error`.
struct TopLevel {
    StatedError error;
    StatedError own;  ///< of the top itself
    bool has_error = false;
    bool is_error_object = false;  ///< `"object":"error"`: its type is the error's
};

simdjson::error_code read_top_field(std::string_view key, ondemand::value& value, TopLevel& top) {
    if (key == "error") {
        top.has_error = top.has_error || !is_null(value);
        return read_value(value, top.error, kDepthMax);
    }
    if (key == "message" || key == "Message") {
        assign_message(value, top.own.message);
    } else if (key == "detail" || key == "errors") {
        return read_value(value, top.own, kDepthMax);
    } else if (key == "code") {
        assign_raw_word(value, top.own.code);
    } else if (key == "type") {
        assign_text(value, top.own.type);
    } else if (key == "object") {
        top.is_error_object = raw_text(value) == "error";
    }
    return simdjson::SUCCESS;
}

/// An `error` object is whole by itself; one that is a mere sentence has its code beside it (xAI).
StatedError joined(TopLevel&& top) {
    if (!top.has_error) {
        return std::move(top.own);
    }
    if (top.error.type.empty() && top.error.code.empty()) {
        top.error.code = std::move(top.own.code);
    }
    if (top.error.message.empty()) {
        top.error.message = std::move(top.own.message);
    }
    return std::move(top.error);
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_white_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_white_space(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

}  // namespace

simdjson::error_code read_error_value(ondemand::value& value, StatedError& error) {
    return read_value(value, error, kDepthMax);
}

std::string message_of_text(std::string_view body) {
    constexpr std::size_t kTextMessageMax = 300;
    std::size_t size = std::min(body.size(), kTextMessageMax);
    while (size > 0 && size < body.size() &&
           (static_cast<unsigned char>(body[size]) & 0xC0U) == 0x80U) {
        --size;
    }
    return std::string{body.substr(0, size)};
}

StatedError read_error_body(std::string_view body) {
    std::string_view object = trimmed(body);
    // A list of one: Gemini's OpenAI-compatible API and its stream of an array.
    if (object.starts_with('[') && object.ends_with(']')) {
        object = trimmed(object.substr(1, object.size() - 2));
    }
    TopLevel top;
    JsonDocument document;
    const std::string_view json = object.data() == body.data() ? object : padded_copy(object);
    if (object.starts_with('{') && document.open(json) == simdjson::SUCCESS &&
        for_each_field(document.object(), [&top](std::string_view key, ondemand::value& value) {
            return read_top_field(key, value, top);
        }) == simdjson::SUCCESS) {
        return joined(std::move(top));
    }
    StatedError error;
    error.message = message_of_text(body);
    return error;
}

}  // namespace pulse::llm::detail
