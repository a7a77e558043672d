#include "policy/access/detail/json_tree.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <utility>

namespace pulse::policy::detail {
namespace {

constexpr std::size_t kJsonBytesMax = std::size_t{64} << 10U;
constexpr std::size_t kDepthMax = 8;

using boost::json::error_code;
using Text = boost::json::string_view;

/// Takes the parser's events and puts the tree together. The names and results are Boost.JSON's.
class TreeBuilder {
public:
    // NOLINTBEGIN(readability-identifier-naming): the parser asks for these names.
    static constexpr std::size_t max_object_size = kJsonBytesMax;
    static constexpr std::size_t max_array_size = kJsonBytesMax;
    static constexpr std::size_t max_key_size = kJsonBytesMax;
    static constexpr std::size_t max_string_size = kJsonBytesMax;
    // NOLINTEND(readability-identifier-naming)

    [[nodiscard]] JsonNode take_root() { return std::move(root_); }
    [[nodiscard]] const std::string& repeated_name() const { return repeated_name_; }

    bool on_document_begin(error_code& /*ec*/) { return true; }
    bool on_document_end(error_code& /*ec*/) { return true; }

    bool on_object_begin(error_code& /*ec*/) { return open(JsonNode::Kind::object); }
    bool on_object_end(std::size_t /*size*/, error_code& /*ec*/) { return close(); }
    bool on_array_begin(error_code& /*ec*/) { return open(JsonNode::Kind::array); }
    bool on_array_end(std::size_t /*size*/, error_code& /*ec*/) { return close(); }

    bool on_key_part(Text part, std::size_t /*size*/, error_code& /*ec*/) { return append(part); }
    bool on_key(Text part, std::size_t /*size*/, error_code& ec) {
        append(part);
        std::vector<std::string>& names = open_.back()->names;
        if (std::find(names.begin(), names.end(), text_) != names.end()) {
            repeated_name_ = text_;
            ec = boost::json::error::syntax;
            return false;
        }
        names.push_back(std::exchange(text_, {}));
        return true;
    }
    bool on_string_part(Text part, std::size_t /*size*/, error_code& /*ec*/) {
        return append(part);
    }
    bool on_string(Text part, std::size_t /*size*/, error_code& /*ec*/) {
        append(part);
        return add(JsonNode::Kind::string);
    }

    bool on_number_part(Text part, error_code& /*ec*/) { return append(part); }
    bool on_int64(std::int64_t /*value*/, Text part, error_code& /*ec*/) { return number(part); }
    bool on_uint64(std::uint64_t /*value*/, Text part, error_code& /*ec*/) { return number(part); }
    bool on_double(double /*value*/, Text part, error_code& /*ec*/) { return number(part); }

    bool on_bool(bool value, error_code& /*ec*/) {
        add(JsonNode::Kind::boolean);
        last().truth = value;
        return true;
    }
    bool on_null(error_code& /*ec*/) { return add(JsonNode::Kind::null); }
    bool on_comment_part(Text /*part*/, error_code& /*ec*/) { return true; }
    bool on_comment(Text /*part*/, error_code& /*ec*/) { return true; }

private:
    [[nodiscard]] JsonNode& last() { return open_.empty() ? root_ : open_.back()->items.back(); }

    bool append(Text part) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool number(Text part) {
        append(part);
        return add(JsonNode::Kind::number);
    }
    bool add(JsonNode::Kind kind) {
        if (!open_.empty()) {
            open_.back()->items.emplace_back();
        }
        last().kind = kind;
        last().text = std::exchange(text_, {});
        return true;
    }
    bool open(JsonNode::Kind kind) {
        add(kind);
        // Stays valid: while a node is open its siblings cannot grow.
        open_.push_back(&last());
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    JsonNode root_;
    std::vector<JsonNode*> open_;
    std::string text_;
    std::string repeated_name_;
};

}  // namespace

std::string_view to_string(JsonNode::Kind kind) {
    switch (kind) {
        case JsonNode::Kind::null:
            return "null";
        case JsonNode::Kind::boolean:
            return "a boolean";
        case JsonNode::Kind::number:
            return "a number";
        case JsonNode::Kind::string:
            return "a string";
        case JsonNode::Kind::array:
            return "a list";
        case JsonNode::Kind::object:
            return "an object";
    }
    return "unknown";
}

Result<JsonNode> read_json_tree(std::string_view json) {
    if (json.size() > kJsonBytesMax) {
        return Error{
            Errc::invalid_request,
            "longer than " + std::to_string(kJsonBytesMax) +
                " bytes: " + std::to_string(json.size())};
    }
    boost::json::parse_options options;
    options.max_depth = kDepthMax;
    boost::json::basic_parser<TreeBuilder> parser{options};
    error_code ec;
    const std::size_t read = parser.write_some(false, json.data(), json.size(), ec);
    if (!ec && read < json.size()) {
        ec = boost::json::error::extra_data;
    }
    if (ec) {
        const std::string& name = parser.handler().repeated_name();
        return Error{
            Errc::invalid_request,
            name.empty() ? "not valid JSON at byte " + std::to_string(read) + ": " + ec.message()
                         : "\"" + name + "\" stands twice in one object"};
    }
    return parser.handler().take_root();
}

}  // namespace pulse::policy::detail
