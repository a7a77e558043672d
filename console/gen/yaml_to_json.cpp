// yaml_to_json IN OUT: a YAML document as JSON, for the build. Plain true, false, null and whole
// numbers keep their type; all else, and what is quoted, is text.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

namespace {

namespace json = boost::json;

[[nodiscard]] json::value scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const bool is_quoted = node.Tag() == "!";
    if (is_quoted) {
        return json::string{text};
    }
    if (text == "true" || text == "false") {
        return text == "true";
    }
    if (text == "null" || text == "~" || text.empty()) {
        return nullptr;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) {
        return number;
    }
    return json::string{text};
}

[[nodiscard]] json::value converted(const YAML::Node& node) {
    if (node.IsMap()) {
        json::object object;
        for (const auto& member : node) {
            object[member.first.Scalar()] = converted(member.second);
        }
        return object;
    }
    if (node.IsSequence()) {
        json::array array;
        for (const YAML::Node& item : node) {
            array.push_back(converted(item));
        }
        return array;
    }
    return node.IsScalar() ? scalar(node) : json::value(nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: yaml_to_json IN OUT\n", stderr);
        return 2;
    }
    try {
        std::ofstream out(argv[2], std::ios::binary);
        out << json::serialize(converted(YAML::LoadFile(argv[1])));
        return out.flush() ? 0 : 1;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s: %s\n", argv[1], failure.what());
        return 1;
    }
}
