#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing {

namespace detail {
struct JsonNode;
struct Pattern;
}  // namespace detail

/// A rule for names, as upstream catalogues state which names a model goes by: `equals`,
/// `starts_with`, `ends_with`, `contains`, `regex`, and `or` / `and` of such. Without regard to
/// ASCII case, except regular expressions. Immutable; copies share.
class MatchRule {
public:
    enum class Kind : std::uint8_t {
        equals,
        starts_with,
        ends_with,
        contains,
        regex,
        any_of,
        all_of
    };

    /// Reads {"equals": "gpt-4o"}, {"or": [{…}, {…}]}, … Errors: corrupt_input that says what is
    /// allowed. At most kPartsMax parts, kDepthMax deep.
    [[nodiscard]] static Result<MatchRule> parse(const detail::JsonNode& node);
    /// Text of a simple rule; must not be of kind regex, any_of or all_of.
    [[nodiscard]] static MatchRule simple(Kind kind, std::string_view text);
    /// One of `parts`, of which there is at least one.
    [[nodiscard]] static MatchRule any_of(std::vector<MatchRule> parts);

    /// `name` as it was asked for and in small letters. A regular expression that takes too long
    /// on a name does not match it.
    [[nodiscard]] bool matches(std::string_view name, std::string_view folded) const;

    [[nodiscard]] Kind kind() const { return kind_; }
    /// As written; folded to small letters unless a regular expression.
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] const std::vector<MatchRule>& parts() const { return parts_; }

    /// The rule as it is read.
    void append_json(std::string& out) const;

    static constexpr std::size_t kPartsMax = 512;
    static constexpr int kDepthMax = 6;

private:
    MatchRule(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
    [[nodiscard]] static Result<MatchRule> parse(const detail::JsonNode& node, int depth);

    Kind kind_;
    std::string text_;
    std::vector<MatchRule> parts_;
    std::shared_ptr<const detail::Pattern> pattern_;
};

/// A rule taken apart: the names that it states in full, and the rest.
struct StatedNames {
    std::vector<std::string> names;         ///< of `equals`, folded
    std::shared_ptr<const MatchRule> open;  ///< null when the rule is nothing but names
};
[[nodiscard]] StatedNames stated_names(const MatchRule& rule);

}  // namespace pulse::pricing
