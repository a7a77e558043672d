#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pulse {

/// Looks a variable up; nothing when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// The process's own environment. Not to be called while another thread changes it.
[[nodiscard]] EnvironmentLookup process_environment();

/// What a settings file is read against.
struct SettingsSource {
    std::string file_name;  ///< as messages name it
    std::filesystem::path
        directory;  ///< what relative paths are relative to; empty: the working directory
    EnvironmentLookup environment;

    /// `path` as it is when absolute or empty, else under `directory`.
    [[nodiscard]] std::filesystem::path resolved(const std::filesystem::path& path) const;
};

}  // namespace pulse
