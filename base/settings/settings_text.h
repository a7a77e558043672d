#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pulse {

/// What the writer of a table says of a row. Texts are literals.
struct SettingNotes {
    std::string_view doc;
    bool secret = false;         ///< may be `file:PATH`; never printed
    bool needs_restart = false;  ///< a reload does not change it
    bool required = false;       ///< of each entry of a map or list
};

/// A row of a table as documents show it.
struct SettingDoc {
    enum class Form {
        value,
        group,    ///< a map with the rows that follow, one level deeper
        entries,  ///< a map from any name to the rows that follow
        items,    ///< a list of maps of the rows that follow
    };
    Form form = Form::value;
    std::size_t level = 0;
    bool in_example = false;  ///< inside entries or items: there is no default, only an example
    std::string path;         ///< "gateway.timeouts.connect", "providers.NAME.base_url",
                              ///< "models.NAME.targets[].weight"
    std::string_view name;
    std::string type;          ///< "duration, 1ms to 24h"
    std::string default_yaml;  ///< as YAML shows it; of a secret always `""`
    SettingNotes notes;
};

/// Text as a YAML scalar, quoted where it must be.
[[nodiscard]] std::string yaml_scalar(std::string_view text);

/// The rows as a commented YAML file: every setting with its default, entries as commented
/// examples. Reading it gives the defaults.
[[nodiscard]] std::string settings_yaml(const std::vector<SettingDoc>& docs);

/// The rows as Markdown: a section per top-level row, a table line per setting.
[[nodiscard]] std::string settings_markdown(const std::vector<SettingDoc>& docs);

}  // namespace pulse
