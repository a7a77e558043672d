#pragma once

#include "base/error.h"
#include "base/log.h"
#include "base/settings/settings_source.h"
#include "gateway/settings.h"
#include "net/listener.h"
#include "policy/access/policy.h"
#include "storage/spool/spool.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::app {

struct ConsoleSettings {
    net::ListenAddress listen{"127.0.0.1", 8081};
    std::string cron_secret;
};

struct MetricsSettings {
    net::ListenAddress listen{"127.0.0.1", 9464};
};

/// How long rows are kept; unset: for ever.
struct Retention {
    std::optional<std::chrono::milliseconds> requests = std::chrono::hours{24 * 90};
    std::optional<std::chrono::milliseconds> cost_events = std::chrono::months{24};
};

struct BackupSettings {
    std::filesystem::path path = "backups";
    std::chrono::milliseconds every = std::chrono::hours{6};  ///< zero: never
    std::int64_t keep = 28;
};

struct StoreSettings {
    std::string url = "sqlite:pulse.db";  ///< as storage::open_database takes it, its path resolved
    storage::SpoolSettings spool;
    Retention retention;
    BackupSettings backup;
};

inline constexpr const char* kEmbeddedStore = "embedded";

struct PolicySettings {
    std::string store = kEmbeddedStore;  ///< or a URL, as net::redis::parse_redis_url() takes it
    std::string time_zone = "UTC";
};

struct PricingSettings {
    std::vector<std::filesystem::path> catalogs;  ///< extra ones, later ones win
    std::string refresh_url;                      ///< where newer prices come from; empty: nowhere
    std::chrono::milliseconds refresh_every = std::chrono::hours{24};
};

/// The console's first user.
struct BootstrapAdmin {
    std::string email;     ///< empty: none
    std::string password;  ///< secret
};

/// A virtual key that is made at start when it is not there.
struct BootstrapKey {
    std::string label;
    std::string key;  ///< secret: the key's whole text
    std::string org;
    std::string team;
    std::string project;
    std::string user;
    std::string app;
    std::string policy_json = "{}";  ///< accepted by policy::parse_policy
};

struct BootstrapSettings {
    BootstrapAdmin admin;
    std::vector<BootstrapKey> keys;
};

struct LoggingSettings {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::json;
    std::optional<std::chrono::milliseconds> content_retention = std::chrono::hours{24 * 7};
};

/// The whole configuration (docs/operations/settings.md), validated, paths resolved against the
/// file's folder. Value; not thread-safe.
struct Config {
    gateway::GatewaySettings gateway;
    ConsoleSettings console;
    MetricsSettings metrics;
    StoreSettings store;
    PolicySettings policy;
    PricingSettings pricing;
    BootstrapSettings bootstrap;
    LoggingSettings logging;
    std::filesystem::path file;         ///< empty: the defaults
    std::vector<std::string> warnings;  ///< what is accepted and has no effect, one line each
};

/// Reads a configuration file; an empty path gives the defaults. Both take the environment's
/// overrides: PULSE_GATEWAY_LISTEN, else PORT, for gateway.listen, and the providers' own variables
/// (OPENAI_API_KEY …) where the file names no provider. Errors: configuration whose detail has one
/// line per problem, "FILE:LINE: key `a.b.c`: what is wrong; what is allowed".
[[nodiscard]] Result<Config> load_config(const std::filesystem::path& path);
[[nodiscard]] Result<Config> parse_config(
    std::string_view text,
    const std::filesystem::path& file_name,
    const EnvironmentLookup& environment);

/// `pulse config default`: every setting with its default and meaning. parse_config() of it gives
/// the defaults.
[[nodiscard]] std::string default_config_yaml();

/// The text of docs/operations/settings.md.
[[nodiscard]] std::string settings_document();

}  // namespace pulse::app
