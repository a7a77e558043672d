#pragma once

#include "app/config/config.h"

#include <map>
#include <string>
#include <string_view>

namespace pulse::app {

using Variables = std::map<std::string, std::string, std::less<>>;

[[nodiscard]] inline EnvironmentLookup environment_of(Variables variables) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
}

/// Parses as the file /etc/pulse/p.yaml.
[[nodiscard]] inline Result<Config> parse(std::string_view text, Variables variables = {}) {
    return parse_config(text, "/etc/pulse/p.yaml", environment_of(std::move(variables)));
}

/// The detail of the error, its file name shortened to p.yaml; empty when there is none.
[[nodiscard]] inline std::string problems(std::string_view text, Variables variables = {}) {
    const Result<Config> config = parse(text, std::move(variables));
    std::string detail = config ? "" : config.error().detail();
    constexpr std::string_view kFolder = "/etc/pulse/";
    for (std::size_t at = 0; (at = detail.find(kFolder, at)) != std::string::npos;) {
        detail.erase(at, kFolder.size());
    }
    return detail;
}

[[nodiscard]] inline const gateway::ProviderSettings* provider(
    const Config& config, std::string_view name) {
    for (const gateway::ProviderSettings& entry : config.gateway.providers) {
        if (entry.name == name) {
            return &entry;
        }
    }
    return nullptr;
}

}  // namespace pulse::app
