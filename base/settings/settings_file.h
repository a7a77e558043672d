#pragma once

#include "base/error.h"
#include "base/settings/settings_node.h"
#include "base/settings/settings_source.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pulse {

/// One thing that is wrong in a settings file.
struct SettingsProblem {
    int line = 1;
    std::string key;   ///< full path; empty when no key is concerned
    std::string what;  ///< what is wrong; what is allowed

    /// "FILE:LINE: key `a.b.c`: what is wrong; what is allowed"
    [[nodiscard]] std::string text(const std::string& file_name) const;
};

/// A file's YAML as nodes: its root is a map. Bounds: 1 MiB, 32 levels, 20,000 values, 2,000 keys a
/// map. Anchors, aliases, duplicate keys, keys that are no text and a second document are refused.
/// What is wrong is appended to `problems`; what could be read is returned all the same, so that
/// one run can report everything.
inline constexpr std::size_t kSettingsBytesMax = std::size_t{1} << 20;
[[nodiscard]] SettingsNode parse_settings(
    std::string_view text, const SettingsSource& source, std::vector<SettingsProblem>& problems);

/// A whole small file. Errors: configuration that names the file and why, also when it is longer
/// than `bytes_max`.
[[nodiscard]] Result<std::string> read_settings_file(
    const std::filesystem::path& path, std::size_t bytes_max = kSettingsBytesMax);

}  // namespace pulse
