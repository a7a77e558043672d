#include "console/api/fields.h"

#include "base/hex.h"
#include "base/rfc3339.h"
#include "console/api/raw_members.h"

#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>

#include <algorithm>
#include <charconv>

namespace pulse::console {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 32;

[[nodiscard]] Error wrong_field(std::string_view name, std::string_view what) {
    std::string detail{"`"};
    detail.append(name).append("`: ").append(what);
    return Error{Errc::invalid_request, std::move(detail)}.with_param(std::string{name});
}

[[nodiscard]] bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

/// A name that a message may repeat.
[[nodiscard]] std::string shown(std::string_view name) {
    constexpr std::size_t kShownMax = 60;
    std::string text{name.substr(0, kShownMax)};
    std::replace_if(
        text.begin(),
        text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '`'; },
        '?');
    return text;
}

[[nodiscard]] std::string bytes_rule(const BodyFields::TextRule& rule) {
    return "takes a text of " + std::to_string(rule.bytes_min) + " to " +
           std::to_string(rule.bytes_max) + " bytes without control characters" +
           (rule.may_be_null ? ", or null" : "");
}

[[nodiscard]] bool is_json_type(std::string_view type) {
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) {
        type.remove_suffix(1);
    }
    std::string lower{type};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return lower == "application/json";
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char character = text[i];
        if (character == '%') {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            character = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (character == '+' && plus_is_blank) {
            character = ' ';
        }
        out.push_back(character);
    }
    return has_control_character(out) ? std::nullopt : std::optional{std::move(out)};
}

Result<BodyFields> BodyFields::read(const HttpRequest& request) {
    if (request.body.empty()) {
        return BodyFields{json::object{}, {}};
    }
    if (!is_json_type(request.field("content-type"))) {
        return Error{Errc::unsupported_media_type, "send content-type: application/json"};
    }
    json::parse_options options;
    options.max_depth = kDepthMax;
    boost::system::error_code failed;
    json::value parsed = json::parse(request.body, failed, {}, options);
    if (failed || !parsed.is_object()) {
        return Error{Errc::invalid_request, "the body is no JSON object"};
    }
    return BodyFields{std::move(parsed.get_object()), request.body};
}

const json::value* BodyFields::take(std::string_view name) {
    asked_.emplace(name);
    return object_.if_contains(name);
}

bool BodyFields::has(std::string_view name) {
    return take(name) != nullptr;
}

std::optional<std::string> BodyFields::optional_text(std::string_view name, TextRule rule) {
    const json::value* value = take(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (value->is_null() && rule.may_be_null) {
        return std::string{};
    }
    const json::string* text = value->if_string();
    if (text == nullptr || text->size() < rule.bytes_min || text->size() > rule.bytes_max ||
        has_control_character({text->data(), text->size()})) {
        problem(name, bytes_rule(rule));
        return std::nullopt;
    }
    return std::string{text->data(), text->size()};
}

std::string BodyFields::text(std::string_view name, TextRule rule) {
    auto found = optional_text(name, rule);
    if (!found && !problem_) {
        problem(name, "is missing; it " + bytes_rule(rule));
    }
    return std::move(found).value_or(std::string{});
}

std::optional<bool> BodyFields::optional_switch(std::string_view name) {
    const json::value* value = take(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_bool()) {
        problem(name, "takes true or false");
        return std::nullopt;
    }
    return value->get_bool();
}

std::optional<std::vector<std::string>> BodyFields::optional_texts(
    std::string_view name, std::size_t items_max) {
    const json::value* value = take(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const json::array* items = value->if_array();
    std::vector<std::string> texts;
    const TextRule rule;
    bool is_fit = items != nullptr && items->size() <= items_max;
    for (std::size_t i = 0; is_fit && i < items->size(); ++i) {
        const json::string* text = (*items)[i].if_string();
        is_fit = text != nullptr && !text->empty() && text->size() <= rule.bytes_max &&
                 !has_control_character({text->data(), text->size()});
        if (is_fit) {
            texts.emplace_back(text->data(), text->size());
        }
    }
    std::vector<std::string> sorted = texts;
    std::sort(sorted.begin(), sorted.end());
    if (!is_fit || std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
        problem(name, "takes a list of at most " + std::to_string(items_max) + " different texts");
        return std::nullopt;
    }
    return texts;
}

std::optional<std::optional<TimePoint>> BodyFields::optional_time(std::string_view name) {
    const json::value* value = take(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (value->is_null()) {
        return std::optional<TimePoint>{};
    }
    const json::string* text = value->if_string();
    const auto time = text == nullptr ? std::nullopt : parse_rfc3339({text->data(), text->size()});
    if (!time) {
        problem(name, "takes a time such as 2027-01-31T12:00:00Z, a date, or null");
        return std::nullopt;
    }
    return time;
}

std::optional<std::int64_t> BodyFields::optional_integer(
    std::string_view name, std::int64_t min, std::int64_t max) {
    const json::value* value = take(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const std::int64_t* number = value->if_int64();
    if (number == nullptr || *number < min || *number > max) {
        problem(
            name, "takes a whole number, " + std::to_string(min) + " to " + std::to_string(max));
        return std::nullopt;
    }
    return *number;
}

std::optional<Money> BodyFields::optional_money(std::string_view name) {
    const json::value* value = take(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    std::optional<Money> amount;
    if (value->is_string() || value->is_number()) {
        const std::string text =
            value->is_string() ? std::string{value->get_string().c_str()} : std::string{raw(name)};
        const Result<Money> parsed = Money::parse(text);
        amount = parsed ? std::optional{*parsed} : std::nullopt;
    }
    if (!amount || *amount < Money{}) {
        problem(name, "takes an amount from 0 on such as \"12.50\", with at most 12 decimals");
        return std::nullopt;
    }
    return amount;
}

std::optional<std::string> BodyFields::optional_object(
    std::string_view name, std::size_t bytes_max) {
    const json::value* value = take(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (value->is_null()) {
        return std::string{};
    }
    const std::string_view text = raw(name);
    // PostgreSQL's JSON has no U+0000.
    const bool has_nul = text.find("\\u0000") != std::string_view::npos;
    if (!value->is_object() || text.size() > bytes_max || has_nul) {
        problem(
            name,
            "takes an object of at most " + std::to_string(bytes_max) + " bytes, without U+0000");
        return std::nullopt;
    }
    return std::string{text};
}

std::string_view BodyFields::raw(std::string_view name) {
    (void)take(name);
    std::string_view found;
    for (const auto& [member, value] : raw_members(body_)) {
        if (member == name) {
            found = value;
        }
    }
    return found;
}

std::vector<std::string> BodyFields::unasked() const {
    std::vector<std::string> names;
    for (const auto& member : object_) {
        if (!asked_.contains(std::string_view{member.key()})) {
            names.emplace_back(member.key());
        }
    }
    return names;
}

void BodyFields::problem(std::string_view name, std::string_view what) {
    if (!problem_) {
        problem_ = wrong_field(name, what);
    }
}

Result<void> BodyFields::finish() const {
    // An unknown field first: a misspelt name is the cause where another one is missing.
    for (const auto& member : object_) {
        if (!asked_.contains(std::string_view{member.key()})) {
            return wrong_field(shown(member.key()), "is no field of this request");
        }
    }
    if (problem_) {
        return *problem_;
    }
    return {};
}

Result<QueryFields> QueryFields::read(std::string_view query) {
    QueryFields fields;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.empty()) {
            continue;
        }
        const std::size_t mark = std::min(pair.find('='), pair.size());
        const auto name = percent_decoded(pair.substr(0, mark), true);
        const auto value = percent_decoded(pair.substr(std::min(mark + 1, pair.size())), true);
        if (!name || !value) {
            return Error{
                Errc::invalid_request, "the query is not percent-encoded as RFC 3986 has it"};
        }
        fields.values_[*name].push_back(*value);
    }
    return fields;
}

std::string QueryFields::text(std::string_view name, std::size_t bytes_max) {
    asked_.emplace(name);
    const auto found = values_.find(name);
    if (found == values_.end()) {
        return {};
    }
    if (found->second.size() > 1) {
        problem(name, "is in the query twice");
        return {};
    }
    const std::string& text = found->second.front();
    if (text.size() > bytes_max) {
        problem(name, "takes at most " + std::to_string(bytes_max) + " bytes");
        return {};
    }
    return text;
}

std::vector<std::string> QueryFields::texts(std::string_view name) {
    asked_.emplace(name);
    const auto found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::int64_t QueryFields::number(
    std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max) {
    const std::string text = this->text(name);
    if (text.empty()) {
        return otherwise;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max) {
        problem(
            name, "takes a whole number, " + std::to_string(min) + " to " + std::to_string(max));
        return otherwise;
    }
    return number;
}

std::optional<TimePoint> QueryFields::time(std::string_view name) {
    const std::string text = this->text(name);
    if (text.empty()) {
        return std::nullopt;
    }
    const auto time = parse_rfc3339(text);
    if (!time) {
        problem(name, "takes a date (2026-11-01) or a time (2026-11-01T00:00:00Z)");
    }
    return time;
}

std::vector<std::pair<std::string, std::vector<std::string>>> QueryFields::with_prefix(
    std::string_view prefix) {
    std::vector<std::pair<std::string, std::vector<std::string>>> found;
    for (const auto& [name, values] : values_) {
        if (name.size() > prefix.size() && name.starts_with(prefix)) {
            asked_.emplace(name);
            found.emplace_back(name.substr(prefix.size()), values);
        }
    }
    return found;
}

void QueryFields::problem(std::string_view name, std::string_view what) {
    if (!problem_) {
        problem_ = wrong_field(name, what);
    }
}

Result<void> QueryFields::finish() const {
    for (const auto& [name, values] : values_) {
        if (!asked_.contains(name)) {
            return wrong_field(shown(name), "is no parameter of this path");
        }
    }
    if (problem_) {
        return *problem_;
    }
    return {};
}

}  // namespace pulse::console
