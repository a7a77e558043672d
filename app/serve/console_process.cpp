#include "app/commands/command.h"
#include "app/serve/backup_schedule.h"
#include "app/serve/console_server.h"
#include "app/serve/first_admin.h"
#include "app/serve/first_start.h"
#include "app/serve/housekeeping.h"
#include "app/serve/serve.h"
#include "base/log.h"
#include "storage/database.h"

#include <pthread.h>

#include <csignal>
#include <memory>
#include <optional>

namespace pulse::app {
namespace {

[[nodiscard]] sigset_t awaited_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

/// Brings the schema up and makes the first user. Errors: storage_unavailable, configuration.
[[nodiscard]] Result<void> prepare(const Config& config) {
    const auto database = storage::open_database(config.store.url);
    if (!database) {
        return database.error();
    }
    if (auto migrated = (*database)->migrate_up(); !migrated) {
        return migrated;
    }
    if (auto added = add_bootstrap_keys(**database, config.bootstrap); !added) {
        return added;
    }
    return add_bootstrap_admin((*database)->session(), config.bootstrap.admin);
}

/// False when a signal came first. Errors: all but storage_unavailable, which is waited out.
[[nodiscard]] Result<bool> prepare_when_there(const Config& config) {
    constexpr timespec kBetweenTries{.tv_sec = 1, .tv_nsec = 0};
    const sigset_t signals = awaited_signals();
    for (;;) {
        const auto prepared = prepare(config);
        if (prepared) {
            return true;
        }
        if (prepared.error().code() != Errc::storage_unavailable) {
            return prepared.error();
        }
        log_warn("waiting for the database", {{"error", prepared.error().detail()}});
        if (sigtimedwait(&signals, nullptr, &kBetweenTries) > 0) {
            return false;
        }
    }
}

[[nodiscard]] int run(const Config& config) {
    const auto console = ConsoleServer::start(config);
    if (!console) {
        return fail(console.error());
    }
    log_info("pulse console serves", {{"console", config.console.listen.to_string()}});
    const auto prepared = prepare_when_there(config);
    if (!prepared) {
        return fail(prepared.error());
    }
    if (*prepared) {
        auto kept = storage::open_database(config.store.url);
        if (!kept) {
            return fail(kept.error());
        }
        const Housekeeping housekeeping{*std::move(kept), config.store.retention};
        const BackupSchedule backups{config.store.backup, config.store.url};
        const sigset_t signals = awaited_signals();
        int signal = 0;
        while (sigwait(&signals, &signal) != 0) {
        }
    }
    log_info("stopped");
    return kExitDone;
}

}  // namespace

int serve_console(const ServeOptions& options) {
    // Before the first thread, so that all inherit it.
    const sigset_t signals = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    const auto config =
        load_config(options.data.empty() ? options.config : options.data / "pulse.yaml");
    if (!config) {
        return fail(config.error());
    }
    open_log(config->logging.level, config->logging.format);
    for (const std::string& warning : config->warnings) {
        log_warn(warning);
    }
    return run(*config);
}

}  // namespace pulse::app
