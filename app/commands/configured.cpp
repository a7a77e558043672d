#include <cstdio>
#include <cstdlib>

#include "app/commands/command.h"

namespace pulse::app {

int fail(const Error& error) {
    std::fprintf(stderr, "pulse: %s\n", error.detail().empty() ? "failed" : error.detail().c_str());
    const bool is_usage = error.code() == Errc::configuration || error.code() == Errc::invalid_request ||
                          error.code() == Errc::not_found;
    return is_usage ? kExitUsage : kExitFailed;
}

Result<Config> read_config(const CommonOptions& options) {
    return load_config(options.data.empty() ? options.config : options.data / "pulse.yaml");
}

Result<std::unique_ptr<storage::Database>> open_configured_database(const CommonOptions& options) {
    const auto config = read_config(options);
    if (!config) {
        return config.error();
    }
    auto database = storage::open_database(config->store.url);
    if (!database) {
        return database.error();
    }
    if (auto migrated = (*database)->migrate_up(); !migrated) {
        return migrated.error();
    }
    return database;
}

}  // namespace pulse::app
