#pragma once

#include "base/json_text.h"
#include "base/money.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pulse::console::litellm {

/// Writes one JSON object in which amounts are numbers with their exact digits: LiteLLM's clients
/// read floats. Value; not thread-safe.
class JsonWriter {
public:
    JsonWriter& text(std::string_view name, std::string_view value) {
        append_json_string(member(name), value);
        return *this;
    }
    /// Empty text is null.
    JsonWriter& text_or_null(std::string_view name, std::string_view value) {
        return value.empty() ? raw(name, "null") : text(name, value);
    }
    JsonWriter& amount(std::string_view name, Money value) {
        value.append_to(member(name));
        return *this;
    }
    JsonWriter& amount(std::string_view name, const std::optional<Money>& value) {
        return value ? amount(name, *value) : raw(name, "null");
    }
    JsonWriter& value(std::string_view name, const boost::json::value& value) {
        return raw(name, boost::json::serialize(value));
    }
    /// JSON as it is.
    JsonWriter& raw(std::string_view name, std::string_view json) {
        member(name).append(json);
        return *this;
    }
    /// The object; nothing may be added behind it.
    [[nodiscard]] std::string finish() {
        text_.append(text_.empty() ? "{}" : "}");
        return std::move(text_);
    }

private:
    std::string& member(std::string_view name) {
        text_ += text_.empty() ? '{' : ',';
        append_json_string(text_, name);
        text_ += ':';
        return text_;
    }
    std::string text_;
};

}  // namespace pulse::console::litellm
