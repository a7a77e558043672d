#include "pricing/catalog/detail/json_object.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <system_error>

namespace pulse::pricing::detail {
namespace {

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

constexpr std::size_t kDateSize = 10;

/// ".999" of a second; finer digits than microseconds are cut. Empty text: none.
std::optional<std::chrono::microseconds> microseconds_of(std::string_view text) {
    if (text.empty()) {
        return std::chrono::microseconds{0};
    }
    constexpr std::size_t kDigitsMax = 9;
    if (text.size() < 2 || text.size() > 1 + kDigitsMax || text.front() != '.' ||
        !digits(text, 1, text.size() - 1)) {
        return std::nullopt;
    }
    std::int64_t value = 0;
    for (std::size_t i = 1; i <= 6; ++i) {
        value = value * 10 + (i < text.size() ? text[i] - '0' : 0);
    }
    return std::chrono::microseconds{value};
}

}  // namespace

std::optional<std::chrono::minutes> parse_minutes(std::string_view text) {
    if (!has_form(text, "00:00")) {
        return std::nullopt;
    }
    const auto hour = digits(text, 0, 2);
    const auto minute = digits(text, 3, 2);
    if (!hour || !minute || *minute > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes value = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
    return value <= std::chrono::hours{24} ? std::optional{value} : std::nullopt;
}

std::optional<TimePoint> parse_time(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00";
    if (text.size() < kDateSize || !has_form(text.substr(0, kDateSize), "0000-00-00")) {
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
    if (text.size() == kDateSize) {
        return midnight;
    }
    if (!text.ends_with('Z') || !has_form(text.substr(0, kForm.size()), kForm)) {
        return std::nullopt;
    }
    const auto minutes = parse_minutes(text.substr(11, 5));
    const auto seconds = *digits(text, 17, 2);
    const auto fraction =
        microseconds_of(text.substr(kForm.size(), text.size() - kForm.size() - 1));
    if (!minutes || *minutes == std::chrono::hours{24} || seconds > 59 || !fraction) {
        return std::nullopt;
    }
    return midnight + *minutes + std::chrono::seconds{seconds} + *fraction;
}

JsonObject::JsonObject(const JsonNode& value, std::initializer_list<std::string_view> keys) {
    if (!value.is(JsonNode::Kind::object)) {
        error_ = "must be an object";
        return;
    }
    object_ = &value;
    for (const auto* member = value.child; member != nullptr; member = member->next) {
        if (std::ranges::find(keys, member->key) == keys.end()) {
            fail(member->key.substr(0, 40), "unknown key");
        }
    }
}

void JsonObject::fail(std::string_view key, std::string_view what) {
    if (error_.empty()) {
        error_ = std::string{key} + ": " + std::string{what};
    }
}

const JsonNode* JsonObject::find(std::string_view key) const {
    return object_ == nullptr ? nullptr : object_->find(key);
}

bool JsonObject::has(std::string_view key) const {
    return find(key) != nullptr;
}

const JsonNode* JsonObject::array(std::string_view key) {
    const auto* value = find(key);
    if (value != nullptr && !value->is(JsonNode::Kind::array)) {
        fail(key, "must be an array");
        return nullptr;
    }
    return value;
}

const JsonNode* JsonObject::required_array(std::string_view key) {
    if (!has(key)) {
        fail(key, "is missing");
    }
    return array(key);
}

const JsonNode* JsonObject::object(std::string_view key) {
    const auto* value = find(key);
    if (value != nullptr && !value->is(JsonNode::Kind::object)) {
        fail(key, "must be an object");
        return nullptr;
    }
    return value;
}

std::string JsonObject::text(std::string_view key) {
    const auto* value = find(key);
    if (value == nullptr) {
        fail(key, "is missing");
        return {};
    }
    return optional_text(key);
}

std::string JsonObject::optional_text(std::string_view key) {
    const auto* value = find(key);
    const auto text = value == nullptr ? std::string_view{} : plain_text(*value);
    if (value != nullptr && text.empty()) {
        fail(key, "must be a text of 1 to 256 bytes without control characters");
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
    std::int64_t number = 0;
    const auto* end = value->text.data() + value->text.size();
    const auto read = std::from_chars(value->text.data(), end, number);
    if (!value->is(JsonNode::Kind::number) || read.ec != std::errc{} || read.ptr != end ||
        number < min || number > max) {
        fail(
            key,
            "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        return absent.value_or(min);
    }
    return number;
}

bool JsonObject::flag(std::string_view key, bool absent) {
    const auto* value = find(key);
    if (value != nullptr && !value->is(JsonNode::Kind::boolean)) {
        fail(key, "must be true or false");
        return absent;
    }
    return value != nullptr ? value->text == "true" : absent;
}

std::optional<TimePoint> JsonObject::time(std::string_view key) {
    const auto* value = find(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto time = parse_time(plain_text(*value));
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
    const auto from = formed ? parse_minutes(text.substr(0, 5)) : std::nullopt;
    const auto to = formed ? parse_minutes(text.substr(6, 5)) : std::nullopt;
    if (!from || !to || *from == *to || *from == std::chrono::hours{24}) {
        fail(key, "must be UTC hours (16:30-00:30)");
        return std::nullopt;
    }
    return DayHours{.from = *from, .to = *to};
}

std::string_view plain_text(const JsonNode& value) {
    const auto text = value.text;
    const bool plain = value.is(JsonNode::Kind::text) && text.size() <= JsonObject::kTextBytesMax &&
                       std::ranges::all_of(text, [](char c) {
                           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
                       });
    return plain ? text : std::string_view{};
}

}  // namespace pulse::pricing::detail

namespace pulse::pricing {

std::optional<TimePoint> parse_date(std::string_view text) {
    return text.size() == detail::kDateSize ? detail::parse_time(text) : std::nullopt;
}

}  // namespace pulse::pricing
