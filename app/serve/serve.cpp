#include "app/serve/serve.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands/command.h"
#include "app/serve/build_info.h"
#include "app/serve/first_start.h"
#include "app/serve/instance_lock.h"
#include "app/serve/server.h"
#include "app/serve/waiting_room.h"
#include "base/log.h"
#include "storage/database.h"
#include "storage/store_url.h"

namespace pulse::app {

namespace {

[[nodiscard]] sigset_t awaited_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signals;
}

[[nodiscard]] bool has_real_provider(const Config& config) {
    for (const gateway::ProviderSettings& provider : config.gateway.providers) {
        if (!provider.sandbox) {
            return true;
        }
    }
    return false;
}

/// What a newcomer needs; the key is shown at the start that made it and never again.
void print_banner(const Server& server, const std::filesystem::path& data) {
    const std::string url = server.gateway_url();
    const bool is_sandboxed = !has_real_provider(server.config());
    const std::string& key = server.first_key();
    std::string text = "\nPulse " + build_info().version + "\n";
    text += "  gateway   " + url + "/v1\n";
    if (!server.console_url().empty()) {
        text += "  console   " + server.console_url() + "/api/docs\n";
    }
    if (const FirstLogin& login = server.first_login(); !login.email.empty()) {
        text += "  admin     " + login.email + "   " + login.password + "   (shown once)\n";
    } else {
        text += "  admin     made at the first start; a new password: pulse users reset-password EMAIL --data " +
                data.string() + "\n";
    }
    text += "  metrics   " + server.metrics_url() + "\n";
    text += "  data      " + data.string() + "\n";
    if (key.empty()) {
        text += "  key       made at the first start; another one: pulse keys create --label NAME --data " +
                data.string() + "\n";
    } else {
        text += "  key       " + key + "   (shown once)\n";
    }
    if (is_sandboxed) {
        text += "  provider  sandbox (no provider key is set: answers are made up and marked as such)\n";
    }
    text += "\nTry it:\n  curl -i " + url + "/v1/chat/completions -H 'authorization: Bearer " +
            (key.empty() ? std::string("YOUR_KEY") : key) +
            "' -H 'content-type: application/json' -d '{\"model\":\"" +
            (is_sandboxed ? "sandbox-small" : "gpt-4o-mini") +
            "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}'\n";
    text += "\nOpenAI clients:\n  export OPENAI_BASE_URL=" + url + "/v1\n  export OPENAI_API_KEY=" +
            (key.empty() ? std::string("YOUR_KEY") : key) + "\n\n";
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void reload(Server& server) {
    const auto reloaded = server.reload();
    if (reloaded) {
        log_info("configuration reloaded; listeners, threads and stores need a restart");
    } else {
        log_error("configuration not reloaded, the old one stays", {{"error", reloaded.error().detail()}});
    }
}

[[nodiscard]] bool answers(const std::string& store_url) {
    const auto database = storage::open_database(store_url);
    return database && (*database)->migration_status();
}

/// False when a signal ended the wait.
[[nodiscard]] Result<bool> wait_for_database(const Config& config) {
    constexpr timespec kBetweenTries{.tv_sec = 1, .tv_nsec = 0};
    const sigset_t signals = awaited_signals();
    const auto room = WaitingRoom::open(config);
    if (!room) {
        return room.error();
    }
    for (;;) {
        const int signal = sigtimedwait(&signals, nullptr, &kBetweenTries);
        if (signal == SIGTERM || signal == SIGINT) {
            return false;
        }
        if (answers(config.store.url)) {
            return true;
        }
    }
}

/// Opens all parts. A database server that is away is waited for, as gateways outlive it at other
/// times; the embedded one is wrong at once or not at all. Null when a signal ended the wait.
[[nodiscard]] Result<std::unique_ptr<Server>> open_server(
    const Config& config, Server::FirstKey first_key, Server::Parts parts) {
    const bool is_embedded = storage::sqlite_path(config.store.url).has_value();
    for (;;) {
        auto server = Server::open(config, first_key, parts);
        if (server || is_embedded || server.error().code() != Errc::storage_unavailable) {
            return server;
        }
        log_warn("waiting for the database", {{"error", server.error().detail()}});
        const auto came = wait_for_database(config);
        if (!came) {
            return came.error();
        }
        if (!*came) {
            return std::unique_ptr<Server>{};
        }
    }
}

/// Waits for signals; returns when the process is to end.
void run_until_stopped(Server& server) {
    const sigset_t signals = awaited_signals();
    for (;;) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) {
            continue;
        }
        if (signal != SIGHUP) {
            return;
        }
        reload(server);
    }
}

}  // namespace

int serve(const ServeOptions& options) {
    // Before the first thread: all inherit it, and only run_until_stopped() takes them.
    const sigset_t signals = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    std::filesystem::path file = options.config;
    if (!options.data.empty()) {
        auto prepared = prepare_data_folder(options.data);
        if (!prepared) {
            return fail(prepared.error());
        }
        file = *prepared;
    }
    auto config = load_config(file);
    if (!config) {
        return fail(config.error());
    }
    open_log(config->logging.level, config->logging.format);
    for (const std::string& warning : config->warnings) {
        log_warn(warning);
    }
    const std::filesystem::path data = file.empty() ? std::filesystem::current_path() : file.parent_path();
    auto lock = InstanceLock::take(config->store.spool.path);
    if (!lock) {
        return fail(lock.error());
    }
    auto server = open_server(
        *config,
        options.data.empty() ? Server::FirstKey::none : Server::FirstKey::make,
        options.gateway_only ? Server::Parts::gateway : Server::Parts::all);
    if (!server) {
        return fail(server.error());
    }
    if (*server == nullptr) {
        log_info("stopped before the database came");
        return 0;
    }
    if (auto started = (*server)->start(); !started) {
        return fail(started.error());
    }
    lock->describe(
        "gateway " + (*server)->gateway_url() + ", console " + (*server)->console_url() + ", process " +
        std::to_string(::getpid()) + "\n");
    if (!options.data.empty()) {
        print_banner(**server, options.data);
    }
    log_info(
        "pulse serves",
        {{"gateway", (*server)->gateway_url()},
         {"console", (*server)->console_url()},
         {"metrics", (*server)->metrics_url()},
         {"workers", std::to_string((*server)->workers())}});
    run_until_stopped(**server);
    log_info("draining");
    (*server)->drain();
    server->reset();
    log_info("stopped");
    return 0;
}

}  // namespace pulse::app
