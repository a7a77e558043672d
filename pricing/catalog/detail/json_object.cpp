#include "pricing/catalog/detail/json_object.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>

namespace pulse::pricing::detail {
namespace {

namespace json = boost::json;

/// Digits of a fixed-width number at `from`; empty when there is another character.
std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(from, count)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
    }
    return value;
}

/// Whether `text` has the characters of `form` wherever that is no '0'.
bool has_form(std::string_view text, std::string_view form) {
    return std::ranges::equal(
        text, form, [](char c, char f) { return f == '0' ? c >= '0' && c <= '9' : c == f; });
}

std::optional<std::chrono::minutes> minutes_of(std::string_view text) {
    const auto hour = digits(text, 0, 2);
    const auto minute = digits(text, 3, 2);
    if (!hour || !minute || *minute > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes value = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
    return value <= std::chrono::hours{24} ? std::optional{value} : std::nullopt;
}

std::optional<TimePoint> time_of(std::string_view text) {
    const bool with_time = has_form(text, "0000-00-00T00:00:00Z");
    if (!with_time && !has_form(text, "0000-00-00")) {
        return std::nullopt;
    }
    const std::chrono::year_month_day day{
        std::chrono::year{*digits(text, 0, 4)},
        std::chrono::month{static_cast<unsigned>(*digits(text, 5, 2))},
        std::chrono::day{static_cast<unsigned>(*digits(text, 8, 2))}};
    if (!day.ok()) {
        return std::nullopt;
    }
    const TimePoint midnight{std::chrono::sys_days{day}};
    if (!with_time) {
        return midnight;
    }
    const auto minutes = minutes_of(text.substr(11, 5));
    const auto seconds = *digits(text, 17, 2);
    if (!minutes || *minutes == std::chrono::hours{24} || seconds > 59) {
        return std::nullopt;
    }
    return midnight + *minutes + std::chrono::seconds{seconds};
}

}  // namespace

JsonObject::JsonObject(const json::value& value, std::initializer_list<std::string_view> keys) {
    object_ = value.if_object();
    if (object_ == nullptr) {
        error_ = "must be an object";
        return;
    }
    for (const auto& member : *object_) {
        const std::string_view key{member.key().data(), member.key().size()};
        if (std::ranges::find(keys, key) == keys.end()) {
            fail(key.substr(0, 40), "unknown key");
        }
    }
}

void JsonObject::fail(std::string_view key, std::string_view what) {
    if (error_.empty()) {
        error_ = std::string{key} + ": " + std::string{what};
    }
}

const json::value* JsonObject::find(std::string_view key) const {
    return object_ == nullptr ? nullptr : object_->if_contains({key.data(), key.size()});
}

bool JsonObject::has(std::string_view key) const {
    return find(key) != nullptr;
}

const json::array* JsonObject::array(std::string_view key) {
    const auto* value = find(key);
    if (value != nullptr && !value->is_array()) {
        fail(key, "must be an array");
    }
    return value == nullptr ? nullptr : value->if_array();
}

const json::array* JsonObject::required_array(std::string_view key) {
    if (!has(key)) {
        fail(key, "is missing");
    }
    return array(key);
}

std::string JsonObject::text(std::string_view key) {
    const auto* value = find(key);
    const auto text = value == nullptr ? std::string_view{} : plain_text(*value);
    if (text.empty()) {
        fail(
            key,
            value == nullptr ? "is missing"
                             : "must be a text of 1 to 256 bytes without control characters");
    }
    return std::string{text};
}

std::int64_t JsonObject::number(
    std::string_view key, std::optional<std::int64_t> absent, std::int64_t min, std::int64_t max) {
    const auto* value = find(key);
    if (value == nullptr) {
        if (!absent) {
            fail(key, "is missing");
        }
        return absent.value_or(min);
    }
    const auto* number = value->if_int64();
    if (number == nullptr || *number < min || *number > max) {
        fail(
            key,
            "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        return absent.value_or(min);
    }
    return *number;
}

bool JsonObject::flag(std::string_view key, bool absent) {
    const auto* value = find(key);
    if (value != nullptr && !value->is_bool()) {
        fail(key, "must be true or false");
    }
    return value != nullptr && value->is_bool() ? value->get_bool() : absent;
}

std::optional<TimePoint> JsonObject::time(std::string_view key) {
    const auto* value = find(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto time = time_of(plain_text(*value));
    if (!time) {
        fail(key, "must be a date (2026-08-01) or a UTC time (2026-08-01T12:30:00Z)");
    }
    return time;
}

std::optional<DayHours> JsonObject::hours(std::string_view key) {
    const auto* value = find(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto text = plain_text(*value);
    const bool formed = has_form(text, "00:00-00:00");
    const auto from = formed ? minutes_of(text.substr(0, 5)) : std::nullopt;
    const auto to = formed ? minutes_of(text.substr(6, 5)) : std::nullopt;
    if (!from || !to || *from == *to || *from == std::chrono::hours{24}) {
        fail(key, "must be UTC hours (16:30-00:30)");
        return std::nullopt;
    }
    return DayHours{.from = *from, .to = *to};
}

std::string_view plain_text(const json::value& value) {
    const auto* text = value.if_string();
    if (text == nullptr || text->size() > JsonObject::kTextBytesMax) {
        return {};
    }
    const std::string_view view{text->data(), text->size()};
    const bool plain = std::ranges::all_of(
        view, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
    return plain ? view : std::string_view{};
}

}  // namespace pulse::pricing::detail
