#include <openssl/crypto.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "app/commands/command.h"
#include "app/serve/build_info.h"
#include "app/serve/key_source.h"
#include "base/clock.h"
#include "base/rfc3339.h"
#include "gateway/snapshot.h"
#include "pricing/catalog/catalog.h"
#include "storage/postgres/address.h"
#include "storage/store_url.h"
#include "storage/rollup/verify.h"

namespace pulse::app {

namespace json = boost::json;

namespace {

constexpr rlim_t kDescriptorsWanted = 4096;

struct Finding {
    std::string name;
    bool is_good = true;
    std::string text;
};

[[nodiscard]] Finding check_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const bool is_good = limit.rlim_cur >= kDescriptorsWanted;
    return {
        "descriptors",
        is_good,
        std::to_string(limit.rlim_cur) + (is_good ? "" : ": too few for many connections; raise it with `ulimit -n 65536`")};
}

[[nodiscard]] Finding check_spool(const Config& config) {
    std::error_code failed;
    std::filesystem::create_directories(config.store.spool.path, failed);
    const auto space = std::filesystem::space(config.store.spool.path, failed);
    const std::string where = config.store.spool.path.string();
    if (failed) {
        return {"spool", false, where + ": " + failed.message() + "; set store.spool.path to a writable folder"};
    }
    const bool is_good = space.available >= config.store.spool.limit_bytes;
    return {
        "spool",
        is_good,
        where + ": " + std::to_string(space.available >> 20) + " MiB free" +
            (is_good ? "" : ", less than store.spool.limit; lower the limit or free space")};
}

[[nodiscard]] Finding check_database(const Config& config) {
    auto database = storage::open_database(config.store.url);
    if (!database) {
        return {"database", false, database.error().detail()};
    }
    const auto status = (*database)->migration_status();
    if (!status) {
        return {"database", false, status.error().detail()};
    }
    std::size_t pending = 0;
    for (const auto& migration : *status) {
        pending += migration.applied ? 0 : 1;
    }
    const std::string shown = storage::sqlite_path(config.store.url)
                                  ? config.store.url
                                  : storage::postgres::shown_address(config.store.url);
    return {
        "database",
        true,
        shown + (pending == 0 ? ": schema is up to date"
                                         : ": " + std::to_string(pending) + " migrations wait, the next start runs them")};
}

/// Yesterday's and today's: a difference that began earlier is found by the day on which it began.
[[nodiscard]] Finding check_rollups(const Config& config) {
    constexpr std::size_t kShownMax = 3;
    auto database = storage::open_database(config.store.url);
    if (!database) {
        return {"sums", false, database.error().detail()};
    }
    const auto status = (*database)->migration_status();
    if (!status || status->empty() || !status->back().applied) {
        return {"sums", true, "not compared: the schema is not up to date"};
    }
    const TimePoint now = system_clock().now();
    const auto differences =
        storage::verify_rollups((*database)->session(), {now - std::chrono::days{1}, now});
    if (!differences) {
        return {"sums", false, differences.error().detail()};
    }
    if (differences->empty()) {
        return {"sums", true, "yesterday's and today's agree with their rows"};
    }
    std::string text = std::to_string(differences->size()) + " sums differ from their rows:";
    for (std::size_t i = 0; i < std::min(differences->size(), kShownMax); ++i) {
        const storage::RollupDifference& difference = (*differences)[i];
        text.append(" ").append(difference.table).append(", ");
        text.append(rfc3339_seconds(difference.begins_at)).append(": ");
        text.append(difference.what).append(";");
    }
    return {"sums", false, text + " please report this"};
}

[[nodiscard]] Finding check_routes(const Config& config) {
    gateway::GatewaySettings settings = config.gateway;
    for (gateway::ProviderSettings& provider : settings.providers) {
        if (provider.sandbox) {
            provider.base_url = "http://127.0.0.1:1/v1";
        }
    }
    const auto routes = gateway::make_routes(settings, pricing::Catalog::builtin());
    if (!routes) {
        return {"providers", false, routes.error().detail()};
    }
    std::string names;
    for (const auto& provider : (*routes)->providers()) {
        names += (names.empty() ? "" : ", ") + provider->name;
    }
    return {
        "providers",
        !names.empty(),
        names.empty() ? "none; set OPENAI_API_KEY or name one under providers:" : names + "; " +
            std::to_string((*routes)->listed().size()) + " models listed"};
}

[[nodiscard]] Finding check_port(const char* name, const net::ListenAddress& address) {
    const auto claim = net::PortClaim::take(address);
    return {name, claim.has_value(), claim ? address.to_string() + " is free" : claim.error().detail()};
}

}  // namespace

int check_config(const CommonOptions& options) {
    const auto config = read_config(options);
    if (!config) {
        return fail(config.error());
    }
    for (const std::string& warning : config->warnings) {
        std::fprintf(stderr, "pulse: warning: %s\n", warning.c_str());
    }
    if (options.json) {
        json::array warnings(config->warnings.begin(), config->warnings.end());
        std::printf("%s\n", json::serialize(json::object{{"valid", true}, {"warnings", warnings}}).c_str());
    } else {
        std::printf("%s: valid\n", config->file.empty() ? "the defaults" : config->file.c_str());
    }
    return kExitDone;
}

int print_default_config() {
    std::fputs(default_config_yaml().c_str(), stdout);
    return kExitDone;
}

int print_settings_document() {
    std::fputs(settings_document().c_str(), stdout);
    return kExitDone;
}

int migrate(const CommonOptions& options, MigrateStep step) {
    const auto config = read_config(options);
    if (!config) {
        return fail(config.error());
    }
    auto database = storage::open_database(config->store.url);
    if (!database) {
        return fail(database.error());
    }
    Result<void> done;
    if (step == MigrateStep::up) {
        done = (*database)->migrate_up();
    } else if (step != MigrateStep::status) {
        done = (*database)->migrate_down(step == MigrateStep::down_all);
    }
    if (!done) {
        return fail(done.error());
    }
    const auto status = (*database)->migration_status();
    if (!status) {
        return fail(status.error());
    }
    json::array out;
    for (const auto& migration : *status) {
        if (options.json) {
            out.push_back({{"version", migration.version}, {"name", migration.name}, {"applied", migration.applied}});
        } else {
            std::printf(
                "%04lld  %-8s  %s\n",
                static_cast<long long>(migration.version),
                migration.applied ? "applied" : "pending",
                migration.name.c_str());
        }
    }
    if (options.json) {
        std::printf("%s\n", json::serialize(out).c_str());
    }
    return kExitDone;
}

int run_doctor(const CommonOptions& options) {
    std::vector<Finding> findings;
    const auto config = read_config(options);
    if (!config) {
        findings.push_back({"configuration", false, config.error().detail()});
    } else {
        findings.push_back(
            {"configuration", true, config->file.empty() ? "the defaults (no file)" : config->file.string()});
        for (const std::string& warning : config->warnings) {
            findings.push_back({"configuration", true, "warning: " + warning});
        }
        findings.push_back(check_database(*config));
        findings.push_back(check_rollups(*config));
        findings.push_back(check_spool(*config));
        findings.push_back(check_routes(*config));
        findings.push_back(check_port("gateway.listen", config->gateway.listen));
        findings.push_back(check_port("console.listen", config->console.listen));
        findings.push_back(check_port("metrics.listen", config->metrics.listen));
    }
    findings.push_back(check_descriptors());
    findings.push_back({"prices", true, "built in: " + pricing::Catalog::builtin()->version()});
    findings.push_back({"libraries", true, std::string(OpenSSL_version(OPENSSL_VERSION)) + ", SQLite " + sqlite3_libversion()});
    bool is_good = true;
    json::array out;
    for (const Finding& finding : findings) {
        is_good = is_good && finding.is_good;
        if (options.json) {
            out.push_back({{"check", finding.name}, {"ok", finding.is_good}, {"text", finding.text}});
        } else {
            std::printf("%-5s %-15s %s\n", finding.is_good ? "ok" : "FAIL", finding.name.c_str(), finding.text.c_str());
        }
    }
    if (options.json) {
        std::printf("%s\n", json::serialize(json::object{{"ok", is_good}, {"checks", out}}).c_str());
    }
    return is_good ? kExitDone : kExitFailed;
}

int print_version(const CommonOptions& options) {
    const console::BuildInfo build = build_info();
    if (options.json) {
        std::printf(
            "%s\n",
            json::serialize(json::object{
                                {"version", build.version},
                                {"commit", build.commit},
                                {"built_at", build.built_at},
                                {"compiler", build.compiler}})
                .c_str());
    } else {
        std::printf(
            "pulse %s (%s, %s, %s)\n",
            build.version.c_str(),
            build.commit.c_str(),
            build.built_at.c_str(),
            build.compiler.c_str());
    }
    return kExitDone;
}

}  // namespace pulse::app
