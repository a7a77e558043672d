#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pulse {

struct SettingsEntry;

/// One value of a settings file: the YAML reduced to text, lists and maps, each with its line.
/// Variables are replaced already. Value; not thread-safe.
struct SettingsNode {
    enum class Kind { text, list, map };
    Kind kind = Kind::text;
    int line = 1;
    bool quoted = false;              ///< the text stood in quotes
    std::string text;                 ///< empty for null
    std::string unset_variables;      ///< names of variables in it that are not set, comma between
    std::vector<SettingsNode> items;  ///< of a list
    std::vector<SettingsEntry> entries;  ///< of a map, in the file's order, no key twice

    /// Nothing was written behind the key.
    [[nodiscard]] bool is_blank() const { return kind == Kind::text && text.empty() && !quoted; }
    /// The entry with that key; null when there is none.
    [[nodiscard]] const SettingsEntry* find(std::string_view key) const;
};

struct SettingsEntry {
    std::string key;
    int line = 1;  ///< of the key
    SettingsNode value;
};

/// Where a value stands, for messages. The node is borrowed from the document.
struct SettingsPlace {
    const SettingsNode* node = nullptr;
    int line = 1;
    std::string path;  ///< "providers.openai"

    [[nodiscard]] SettingsPlace child(const SettingsEntry& entry) const;
    [[nodiscard]] SettingsPlace item(std::size_t index) const;
    /// The place of `key` in this map; this place, with the key's path, where the key is not
    /// written.
    [[nodiscard]] SettingsPlace at(std::string_view key) const;
};

}  // namespace pulse
