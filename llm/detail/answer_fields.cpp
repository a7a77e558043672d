#include "llm/detail/answer_fields.h"

#include "llm/detail/json_text.h"
#include "llm/usage/usage_rules.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pulse::llm::detail {
namespace {

bool is_number_token(std::string_view token) {
    return !token.empty() && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9'));
}

std::string_view unescaped(ondemand::value& value, std::string_view raw) {
    if (raw.find('\\') == std::string_view::npos) {
        return raw;
    }
    std::string_view text;
    return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

/// The longest start of `text` of at most `bytes_max` bytes that cuts no character in two.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) {
        return text;
    }
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80U) {
        --bytes_max;
    }
    return text.substr(0, bytes_max);
}

std::int64_t bounded(double real) {
    constexpr auto kLimit = static_cast<double>(kTokensMax) + 1;
    return static_cast<std::int64_t>(std::clamp(real, -kLimit, kLimit));
}

}  // namespace

void assign_text(ondemand::value& value, std::string& word) {
    const std::string_view raw = raw_text(value);
    if (raw.empty() || raw == word) {
        return;
    }
    const std::string_view text = unescaped(value, raw);
    if (!text.empty()) {
        word.assign(cut(text, kAnswerWordMax));
    }
}

void assign_text_or_number(ondemand::value& value, std::string& word, bool& is_number) {
    const std::string_view token = raw_token(value);
    if (is_number_token(token)) {
        word.assign(token.substr(0, kAnswerWordMax));
        is_number = true;
    } else if (!raw_text(value).empty()) {
        assign_text(value, word);
        is_number = false;
    }
}

void assign_raw_word(ondemand::value& value, RawWord& word) {
    assign_text_or_number(value, word.text, word.is_number);
}

void assign_message(ondemand::value& value, std::string& message) {
    const std::string_view raw = raw_text(value);
    if (!raw.empty()) {
        message.assign(cut(unescaped(value, raw), kErrorMessageMax));
    }
}

std::string_view without_array(std::string_view json) {
    constexpr std::string_view kWhiteSpace = " \t\r\n";
    const std::size_t begin = json.find_first_not_of(kWhiteSpace);
    const std::size_t end = json.find_last_not_of(kWhiteSpace);
    if (begin == std::string_view::npos || begin == end || json[begin] != '[' || json[end] != ']') {
        return json;
    }
    return json.substr(begin + 1, end - begin - 1);
}

void set_error(StatedError error, MeterReading& reading, EventFacts& facts) {
    facts.has_error = true;
    reading.is_error = true;
    // A code that is a number repeats the status and says less than the type.
    const bool is_type_better = error.code.empty() || (error.code.is_number && !error.type.empty());
    reading.error_code = is_type_better ? error.type : error.code.text;
    reading.error = std::move(error);
}

std::optional<std::int64_t> count_of(ondemand::value& value) {
    const std::string_view digits = raw_text(value);
    if (!digits.empty()) {
        std::int64_t count = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), count);
        const bool is_count = error == std::errc{} && end == digits.data() + digits.size();
        return is_count ? std::optional{bounded(static_cast<double>(count))} : std::nullopt;
    }
    if (!is_number_token(raw_token(value))) {
        return std::nullopt;
    }
    ondemand::number number;
    if (value.get_number().get(number) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return bounded(number.as_double());
}

void set_count(ondemand::value& value, UsageField field, StatedUsage& stated) {
    if (const auto count = count_of(value)) {
        stated.set(field, *count);
    }
}

void DeliveredText::add(std::string_view raw) {
    const auto bytes = static_cast<std::int64_t>(unescaped_size(raw));
    facts_.text_bytes += bytes;
    reading_.delivered_text_bytes += bytes;
    // Whole pieces: an escape must not be cut in two.
    if (facts_.keeps_text && reading_.delivered_text.size() + raw.size() <= kDeliveredTextMax) {
        reading_.delivered_text.append(raw);
    }
}

void DeliveredText::add_string(ondemand::value& value) {
    add(raw_text(value));
}

simdjson::error_code DeliveredText::add_json(ondemand::value& value) {
    std::string_view json;
    const std::string_view token = raw_token(value);
    if (token.starts_with('{')) {
        ondemand::object object;
        if (const auto error = value.get_object().get(object)) {
            return error;
        }
        if (const auto error = object.raw_json().get(json)) {
            return error;
        }
    } else if (token.starts_with('[')) {
        ondemand::array array;
        if (const auto error = value.get_array().get(array)) {
            return error;
        }
        if (const auto error = array.raw_json().get(json)) {
            return error;
        }
    } else {
        add_string(value);
        return simdjson::SUCCESS;
    }
    std::string compact(json.size() + simdjson::SIMDJSON_PADDING, '\0');
    std::size_t size = 0;
    if (const auto error = simdjson::minify(json.data(), json.size(), compact.data(), size)) {
        return error;
    }
    compact.resize(size);
    if (compact == "{}") {
        return simdjson::SUCCESS;
    }
    add_plain(compact);
    return simdjson::SUCCESS;
}

void DeliveredText::add_plain(std::string_view text) {
    std::string quoted;
    append_json_string(text, quoted);
    add(std::string_view{quoted}.substr(1, quoted.size() - 2));
}

}  // namespace pulse::llm::detail
