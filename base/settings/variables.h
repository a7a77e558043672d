#pragma once

#include "base/error.h"
#include "base/settings/settings_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace pulse {

/// The `${NAME}` and `${NAME:-default}` of a settings file. They are taken out of the text before
/// YAML sees it, because
/// `{` and `:` mean something there and because a variable's value must never be read as YAML, and
/// are put back into the values afterwards. `$${` stands for `${`. Value; not thread-safe.
class SettingsVariables {
public:
    /// Replaces each variable of `text` by a mark without meaning in YAML. Errors: configuration
    /// when the text holds the characters that marks are made of.
    [[nodiscard]] Result<std::string> take_out(std::string_view text);

    struct Expanded {
        std::string text;
        std::string unset;  ///< names that are not set and have no default, comma between
    };
    /// A value with its marks replaced by what the variables stand for. Unset ones are empty; `:-`
    /// also serves where the variable is empty, as in a shell.
    [[nodiscard]] Expanded expand(
        std::string_view value, const EnvironmentLookup& environment) const;

    /// A text with its marks replaced by what was written.
    [[nodiscard]] std::string written(std::string_view text) const;

private:
    struct Variable {
        std::string written;
        std::string name;  ///< empty for the escape
        std::string fallback;
        bool has_fallback = false;
    };
    template <class Replace>
    void each_part(std::string_view text, std::string& out, Replace&& replace) const;

    std::vector<Variable> variables_;
};

}  // namespace pulse
