#pragma once

#include "base/settings/settings_file.h"
#include "base/settings/settings_node.h"
#include "base/settings/settings_source.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse {

/// Collects what is wrong while tables read a document. Value; not thread-safe.
class SettingsReader {
public:
    explicit SettingsReader(SettingsSource source);

    [[nodiscard]] const SettingsSource& source() const { return source_; }

    void problem(const SettingsPlace& place, std::string what);
    /// Something to know that keeps nobody from starting: "FILE:LINE: key `a.b`: what".
    void warning(const SettingsPlace& place, std::string what);

    /// The text at `place`; nothing, and a problem, when a list or map stands there.
    [[nodiscard]] std::optional<std::string> text(const SettingsPlace& place);
    /// The same for a secret, which may be `file:PATH`: then the content of that file without its
    /// last line end.
    [[nodiscard]] std::optional<std::string> secret(const SettingsPlace& place);
    /// Is a list (map) at `place`, or nothing at all? A problem when it is something else.
    [[nodiscard]] bool is_list(const SettingsPlace& place);
    [[nodiscard]] bool is_map(const SettingsPlace& place);

    /// A problem for each key of the map at `place` that is none of `known`; names the nearest.
    void refuse_unknown_keys(
        const SettingsPlace& place, const std::vector<std::string_view>& known);

    [[nodiscard]] std::vector<SettingsProblem>& problems() { return problems_; }
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
    /// All problems as one Error, a line each, in the file's order; nothing when there are none.
    [[nodiscard]] std::optional<Error> error() const;

private:
    SettingsSource source_;
    std::vector<SettingsProblem> problems_;
    std::vector<std::string> warnings_;
};

/// The word of `known` that `word` is probably meant to be; empty when none is near.
[[nodiscard]] std::string_view nearest_word(
    std::string_view word, const std::vector<std::string_view>& known);

}  // namespace pulse
