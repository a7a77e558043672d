#include "policy/access/detail/field_values.h"

#include <charconv>

namespace pulse::policy::detail {
namespace {

constexpr std::int64_t kCountMax = 1'000'000'000'000;
constexpr Money kMoneyMax = Money::from_pico(Int128{1'000'000'000'000} * 1'000'000'000'000);
constexpr std::size_t kTextBytesMax = 256;
constexpr std::size_t kTextsMax = 256;

[[nodiscard]] std::string shown(const JsonNode& node) {
    return node.kind == JsonNode::Kind::number ? node.text : std::string{to_string(node.kind)};
}

}  // namespace

Error field_error(std::string_view path, std::string_view what) {
    Error error{Errc::invalid_request, "policy: " + std::string{path} + ' ' + std::string{what}};
    error.with_param(std::string{path});
    return error;
}

Result<std::int64_t> read_count(const JsonNode& node, std::string_view path) {
    const char* const end = node.text.data() + node.text.size();
    std::int64_t count = 0;
    const auto [stop, error] = std::from_chars(node.text.data(), end, count);
    if (node.kind != JsonNode::Kind::number || error != std::errc{} || stop != end || count < 1 ||
        count > kCountMax) {
        return field_error(
            path,
            "must be a whole number from 1 to " + std::to_string(kCountMax) + ", not " +
                shown(node) + "; leave it out for no limit");
    }
    return count;
}

Result<Money> read_money(const JsonNode& node, std::string_view path) {
    if (node.kind != JsonNode::Kind::string && node.kind != JsonNode::Kind::number) {
        return field_error(
            path, "must be an amount such as \"12.50\", not " + std::string{to_string(node.kind)});
    }
    const Result<Money> amount = Money::parse(node.text);
    if (!amount || *amount < Money{} || *amount > kMoneyMax) {
        return field_error(
            path,
            "must be an amount from 0 to " + kMoneyMax.to_string() +
                " with at most 12 decimals, such as \"12.50\"");
    }
    return *amount;
}

Result<bool> read_bool(const JsonNode& node, std::string_view path) {
    if (node.kind != JsonNode::Kind::boolean) {
        return field_error(path, "must be true or false, not " + shown(node));
    }
    return node.truth;
}

Result<std::string> read_text(const JsonNode& node, std::string_view path) {
    if (node.kind != JsonNode::Kind::string || node.text.empty() ||
        node.text.size() > kTextBytesMax) {
        return field_error(
            path, "must be a string of 1 to " + std::to_string(kTextBytesMax) + " bytes");
    }
    return node.text;
}

Result<std::vector<std::string>> read_texts(const JsonNode& node, std::string_view path) {
    if (node.kind != JsonNode::Kind::array || node.items.size() > kTextsMax) {
        return field_error(
            path, "must be a list of at most " + std::to_string(kTextsMax) + " strings");
    }
    std::vector<std::string> texts;
    texts.reserve(node.items.size());
    for (const JsonNode& item : node.items) {
        Result<std::string> text =
            read_text(item, std::string{path} + '[' + std::to_string(texts.size()) + ']');
        if (!text) {
            return text.error();
        }
        texts.push_back(std::move(*text));
    }
    return texts;
}

std::string one_of(std::span<const std::string_view> names) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        out += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
        out += names[i];
    }
    return out;
}

}  // namespace pulse::policy::detail
