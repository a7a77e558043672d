#include "pricing/catalog/match_rule.h"

#include "base/json_text.h"
#include "pricing/catalog/detail/folded_text.h"
#include "pricing/catalog/detail/json_tree.h"

#include <boost/regex.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace pulse::pricing {

namespace detail {
struct Pattern {
    boost::regex regex;
};
}  // namespace detail

namespace {

using Kind = MatchRule::Kind;
using detail::JsonNode;

struct KindName {
    std::string_view name;
    Kind kind;
};
constexpr std::array<KindName, 7> kKinds{{
    {"equals", Kind::equals},
    {"starts_with", Kind::starts_with},
    {"ends_with", Kind::ends_with},
    {"contains", Kind::contains},
    {"regex", Kind::regex},
    {"or", Kind::any_of},
    {"and", Kind::all_of},
}};
constexpr std::size_t kTextMax = 256;

Error corrupt(std::string_view what) {
    return Error{Errc::corrupt_input, std::string{what}};
}

bool searches(const detail::Pattern& pattern, std::string_view name) {
    try {
        return boost::regex_search(name.begin(), name.end(), pattern.regex);
    } catch (const std::exception&) {
        return false;  // Boost gives up on expressions that explode
    }
}

}  // namespace

Result<MatchRule> MatchRule::parse(const JsonNode& node) {
    return parse(node, 0);
}

Result<MatchRule> MatchRule::parse(const JsonNode& node, int depth) {
    const auto* member = node.child;
    const auto known = [&] {
        return std::ranges::find_if(
            kKinds, [member](const KindName& entry) { return entry.name == member->key; });
    };
    if (!node.is(JsonNode::Kind::object) || node.children != 1 || known() == kKinds.end()) {
        return corrupt(
            "must be an object with one of equals, starts_with, ends_with, contains, regex, or, "
            "and");
    }
    MatchRule rule{known()->kind, {}};
    if (rule.kind_ != Kind::any_of && rule.kind_ != Kind::all_of) {
        if (!member->is(JsonNode::Kind::text) || member->text.empty() ||
            member->text.size() > kTextMax) {
            return corrupt("must hold a text of 1 to 256 bytes");
        }
        rule.text_ =
            rule.kind_ == Kind::regex ? std::string{member->text} : detail::folded(member->text);
        if (rule.kind_ == Kind::regex) {
            try {
                rule.pattern_ =
                    std::make_shared<detail::Pattern>(detail::Pattern{boost::regex{rule.text_}});
            } catch (const std::exception&) {
                return corrupt("\"" + rule.text_ + "\" is no regular expression");
            }
        }
        return rule;
    }
    if (!member->is(JsonNode::Kind::array) || member->children == 0 ||
        member->children > kPartsMax || depth >= kDepthMax) {
        return corrupt("`or` and `and` must hold 1 to 512 rules, at most 6 deep");
    }
    rule.parts_.reserve(member->children);
    for (const auto* part = member->child; part != nullptr; part = part->next) {
        auto read = parse(*part, depth + 1);
        if (!read) {
            return read.error();
        }
        rule.parts_.push_back(std::move(*read));
    }
    return rule;
}

MatchRule MatchRule::simple(Kind kind, std::string_view text) {
    return {kind, detail::folded(text)};
}

MatchRule MatchRule::any_of(std::vector<MatchRule> parts) {
    MatchRule rule{Kind::any_of, {}};
    rule.parts_ = std::move(parts);
    return rule;
}

bool MatchRule::matches(std::string_view name, std::string_view folded) const {
    const auto part_matches = [&](const MatchRule& part) {
        return part.matches(name, folded);
    };
    switch (kind_) {
        case Kind::equals:
            return folded == text_;
        case Kind::starts_with:
            return folded.starts_with(text_);
        case Kind::ends_with:
            return folded.ends_with(text_);
        case Kind::contains:
            return folded.find(text_) != std::string_view::npos;
        case Kind::regex:
            return searches(*pattern_, name);
        case Kind::any_of:
            return std::ranges::any_of(parts_, part_matches);
        case Kind::all_of:
            return std::ranges::all_of(parts_, part_matches);
    }
    return false;
}

void MatchRule::append_json(std::string& out) const {
    const auto* entry =
        std::ranges::find_if(kKinds, [this](const KindName& known) { return known.kind == kind_; });
    out.append("{\"").append(entry->name).append("\": ");
    if (kind_ != Kind::any_of && kind_ != Kind::all_of) {
        append_json_string(out, text_);
    } else {
        out.push_back('[');
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            out.append(i == 0 ? "" : ", ");
            parts_[i].append_json(out);
        }
        out.push_back(']');
    }
    out.push_back('}');
}

StatedNames stated_names(const MatchRule& rule) {
    StatedNames out;
    if (rule.kind() == Kind::equals) {
        out.names.push_back(rule.text());
        return out;
    }
    if (rule.kind() != Kind::any_of) {
        out.open = std::make_shared<const MatchRule>(rule);
        return out;
    }
    std::vector<MatchRule> open;
    for (const auto& part : rule.parts()) {
        auto stated = stated_names(part);
        std::ranges::move(stated.names, std::back_inserter(out.names));
        if (stated.open) {
            open.push_back(*stated.open);
        }
    }
    if (!open.empty()) {
        out.open = std::make_shared<const MatchRule>(
            open.size() == 1 ? open.front() : MatchRule::any_of(std::move(open)));
    }
    return out;
}

}  // namespace pulse::pricing
