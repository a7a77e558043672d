#include "pricing/catalog/detail/json_tree.h"

#include <simdjson.h>

#include <memory_resource>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

namespace pulse::pricing::detail {
namespace {

namespace ondemand = simdjson::ondemand;
using Kind = JsonNode::Kind;

std::string_view trimmed(std::string_view text) {
    const auto end = text.find_last_not_of(" \t\r\n");
    return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

std::size_t digits_at(std::string_view text, std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') {
        ++end;
    }
    return end - from;
}

/// RFC 8259 §6: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_json_number(std::string_view text) {
    std::size_t at = text.starts_with('-') ? 1U : 0U;
    const auto whole = digits_at(text, at);
    if (whole == 0 || (whole > 1 && text[at] == '0')) {
        return false;
    }
    at += whole;
    if (at < text.size() && text[at] == '.') {
        const auto fraction = digits_at(text, at + 1);
        if (fraction == 0) {
            return false;
        }
        at += 1 + fraction;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        at += at < text.size() && (text[at] == '+' || text[at] == '-') ? 1U : 0U;
        const auto exponent = digits_at(text, at);
        if (exponent == 0) {
            return false;
        }
        at += exponent;
    }
    return at == text.size();
}

/// Copies simdjson's view of a document into nodes. The first error ends it.
class Builder {
public:
    explicit Builder(std::pmr::memory_resource& memory) : memory_(memory) {}

    template <class Value>
    simdjson::error_code fill(JsonNode& node, Value& value, std::size_t depth) {
        ondemand::json_type type{};
        if (const auto failed = value.type().get(type)) {
            return failed;
        }
        switch (type) {
            case ondemand::json_type::object:
                return fill_object(node, value, depth);
            case ondemand::json_type::array:
                return fill_array(node, value, depth);
            case ondemand::json_type::string:
                node.kind = Kind::text;
                return value.get_string().get(node.text);
            case ondemand::json_type::number:
                if constexpr (std::is_same_v<Value, ondemand::value>) {
                    return fill_number(node, value);
                }
                return simdjson::INCORRECT_TYPE;  // a document that is one number
            case ondemand::json_type::boolean: {
                bool flag = false;
                node.kind = Kind::boolean;
                const auto failed = value.get_bool().get(flag);
                node.text = flag ? "true" : "false";
                return failed;
            }
            case ondemand::json_type::null: {
                bool is_null = false;
                node.kind = Kind::null;
                return simdjson::simdjson_result<bool>{value.is_null()}.get(is_null);
            }
        }
        return simdjson::TAPE_ERROR;
    }

private:
    /// Not consumed: simdjson steps over it, and would else make a binary float of it.
    static simdjson::error_code fill_number(JsonNode& node, ondemand::value& value) {
        node.kind = Kind::number;
        node.text = trimmed(value.raw_json_token());
        return is_json_number(node.text) ? simdjson::SUCCESS : simdjson::NUMBER_ERROR;
    }

    template <class Value>
    simdjson::error_code fill_object(JsonNode& node, Value& value, std::size_t depth) {
        node.kind = Kind::object;
        ondemand::object object;
        if (const auto failed = value.get_object().get(object)) {
            return failed;
        }
        auto** link = &node.child;
        for (auto member : object) {
            ondemand::field field;
            if (const auto failed = std::move(member).get(field)) {
                return failed;
            }
            auto* made = add(node, link);
            if (const auto failed = field.unescaped_key().get(made->key)) {
                return failed;
            }
            ondemand::value inner = field.value();
            if (const auto failed = descend(*made, inner, depth)) {
                return failed;
            }
        }
        return simdjson::SUCCESS;
    }

    template <class Value>
    simdjson::error_code fill_array(JsonNode& node, Value& value, std::size_t depth) {
        node.kind = Kind::array;
        ondemand::array array;
        if (const auto failed = value.get_array().get(array)) {
            return failed;
        }
        auto** link = &node.child;
        for (auto element : array) {
            ondemand::value inner;
            if (const auto failed = element.get(inner)) {
                return failed;
            }
            if (const auto failed = descend(*add(node, link), inner, depth)) {
                return failed;
            }
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code descend(JsonNode& node, ondemand::value& value, std::size_t depth) {
        return depth + 1 > JsonTree::kDepthMax ? simdjson::DEPTH_ERROR
                                               : fill(node, value, depth + 1);
    }

    JsonNode* add(JsonNode& parent, const JsonNode**& link) {
        auto* made = new (memory_.allocate(sizeof(JsonNode), alignof(JsonNode))) JsonNode{};
        *link = made;
        link = &made->next;
        ++parent.children;
        return made;
    }

    std::pmr::memory_resource& memory_;
};

}  // namespace

struct JsonTree::Memory {
    explicit Memory(std::string_view text) : padded(text) {}
    simdjson::padded_string padded;
    ondemand::parser parser;
    std::pmr::monotonic_buffer_resource nodes;
    JsonNode root;
};

JsonTree::JsonTree(std::unique_ptr<Memory> memory, const JsonNode* root)
    : memory_(std::move(memory)), root_(root) {}
JsonTree::JsonTree(JsonTree&&) noexcept = default;
JsonTree& JsonTree::operator=(JsonTree&&) noexcept = default;
JsonTree::~JsonTree() = default;

Result<JsonTree> JsonTree::parse(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) {
        return Error{
            Errc::limit_exceeded, "larger than " + std::to_string(bytes_max >> 20) + " MiB"};
    }
    auto memory = std::make_unique<Memory>(text);
    ondemand::document document;
    auto failed = memory->parser.iterate(memory->padded).get(document);
    if (!failed) {
        failed = Builder{memory->nodes}.fill(memory->root, document, 0);
    }
    if (!failed && document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
        failed = simdjson::TRAILING_CONTENT;
    }
    if (failed) {
        return Error{
            Errc::corrupt_input, std::string{"no JSON: "} + simdjson::error_message(failed)};
    }
    const auto* root = &memory->root;
    return JsonTree{std::move(memory), root};
}

const JsonNode* JsonNode::find(std::string_view name) const {
    if (kind != Kind::object) {
        return nullptr;
    }
    for (const auto* node = child; node != nullptr; node = node->next) {
        if (node->key == name) {
            return node;
        }
    }
    return nullptr;
}

}  // namespace pulse::pricing::detail
