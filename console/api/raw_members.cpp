#include "console/api/raw_members.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace pulse::console {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Walks valid JSON.
class Walker {
public:
    explicit Walker(std::string_view json) : json_(json) {}

    [[nodiscard]] char next() {
        at_ = std::min(json_.find_first_not_of(kBlanks, at_), json_.size());
        return at_ < json_.size() ? json_[at_] : '\0';
    }
    void step() { at_ = std::min(at_ + 1, json_.size()); }

    /// The value that begins here.
    [[nodiscard]] std::string_view value() {
        (void)next();
        const std::size_t begin = at_;
        std::size_t depth = 0;
        do {
            const char c = next();
            if (c == '\0') {
                break;
            }
            if (c == '"') {
                skip_text();
            } else if (c == '{' || c == '[') {
                ++depth;
                step();
            } else if (c == '}' || c == ']') {
                --depth;
                step();
            } else if (c == ',' || c == ':') {
                step();
            } else {
                at_ = std::min(json_.find_first_of(" \t\r\n,:]}", at_), json_.size());
            }
        } while (depth > 0);
        return json_.substr(begin, at_ - begin);
    }

private:
    void skip_text() {
        for (step(); at_ < json_.size() && json_[at_] != '"'; step()) {
            if (json_[at_] == '\\') {
                step();
            }
        }
        step();
    }

    std::string_view json_;
    std::size_t at_ = 0;
};

[[nodiscard]] std::string text_of(std::string_view quoted) {
    boost::system::error_code failed;
    const boost::json::value value = boost::json::parse({quoted.data(), quoted.size()}, failed);
    return failed || !value.is_string() ? std::string{} : std::string{value.get_string().c_str()};
}

}  // namespace

std::vector<std::pair<std::string, std::string_view>> raw_members(std::string_view json) {
    std::vector<std::pair<std::string, std::string_view>> members;
    Walker walker{json};
    if (walker.next() != '{') {
        return members;
    }
    walker.step();
    while (walker.next() == '"') {
        std::string name = text_of(walker.value());
        if (walker.next() == ':') {
            walker.step();
        }
        members.emplace_back(std::move(name), walker.value());
        if (walker.next() == ',') {
            walker.step();
        }
    }
    return members;
}

}  // namespace pulse::console
