#pragma once

#include "app/config/config.h"
#include "base/money.h"
#include "base/settings/settings_node.h"
#include "base/settings/settings_table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The configuration as it is written: what differs from the runtime form in app/config/config.h.
// Borrowed places live as long as the document that was read.

namespace pulse::app {

/// One model of `providers.NAME.prices`: USD per million tokens.
struct PriceSpec {
    std::string name;
    SettingsPlace place;
    std::optional<Money> input;
    std::optional<Money> cached_input;
    std::optional<Money> cache_write;
    std::optional<Money> output;
    std::optional<Money> reasoning_output;
    std::optional<Money> input_audio;
    std::optional<Money> output_audio;
    std::optional<Money> input_image;
};

/// One entry of `providers`.
struct ProviderSpec {
    std::string name;
    SettingsPlace place;
    bool enabled = true;
    std::string kind;
    std::string base_url;
    std::string api_key;
    std::vector<std::string> models;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> forward_headers;
    std::vector<PriceSpec> prices;
    gateway::OnDisconnect on_disconnect = gateway::OnDisconnect::by_kind;
    gateway::UsageOptionRule usage_option = gateway::UsageOptionRule::automatic;
    std::int64_t max_connections = 1000;
    std::string proxy;
    std::filesystem::path ca;
    bool insecure = false;
    std::string api_version;
    std::vector<std::pair<std::string, std::string>> deployments;
    std::string region;
    std::string project;
    std::string credentials;
};

struct TargetSpec {
    SettingsPlace place;
    std::string provider;
    std::string model;
    std::int64_t weight = 1;
};

/// `models.NAME.retry`, read and checked; one attempt is made.
struct RetrySpec {
    std::int64_t attempts = 1;
    std::vector<std::string> on;
};

/// One entry of `models`.
struct ModelSpec {
    std::string name;
    SettingsPlace place;
    std::string strategy = "fallback";
    std::vector<TargetSpec> targets;
    RetrySpec retry;
    bool drop_unsupported = false;
    SettingsPlace timeouts;
};

/// One entry of `bootstrap.keys`.
struct BootstrapKeySpec {
    SettingsPlace place;
    BootstrapKey key;
    SettingsPlace policy;
};

/// What the document's tables fill.
struct ConfigSpec {
    Config config;
    std::vector<ProviderSpec> providers;
    std::vector<ModelSpec> models;
    std::vector<BootstrapKeySpec> bootstrap_keys;
};

/// The rows of everything.
[[nodiscard]] SettingsTable<ConfigSpec> config_table();
[[nodiscard]] SettingsTable<ConfigSpec> gateway_table();
[[nodiscard]] SettingsTable<ProviderSpec> provider_table();
[[nodiscard]] SettingsTable<ModelSpec> model_table();
[[nodiscard]] SettingsTable<BootstrapKeySpec> bootstrap_key_table();
[[nodiscard]] SettingsTable<gateway::UpstreamTimeouts> model_timeouts_table();

/// The provider that is built in and always there unless it is disabled.
inline constexpr std::string_view kSandbox = "sandbox";

/// Spec to runtime form. What is wrong goes to `reader`; the result holds what is right.
[[nodiscard]] std::vector<gateway::ProviderSettings> make_providers(
    SettingsReader& reader, const SettingsPlace& root, const std::vector<ProviderSpec>& specs);
[[nodiscard]] std::vector<gateway::VirtualModel> make_models(
    SettingsReader& reader, const ConfigSpec& spec);
[[nodiscard]] std::vector<BootstrapKey> make_bootstrap_keys(
    SettingsReader& reader, const std::vector<BootstrapKeySpec>& specs);

}  // namespace pulse::app
