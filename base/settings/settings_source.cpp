#include "base/settings/settings_source.h"

#include <cstdlib>

namespace pulse {

EnvironmentLookup process_environment() {
    return [](std::string_view name) -> std::optional<std::string> {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): settings are read while nothing changes the
        // environment.
        const char* value = std::getenv(std::string(name).c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

std::filesystem::path SettingsSource::resolved(const std::filesystem::path& path) const {
    return path.empty() || path.is_absolute() ? path : (directory / path).lexically_normal();
}

}  // namespace pulse
