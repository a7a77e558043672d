#include "app/config/config.h"

#include "app/config/config_spec.h"
#include "base/settings/settings_reader.h"
#include "storage/store_url.h"

#include <optional>
#include <utility>

namespace pulse::app {
namespace {

constexpr std::string_view kDefaultsName = "(defaults)";

/// Is a key written in the document, as a path of keys?
[[nodiscard]] std::optional<SettingsPlace> written(
    SettingsPlace place, std::initializer_list<std::string_view> path) {
    for (const std::string_view key : path) {
        if (place.node->find(key) == nullptr) {
            return std::nullopt;
        }
        place = place.at(key);
    }
    return place;
}

/// A place of the environment, for messages.
[[nodiscard]] SettingsPlace variable_place(std::string_view name) {
    return {nullptr, 1, std::string(name)};
}

void apply_environment(SettingsReader& reader, const SettingsPlace& root, Config& config) {
    const auto variable = [&](std::string_view name) {
        const EnvironmentLookup& lookup = reader.source().environment;
        return lookup ? lookup(name).value_or("") : std::string{};
    };
    const auto listen = [&](std::string_view name, const std::string& text) {
        if (Result<net::ListenAddress> address = net::parse_listen_address(text)) {
            config.gateway.listen = std::move(*address);
        } else {
            reader.problem(
                variable_place(name),
                "is no address to listen on (a variable of the environment); allowed are such as "
                "127.0.0.1:8080 and :8080");
        }
    };
    if (const std::string address = variable("PULSE_GATEWAY_LISTEN"); !address.empty()) {
        listen("PULSE_GATEWAY_LISTEN", address);
    } else if (const std::string port = variable("PORT"); !port.empty()) {
        // Platforms that set PORT reach the program from outside of its container.
        const bool has_host = written(root, {"gateway", "listen"}).has_value();
        net::ListenAddress host =
            has_host ? config.gateway.listen : net::ListenAddress{"0.0.0.0", 0};
        host.port = 0;
        const std::string text = host.to_string();
        listen("PORT", text.substr(0, text.rfind(':') + 1) + port);
    }
}

void resolve_paths(const SettingsSource& source, Config& config) {
    config.gateway.tls_certificate = source.resolved(config.gateway.tls_certificate);
    config.gateway.tls_private_key = source.resolved(config.gateway.tls_private_key);
    config.store.spool.path = source.resolved(config.store.spool.path);
    config.store.backup.path = source.resolved(config.store.backup.path);
    if (const auto path = storage::sqlite_path(config.store.url)) {
        config.store.url = "sqlite:" + source.resolved(*path).string();
    }
    for (std::filesystem::path& catalog : config.pricing.catalogs) {
        catalog = source.resolved(catalog);
    }
}

void check_listeners(SettingsReader& reader, const SettingsPlace& root, const Config& config) {
    struct Listener {
        std::string_view section;
        const net::ListenAddress& address;
    };
    const Listener listeners[] = {
        {"gateway", config.gateway.listen},
        {"console", config.console.listen},
        {"metrics", config.metrics.listen}};
    for (std::size_t i = 1; i < std::size(listeners); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const net::ListenAddress& a = listeners[i].address;
            const net::ListenAddress& b = listeners[j].address;
            const auto is_any = [](const std::string& host) {
                return host == "0.0.0.0" || host == "::";
            };
            if (a.port != 0 && a.port == b.port &&
                (a.host == b.host || is_any(a.host) || is_any(b.host))) {
                reader.problem(
                    root.at(listeners[i].section).at("listen"),
                    a.to_string() + " is taken by " + std::string(listeners[j].section) +
                        ".listen; each needs a port of its own");
            }
        }
    }
}

void check_together(SettingsReader& reader, const SettingsPlace& root, const Config& config) {
    check_listeners(reader, root, config);
    if (config.gateway.tls_certificate.empty() != config.gateway.tls_private_key.empty()) {
        reader.problem(
            root.at("gateway").at("tls"), "needs both certificate and private_key, or none");
    }
    const BootstrapAdmin& admin = config.bootstrap.admin;
    const SettingsPlace place = root.at("bootstrap").at("admin");
    if (!admin.email.empty() && admin.password.empty()) {
        reader.problem(place.at("password"), "is empty; the first user needs one");
    }
}

/// What this version reads and does not do, where it is written.
void warn_of_later(SettingsReader& reader, const SettingsPlace& root, const ConfigSpec& spec) {
    const auto warn = [&](std::initializer_list<std::string_view> path, const char* why) {
        if (const auto place = written(root, path)) {
            reader.warning(*place, std::string("has no effect in this version: ") + why);
        }
    };
    if (spec.config.policy.store == kEmbeddedStore) {
        warn({"policy", "on_store_failure"}, "the embedded store does not fail on its own");
    }
    if (!spec.config.console.cron_secret.empty()) {
        warn({"console", "cron_secret"}, "there are no scheduled jobs yet");
    }
}

[[nodiscard]] SettingsReader make_reader(
    const std::filesystem::path& file_name, const EnvironmentLookup& environment) {
    return SettingsReader(
        {.file_name = file_name.empty() ? std::string(kDefaultsName) : file_name.string(),
         .directory = file_name.parent_path(),
         .environment = environment});
}

}  // namespace

Result<Config> load_config(const std::filesystem::path& path) {
    if (path.empty()) {
        return parse_config({}, {}, process_environment());
    }
    const Result<std::string> text = read_settings_file(path);
    if (!text) {
        return text.error();
    }
    return parse_config(*text, path, process_environment());
}

Result<Config> parse_config(
    std::string_view text,
    const std::filesystem::path& file_name,
    const EnvironmentLookup& environment) {
    SettingsReader reader = make_reader(file_name, environment);
    const SettingsNode document = parse_settings(text, reader.source(), reader.problems());
    const SettingsPlace root{&document, 1, {}};
    ConfigSpec spec;
    static const SettingsTable<ConfigSpec> table = config_table();
    table.read(reader, root, spec);

    Config& config = spec.config;
    apply_environment(reader, root, config);
    resolve_paths(reader.source(), config);
    check_together(reader, root, config);
    // A server has its own keepers; the embedded database has nobody else.
    if (!storage::sqlite_path(config.store.url) && !written(root, {"store", "backup"})) {
        config.store.backup.every = std::chrono::milliseconds{0};
    }
    config.gateway.providers = make_providers(reader, root, spec.providers);
    config.gateway.models = make_models(reader, spec);
    config.bootstrap.keys = make_bootstrap_keys(reader, spec.bootstrap_keys);
    warn_of_later(reader, root, spec);
    if (const auto error = reader.error()) {
        return *error;
    }
    config.file = file_name;
    config.warnings = reader.warnings();
    return std::move(config);
}

std::string default_config_yaml() {
    return "# The configuration of Pulse: every setting with its default. ${NAME} and "
           "${NAME:-default} are replaced by the\n"
           "# environment, secrets may be file:PATH, relative paths are relative to this "
           "file.\n\n" +
           settings_yaml(config_table().describe());
}

std::string settings_document() {
    return "# Settings\n\n"
           "`pulse --config FILE` (or `PULSE_CONFIG`) reads a YAML file; `pulse config default` "
           "prints one with every setting, and\n"
           "`pulse config check` says what is wrong with one. An unknown key is an error. "
           "`${NAME}` and `${NAME:-default}` are\n"
           "replaced by the environment (`$${` is a literal `${`), secrets may be `file:PATH`, and "
           "relative paths are relative to the\n"
           "file. Durations are a whole number and `ms`, `s`, `m`, `h`, `d`, `w` or `mo`; sizes "
           "are bytes, or a whole number and\n"
           "`KiB`, `MiB`, `GiB` or `TiB`. This page is made from the program's own tables.\n" +
           settings_markdown(config_table().describe());
}

}  // namespace pulse::app
