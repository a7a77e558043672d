#include "storage/tables/canonical_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::storage {
namespace {

namespace json = boost::json;

// As deep as the value, which was parsed with a bound on its depth.
void append(std::string& out, const json::value& value);

void append_object(std::string& out, const json::object& object) {
    std::vector<std::pair<std::string_view, const json::value*>> members;
    members.reserve(object.size());
    for (const auto& member : object) {
        members.emplace_back(member.key(), &member.value());
    }
    std::sort(members.begin(), members.end());
    char before = '{';
    for (const auto& [name, member] : members) {
        out.push_back(std::exchange(before, ','));
        out.append(json::serialize(json::string_view{name.data(), name.size()}));
        out.push_back(':');
        append(out, *member);
    }
    out.append(members.empty() ? "{}" : "}");
}

void append_array(std::string& out, const json::array& array) {
    char before = '[';
    for (const json::value& item : array) {
        out.push_back(std::exchange(before, ','));
        append(out, item);
    }
    out.append(array.empty() ? "[]" : "]");
}

void append(std::string& out, const json::value& value) {
    if (const json::object* object = value.if_object()) {
        append_object(out, *object);
    } else if (const json::array* array = value.if_array()) {
        append_array(out, *array);
    } else if (const double* number = value.if_double()) {
        std::array<char, 32> text{};
        const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), *number);
        out.push_back('"');
        out.append(text.data(), error == std::errc{} ? end : text.data());
        out.push_back('"');
    } else {
        out.append(json::serialize(value));
    }
}

}  // namespace

std::string canonical_json(const json::value& value) {
    std::string out;
    append(out, value);
    return out;
}

}  // namespace pulse::storage
